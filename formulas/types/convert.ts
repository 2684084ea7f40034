import sql, { type Sql } from "sql-template-tag";
import { ERROR, type Element, type Inner } from "../values/inner.ts";
import { dateIn, isoText } from "../values/dates.ts";
import { numberText, textToNumber } from "../values/numbers.ts";
import { quotedInList } from "../values/texts.ts";
import { arrayKind, blankKind, booleanKind, dateTimeKind, numberKind, textKind } from "./kinds.ts";
import { precisionOf, type ArrayKind, type ElementKind, type Kind } from "./kinds.ts";
import { call, choice, constant, retyped, switched, type Operation, type Typed } from "./typed.ts";

/** A node as text; blank is the empty text. */
export function toText(node: Typed): Typed {
  return filled(textOrBlank(node), "");
}

/** A node as text that stays blank where the node is blank. */
export function textOrBlank(node: Typed): Typed {
  const { kind } = node;
  switch (kind.type) {
    case "text":
      return node;
    case "blank":
      return retyped(node, textKind);
    case "mixed":
      return distributed(node, textKind, textOrBlank);
    case "array":
      return call(joinOperation(kind), [node], { kind: textKind });
    default:
      return call(textOperations[kind.type], [node], { kind: textKind });
  }
}

/** A node as the text of a result whose branches disagree: as `toText`, but the number 0 is blank. Open point 9.10. */
export function toMixedText(node: Typed): Typed {
  if (node.kind.type === "mixed") {
    return distributed(node, textKind, toMixedText);
  }
  return node.kind.type === "number" || node.kind.type === "boolean"
    ? call(zeroBlankText, [toNumber(node)], { kind: textKind, canBeBlank: true })
    : textOrBlank(node);
}

/** A node as a number; blank is 0, what is no number is NaN. */
export function toNumber(node: Typed): Typed {
  const { kind } = node;
  switch (kind.type) {
    case "number":
      return filled(node, 0);
    case "boolean":
      return filled(call(booleanNumber, [node], { kind: countNumber }), 0);
    case "text":
      return filled(call(textNumber, [node], { kind: numberKind(0) }), 0);
    case "blank":
      return filled(retyped(node, countNumber), 0);
    case "mixed":
      return distributed(node, numberKind(0), toNumber);
    case "date":
      return filled(call(notANumber, [node], { kind: numberKind(0) }), 0);
    case "array":
      return call(singleNumber(kind), [filledArray(node)], { kind: numberKind(precisionOf(kind)) });
  }
}

/** A node as a truth value. NaN as a condition is an error. */
export function toBoolean(node: Typed): Typed {
  const { kind } = node;
  switch (kind.type) {
    case "boolean":
      return filled(node, false);
    case "number":
      return kind.special
        ? call(truthOfSpecial, [toNumber(node)], { kind: booleanKind, canFail: true })
        : filled(call(truthOfNumber, [node], { kind: booleanKind }), false);
    case "text":
      return filled(call(truthOfText, [node], { kind: booleanKind }), false);
    case "blank":
      return filled(retyped(node, booleanKind), false);
    case "mixed":
      return distributed(node, booleanKind, toBoolean);
    case "date":
      return filled(call(truthOfDate, [node], { kind: booleanKind }), false);
    case "array":
      return filled(call(truthOfArray, [node], { kind: booleanKind }), false);
  }
}

/** A node as a date that must be there: blank and what is no date are errors. Open point 9.5. */
export function toDate(node: Typed): Typed {
  const date = dateOrBlank(node);
  if (date.op === "call" && date.operation.fails !== undefined) {
    return call(withNullAsError(date.operation), date.arguments, { kind: date.kind, canFail: true });
  }
  return date.canBeBlank || isConstantBlank(date)
    ? call(requiredDate, [date], { kind: date.kind, canFail: true })
    : date;
}

