import {
  filterDay,
  filterRange,
  isTimeZone,
  type FilterCondition,
  type FilterOperator,
} from "@basalt/contract";
import { fieldIndex, typeOf, type FormulaField, type Node, type Typed } from "@basalt/formulas";
import { isId } from "#kernel";
import type { Table } from "../schema/base-schema.ts";
import { referenceOf } from "./field-parts.ts";
import { bounds, dayOf, daysOf, type DayRange } from "./day-ranges.ts";
import { filterField, type FilterClass, type FilterField } from "./filter-field.ts";
import { asked, fieldsOf } from "./language.ts";
import {
  agrees,
  isOneOf,
  isPresent,
  isText,
  joined,
  known,
  not,
  ordered,
  partOf,
  someBegin,
  valueOf,
  type Order,
} from "./typed-parts.sql.ts";

/** One condition of a view's filter as a typed tree, or the reason why it cannot be asked. */
export type TypedLeaf =
  | { readonly root: Typed; readonly reason?: never }
  | { readonly reason: string };

/** What a condition is asked of. */
export interface Asking extends Asker {
  readonly table: Table;
}

/** When something is asked, and by whom; null: by nobody who has an account. */
export interface Asker {
  readonly now: Date;
  readonly userId: string | null;
}

/** Stands for the id of whoever asks. */
const ME = "me";

/** Types one condition of a view's filter. */
export function typedLeaf(condition: FilterCondition, asking: Asking): TypedLeaf {
  const field = asking.table.fieldsById.get(condition.fieldId);
  if (field === undefined) {
    return { reason: "the table has no such field" };
  }
  const seen = filterField(field);
  if (seen === undefined) {
    return { reason: "the field cannot be computed" };
  }
  const operators = operatorsOf[seen.class];
  const build = operators[condition.operator];
  if (build === undefined) {
    const taken = Object.keys(operators).join(", ");
    return { reason: `a field of type ${field.type} takes the operators ${taken}` };
  }
  return build({ ...asking, field: seen, value: condition.value ?? null });
}

/** True where what the condition keeps depends on who asks. */
export function asksWho(table: Table, { fieldId, value }: FilterCondition): boolean {
  const field = table.fieldsById.get(fieldId);
  const seen = field && filterField(field)?.class;
  return (
    (seen === "person" || seen === "people") &&
    (value === ME || (Array.isArray(value) && value.includes(ME)))
  );
}

/** True where what the condition keeps depends on the day. */
export function asksWhen({ value }: FilterCondition): boolean {
  return (
    typeof value === "object" && value !== null && "mode" in value && value.mode !== "exactDate"
  );
}

interface Leaf extends Asking {
  readonly field: FilterField;
  readonly value: Exclude<FilterCondition["value"], undefined>;
}

type Build = (leaf: Leaf) => TypedLeaf;
type Operators = Readonly<Partial<Record<FilterOperator, Build>>>;

const isEmpty: Build = ({ field }) => ({ root: not(isPresent(valueOf(field.formula))) });
const isNotEmpty: Build = ({ field }) => ({ root: isPresent(valueOf(field.formula)) });
const emptiness: Operators = { isEmpty, isNotEmpty };

function negated(build: Build): Build {
  return (leaf) => {
    const typed = build(leaf);
    return typed.reason === undefined ? { root: not(typed.root) } : typed;
  };
}

/** Without regard to case, as people search. */
const contains: Build = ({ field, value, table }) =>
  typeof value === "string" && value !== ""
    ? { root: found(table, value, { type: "field", name: field.formula.id, ...nowhere }) }
    : { reason: "the value must be a text" };
const search: Operators = { contains, doesNotContain: negated(contains) };

const textIs: Build = ({ field, value }) =>
  typeof value === "string" && value !== ""
    ? { root: isText(valueOf(field.formula), value) }
    : { reason: "the value must be a text" };