/** A node as a date that may be blank; what is no date is an error. */
export function dateOrBlank(node: Typed): Typed {
  const { kind } = node;
  switch (kind.type) {
    case "date":
      return node;
    case "text":
      return call(textDate, [node], { kind: dateKindOfText(node), canFail: true, canBeBlank: true });
    case "blank":
      return retyped(node, dateTimeKind);
    case "mixed":
      return distributed(node, commonDate(node), dateOrBlank);
    case "array":
      return kind.of.type === "number"
        ? constant(ERROR, dateTimeKind)
        : call(kind.of.type === "date" ? singleDate : singleTextDate, [filledArray(node)], {
            kind: kind.of.type === "date" ? kind.of : dateTimeKind,
            canFail: true,
            canBeBlank: true,
          });
    default:
      return constant(ERROR, dateTimeKind);
  }
}

/** A node as an array; a single value is an array of one, blank is an empty array. */
export function toArray(node: Typed): Typed & { readonly kind: ArrayKind } {
  const { kind } = node;
  if (kind.type === "array") {
    return filledArray(node);
  }
  if (kind.type === "mixed" || kind.type === "boolean" || kind.type === "blank") {
    return toArray(kind.type === "boolean" ? toNumber(node) : textOrBlank(node));
  }
  const made = arrayKind(kind);
  return asArray(call(arrayOfOne(kind), [node], { kind: made }), made);
}

/** Puts a conversion into every branch of a choice, so that each branch is converted from its own kind. */
export function distributed(node: Typed, kind: Kind, convert: (branch: Typed) => Typed): Typed {
  if (node.op === "choice") {
    const { condition } = node;
    return choice(kind, { condition, then: convert(node.then), otherwise: convert(node.otherwise) });
  }
  if (node.op === "switch") {
    const cases = node.cases.map(({ test, result }) => ({ test, result: convert(result) }));
    return switched(kind, { ...node, cases, otherwise: convert(node.otherwise) });
  }
  return convert({ ...node, kind: blankKind });
}

/** The node with a value in the place of blank. */
export function filled(node: Typed, value: number | string | boolean): Typed {
  if (!node.canBeBlank) {
    return node;
  }
  return call(fillOperation(value), [node], { kind: node.kind });
}

/** True for a node that is known to have no value. */
export function isConstantBlank(node: Typed): boolean {
  return node.op === "constant" && node.value === null;
}

const fills = new Map<number | string | boolean, Operation>();

function fillOperation(value: number | string | boolean): Operation {
  const known = fills.get(value);
  if (known !== undefined) {
    return known;
  }
  const made: Operation = {
    name: value === false ? FILL_FALSE : "fill",
    takesBlank: true,
    evaluate: ([given = null]) => given ?? value,
    sql: ([given]) => sql`coalesce(${given}, ${literalOf(value)})`,
  };
  fills.set(value, made);
  return made;
}

/** The operation that turns "no answer" into false: a filter, which keeps only what is true, can leave it out. */
export const FILL_FALSE = "fill-false";

function literalOf(value: number | string | boolean): Sql {
  if (typeof value === "boolean") {
    return value ? sql`true` : sql`false`;
  }
  return typeof value === "number" ? sql`0::float8` : sql`''`;
}

const countNumber = { type: "number", precision: 0, special: false } as const;

/** Names that an operation needs in SQL follow the rule: a function of schema `formula`. */
const textOperations = {
  number: {
    name: "number-text",
    evaluate: ([value]) => numberText(value as number),
    sql: ([value]) => sql`formula.number_text(${value})`,
  },
  boolean: {
    name: "boolean-text",
    evaluate: ([value]) => booleanText(value as boolean),
    sql: ([value]) => sql`(${value})::int::text`,
  },
  date: {
    name: "date-text",
    evaluate: ([value]) => isoText(value as number),
    sql: ([value]) => sql`formula.date_text(${value})`,
  },
} satisfies Record<"number" | "boolean" | "date", Operation>;

/** The text of a ticked or unticked box. Open point 9.2. */
export function booleanText(value: boolean): string {
  return value ? "1" : "0";
}

const zeroBlankText: Operation = {
  name: "zero-blank-text",
  evaluate: ([value = null]) => (value === 0 ? null : numberText(value as number)),
  sql: ([value]) => sql`nullif(formula.number_text(${value}), '0')`,
};