/** Lists of texts, numbers or dates by what they look like in a formula: one text. */
const listIs: Build = ({ field, value, table }) =>
  typeof value === "string" && value !== ""
    ? {
        root: conditionOf(table, {
          type: "chain",
          level: 0,
          first: { type: "field", name: field.formula.id, ...nowhere },
          rest: [{ operator: "=", operand: { type: "text", value, ...nowhere } }],
          ...nowhere,
        }),
      }
    : { reason: "the value must be a text" };

function numberIs(order: Order): Build {
  return ({ field, value }) =>
    typeof value === "number"
      ? { root: ordered(valueOf(field.formula), order, value) }
      : { reason: "the value must be a number" };
}

const checked: Build = ({ field, value }) => {
  if (typeof value !== "boolean") {
    return { reason: "the value must be true or false" };
  }
  const ticked = isPresent(valueOf(field.formula));
  return { root: value ? ticked : not(ticked) };
};

/** A day is a stretch of time: `=` is within it, `>` after its end. */
function dayIs(order: Order): Build {
  return (leaf) => {
    const day = filterDay.safeParse(leaf.value);
    if (!day.success) {
      return { reason: 'the value must name a day: {"mode": "today"}' };
    }
    const zone = zoneFor(leaf, day.data.timeZone);
    if (zone === undefined) {
      return { reason: "timeZone must be utc or the name of an IANA time zone" };
    }
    const named = dayOf(day.data, { now: leaf.now, zone });
    return named === undefined
      ? { reason: "exactDate must be a date such as 2026-01-31" }
      : { root: inDays(leaf, order, { first: named, last: named }) };
  };
}

const within: Build = (leaf) => {
  const range = filterRange.safeParse(leaf.value);
  if (!range.success) {
    return { reason: 'the value must name some days: {"mode": "pastWeek"}' };
  }
  const zone = zoneFor(leaf, range.data.timeZone);
  return zone === undefined
    ? { reason: "timeZone must be utc or the name of an IANA time zone" }
    : { root: inDays(leaf, "=", daysOf(range.data, { now: leaf.now, zone })) };
};

function zoneFor({ field }: Leaf, wanted: string | undefined): string | undefined {
  const zone = wanted ?? field.zone;
  return isTimeZone(zone) ? zone : undefined;
}

function inDays({ field }: Leaf, order: Order, days: DayRange): Typed {
  const { from, to } = bounds(days, field);
  const value = valueOf(field.formula);
  switch (order) {
    case "=":
      return joined("and", [ordered(value, ">=", from), ordered(value, "<=", to)]);
    case "<":
      return ordered(value, "<", from);
    case ">":
      return ordered(value, ">", to);
    case "<=":
      return ordered(value, "<=", to);
    case ">=":
      return ordered(value, ">=", from);
  }
}

/** The ids that a value names: of records, of persons, or of choices by id or name. Ids of choices that have gone are left out. */
function idsIn({ field, value, userId }: Leaf): readonly string[] | string {
  const given = typeof value === "string" ? [value] : value;
  if (!Array.isArray(given) || given.length === 0) {
    return "the value must be an id, or a list of ids with something in it";
  }
  switch (field.class) {
    case "choice":
    case "choices": {
      const ids = given.flatMap((one) => field.choiceIds.get(one) ?? []);
      return ids.length > 0 ? ids : "the field has no such choice";
    }
    case "links":
      return given.every((one) => isId("rec", one)) ? given : "the value must be ids of records";
    default:
      return given.every((one) => one === ME || isId("usr", one))
        ? // Nobody has the empty id: where nobody asks, "me" keeps nothing.
          given.map((one) => (one === ME ? (userId ?? "") : one))
        : `the value must be ids of users, or ${JSON.stringify(ME)} for whoever asks`;
  }
}

function byIds(build: (leaf: Leaf, ids: readonly string[]) => Typed): Build {
  return (leaf) => {
    const ids = idsIn(leaf);
    return typeof ids === "string" ? { reason: ids } : { root: build(leaf, ids) };
  };
}

const oneOf = byIds(({ field }, ids) => isOneOf(partOf(field.formula, "ids", "one"), ids));
const hasAny = byIds(({ field }, ids) => agrees(partOf(field.formula, "ids", "list"), "any", ids));
const hasAll = byIds(({ field }, ids) => agrees(partOf(field.formula, "ids", "list"), "all", ids));
const hasExactly = byIds(({ field }, ids) =>
  agrees(partOf(field.formula, "ids", "list"), "exactly", ids),
);

const oneById: Operators = {
  "=": oneOf,
  "!=": negated(oneOf),
  is: oneOf,
  isNot: negated(oneOf),
  isAnyOf: oneOf,
  isNoneOf: negated(oneOf),
  ...search,
  ...emptiness,
};
const severalByIds: Operators = {
  "=": hasExactly,
  "!=": negated(hasExactly),
  isExactly: hasExactly,
  hasAnyOf: hasAny,
  hasAllOf: hasAll,
  hasNoneOf: negated(hasAny),
  isAnyOf: hasAny,
  isNoneOf: negated(hasAny),
  ...search,
  ...emptiness,
};

/** A file's name holds the text. */
const filename: Build = ({ field, value }) => {
  if (typeof value !== "string" || value === "") {
    return { reason: "the value must be a text" };
  }
  const id = referenceOf(field.formula.id, "fileNames");
  const names = fieldIndex<FormulaField>([{ ...field.formula, id, name: id }]);
  const joinedNames: Node = {
    type: "call",
    name: "ARRAYJOIN",
    arguments: [
      { type: "field", name: id, ...nowhere },
      { type: "text", value: "\n", ...nowhere },
    ],
    ...nowhere,
  };
  const { formula } = typeOf(
    { source: "", tree: searchedFor(value, joinedNames), problems: [] },
    names,
    "condition",
  );
  return { root: formula?.root ?? known(false) };
};

/** `image`, or `image/png`. */
const fileType: Build = ({ field, value }) =>
  typeof value === "string" && /^[\w.+-]+(\/[\w.+-]+)?$/.test(value)
    ? {
        root: someBegin(
          partOf(field.formula, "fileTypes", "list"),
          value.includes("/") ? value : `${value}/`,
        ),
      }
    : { reason: "the value must be a media type such as image or image/png" };

const operatorsOf: Readonly<Record<FilterClass, Operators>> = {
  text: {
    "=": textIs,
    "!=": negated(textIs),
    is: textIs,
    isNot: negated(textIs),
    ...search,
    ...emptiness,
  },
  number: {
    "=": numberIs("="),
    "!=": negated(numberIs("=")),
    "<": numberIs("<"),
    ">": numberIs(">"),
    "<=": numberIs("<="),
    ">=": numberIs(">="),
    ...emptiness,
  },
  checkbox: { "=": checked, is: checked },
  date: {
    "=": dayIs("="),
    "!=": negated(dayIs("=")),
    is: dayIs("="),
    isNot: negated(dayIs("=")),
    "<": dayIs("<"),
    ">": dayIs(">"),
    "<=": dayIs("<="),
    ">=": dayIs(">="),
    isWithin: within,
    ...emptiness,
  },
  choice: oneById,
  person: oneById,
  choices: severalByIds,
  people: severalByIds,
  links: severalByIds,
  files: { filename, fileType, ...emptiness },
  texts: { "=": listIs, "!=": negated(listIs), ...search, ...emptiness },
};

const nowhere = { at: 0, end: 0 } as const;

function found(table: Table, text: string, where: Node): Typed {
  return conditionOf(table, searchedFor(text, where));
}

/** `FIND(LOWER(text), LOWER(where))`. */
function searchedFor(text: string, where: Node): Node {
  const lower = (node: Node): Node => ({
    type: "call",
    name: "LOWER",
    arguments: [node],
    ...nowhere,
  });
  return {
    type: "call",
    name: "FIND",
    arguments: [lower({ type: "text", value: text, ...nowhere }), lower(where)],
    ...nowhere,
  };
}

function conditionOf(table: Table, tree: Node): Typed {
  const { formula } = typeOf({ source: "", tree, problems: [] }, fieldsOf(table), "condition");
  return formula === null ? known(false) : asked(formula.root, table);
}