const booleanNumber: Operation = {
  name: "boolean-number",
  evaluate: ([value]) => (value === true ? 1 : 0),
  sql: ([value]) => sql`(${value})::int::float8`,
};

const textNumber: Operation = {
  name: "text-number",
  evaluate: ([value]) => textToNumber(value as string),
  sql: ([value]) => sql`formula.text_number(${value})`,
};

/** Dates have no number. Open point 9.5: a date minus a date. */
const notANumber: Operation = {
  name: "not-a-number",
  evaluate: () => Number.NaN,
  sql: ([value]) => sql`case when ${value} is not null then 'NaN'::float8 end`,
};

const truthOfSpecial: Operation = {
  name: "truth-of-number",
  evaluate: ([value = null]) => (Number.isNaN(value) ? ERROR : value !== 0),
  sql: ([value]) => sql`formula.truth(${value})`,
};

const truthOfNumber: Operation = {
  name: "truth-of-number",
  evaluate: ([value]) => value !== 0,
  sql: ([value]) => sql`(${value} <> 0)`,
};

const truthOfText: Operation = {
  name: "truth-of-text",
  evaluate: ([value]) => value !== "",
  sql: ([value]) => sql`(${value} <> '')`,
};

const truthOfDate: Operation = {
  name: "truth-of-date",
  evaluate: () => true,
  sql: ([value]) => sql`case when ${value} is not null then true end`,
};

const truthOfArray: Operation = {
  name: "truth-of-array",
  evaluate: ([value]) => (value as readonly Element[]).length > 0,
  sql: ([value]) => sql`(cardinality(${value}) > 0)`,
};

const requiredDate: Operation = withNullAsError({
  name: "required-date",
  evaluate: ([value = null]) => value,
  sql: ([value]) => sql`${value}`,
});

/** Blank in, error out: in SQL both are NULL, so nothing is to be done there. */
function withNullAsError(operation: Operation): Operation {
  const { fails: _, ...rest } = operation;
  return {
    ...rest,
    takesBlank: false,
    nullIsError: true,
    evaluate: (given, run) => operation.evaluate(given, run) ?? ERROR,
  };
}

const textDate: Operation = {
  name: "text-date",
  takesBlank: true,
  repeats: true,
  evaluate: ([value = null]) => (value === null || value === "" ? null : (dateIn(value as string) ?? ERROR)),
  sql: ([value]) => sql`formula.text_date(${value})`,
  fails: ([value]) => sql`(formula.text_date(${value}) is null and coalesce(${value}, '') <> '')`,
};

const singleDate: Operation = {
  name: "single-date",
  takesBlank: true,
  repeats: true,
  evaluate: ([value]) => {
    const dates = value as readonly Element[];
    return dates.length > 1 ? ERROR : (dates[0] ?? null);
  },
  sql: ([value]) => sql`formula.single_date(${value})`,
  fails: ([value]) => sql`(cardinality(${value}) > 1)`,
};

const singleTextDate: Operation = {
  name: "single-text-date",
  takesBlank: true,
  repeats: true,
  evaluate: ([value], run) => {
    const texts = value as readonly Element[];
    return texts.length > 1 ? ERROR : textDate.evaluate([texts[0] ?? null], run);
  },
  sql: ([value]) => sql`formula.single_date(${value})`,
  fails: ([value]) =>
    sql`(cardinality(${value}) > 1 or (formula.single_date(${value}) is null and coalesce((${value})[1], '') <> ''))`,
};

function dateKindOfText(node: Typed): Kind {
  const known = node.op === "constant" && typeof node.value === "string";
  return { type: "date", dateOnly: known && DATE_WITHOUT_TIME.test(String(node.value)) };
}

const DATE_WITHOUT_TIME = /^\s*[\d/-]+\s*$/;

/** A choice of dates is date-only when every branch that can be a date is. */
function commonDate(node: Typed): Kind {
  const branches =
    node.op === "choice"
      ? [node.then, node.otherwise]
      : node.op === "switch"
        ? [...node.cases.map(({ result }) => result), node.otherwise]
        : [];
  const dates = branches.filter(({ kind }) => kind.type === "date" || kind.type === "mixed");
  const dateOnly = dates.every(({ kind }) => kind.type === "date" && kind.dateOnly);
  return { type: "date", dateOnly: dates.length > 0 && dateOnly };
}

function filledArray(node: Typed): Typed & { readonly kind: ArrayKind } {
  const kind = node.kind as ArrayKind;
  return asArray(node.canBeBlank ? call(emptyArray(kind.of), [node], { kind }) : node, kind);
}

function asArray(node: Typed, kind: ArrayKind): Typed & { readonly kind: ArrayKind } {
  return { ...node, kind };
}

/** The SQL type of an array of a kind. */
export function arrayType(of: ElementKind): Sql {
  switch (of.type) {
    case "number":
      return sql`float8[]`;
    case "text":
      return sql`text[]`;
    case "date":
      return sql`timestamptz[]`;
  }
}

function emptyArray(of: ElementKind): Operation {
  return {
    name: "fill-array",
    takesBlank: true,
    evaluate: ([value = null]) => value ?? [],
    sql: ([value]) => sql`coalesce(${value}, '{}'::${arrayType(of)})`,
  };
}

function arrayOfOne(of: ElementKind): Operation {
  return {
    name: "array-of-one",
    takesBlank: true,
    repeats: true,
    evaluate: ([value = null]) => (value === null ? [] : [value as Element]),
    sql: ([value]) =>
      sql`case when ${value} is null then '{}' else array[${value}] end::${arrayType(of)}`,
  };
}

/** The elements of an array as texts, as an expression and as a function. */
export function elementTexts(kind: ArrayKind): {
  readonly of: (elements: readonly Element[]) => readonly (string | null)[];
  readonly sql: (array: Sql) => Sql;
} {
  const { of, source } = kind;
  if (of.type === "number") {
    return {
      of: (elements) => elements.map((one) => (one === null ? null : numberText(one as number))),
      sql: (array) => sql`formula.number_texts(${array})`,
    };
  }
  if (of.type === "date") {
    return {
      of: (elements) => elements.map((one) => (one === null ? null : isoText(one as number))),
      sql: (array) => sql`formula.date_texts(${array})`,
    };
  }
  return source === "links"
    ? {
        of: (elements) => elements.map((one) => (one === null ? null : quotedInList(String(one)))),
        sql: (array) => sql`formula.quoted_texts(${array})`,
      }
    : { of: (elements) => elements as readonly (string | null)[], sql: (array) => array };
}

/** Joins an array; blank elements count as empty texts. */
export function joinOperation(kind: ArrayKind, separator = ", "): Operation {
  const texts = elementTexts(kind);
  return {
    name: "join",
    evaluate: ([value]) =>
      texts
        .of(value as readonly Element[])
        .map((one) => one ?? "")
        .join(separator),
    sql: ([value]) => sql`array_to_string(${texts.sql(value ?? sql`null`)}, ${separator}, '')`,
  };
}

function singleNumber({ of }: ArrayKind): Operation {
  return {
    name: "single-number",
    evaluate: ([value]) => {
      const elements = value as readonly Element[];
      const [first = null] = elements;
      return elements.length > 1 || (of.type === "date" && first !== null)
        ? Number.NaN
        : numberOfElement(first);
    },
    sql: ([value]) => sql`formula.single_number(${value})`,
  };
}

function numberOfElement(element: Element): number {
  return typeof element === "string" ? textToNumber(element) : (element ?? 0);
}

/** A value as it leaves an expression, for the places that need a number for true and false. */
export function settled(node: Typed): Typed {
  return node.kind.type === "boolean" ? toNumber(node) : node;
}

/** What `Inner` texts of a constant are, for the rules that look at arguments before anything runs. */
export function constantText(node: Typed | undefined): string | null {
  return node?.op === "constant" && typeof node.value === "string" ? node.value : null;
}

/** The number of a constant argument, or null when it is not known. */
export function constantNumber(node: Typed | undefined): number | null {
  const value: Inner | undefined = node?.op === "constant" ? node.value : undefined;
  return typeof value === "number" ? value : null;
}
