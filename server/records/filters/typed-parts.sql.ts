import { comparedInstant, type FormulaField, type Kind, type Typed } from "@basalt/formulas";
import { join, sql, type Sql } from "#kernel";
import { referenceOf, type FieldPart } from "./field-parts.ts";

type Call = Extract<Typed, { readonly op: "call" }>;
type Operation = Call["operation"];
type Inner = ReturnType<Operation["evaluate"]>;

const truth: Kind = { type: "boolean" };
const text: Kind = { type: "text" };
const texts: Kind = { type: "array", of: { type: "text" }, source: "plain" };

/** A truth value that is known. */
export function known(value: boolean): Typed {
  return { op: "constant", value, kind: truth, canFail: false, canBeBlank: false };
}

/** The value of a field as formulas see it. */
export function valueOf({ id, kind, canFail = false, canBeBlank = true }: FormulaField): Typed {
  return { op: "field", id, kind, canFail, canBeBlank };
}

/** A part of a field that only filters of views know: one text, or several. */
export function partOf(
  field: Pick<FormulaField, "id" | "canFail">,
  part: Exclude<FieldPart, "value">,
  shape: "one" | "list",
): Typed {
  return {
    op: "field",
    id: referenceOf(field.id, part),
    kind: shape === "one" ? text : texts,
    canFail: field.canFail ?? false,
    canBeBlank: true,
  };
}

/** All of them hold, or one of them. Of no parts at all: true. */
export function joined(conjunction: "and" | "or", parts: readonly Typed[]): Typed {
  const [only] = parts;
  if (only === undefined) {
    return known(true);
  }
  return parts.length === 1 ? only : call(conjunction === "and" ? and : or, parts, false);
}

export function not(part: Typed): Typed {
  return call(negation, [part], false);
}

/** There is something in the cell. An error is neither there nor not. */
export function isPresent(value: Typed): Typed {
  switch (value.kind.type) {
    case "boolean":
      return filled(value);
    case "array":
      return asked(hasElements, [value]);
    case "text":
      return asked(hasText, [value]);
    default:
      return call(isThere, [value], false);
  }
}

/** The value is exactly this text. */
export function isText(value: Typed, wanted: string): Typed {
  return asked(sameText, [value, constant(wanted, text)]);
}

/** The value is one of these texts. */
export function isOneOf(value: Typed, wanted: readonly string[]): Typed {
  return joined(
    "or",
    wanted.map((one) => isText(value, one)),
  );
}

export type Order = "=" | "<" | ">" | "<=" | ">=";

/** A number, or a date in milliseconds since 1970, against one that is known. Blank is neither less nor more than anything. */
export function ordered(value: Typed, order: Order, wanted: number): Typed {
  if (value.kind.type === "date") {
    return asked(instantComparison(order, wanted), [value]);
  }
  const special = value.kind.type === "number" && value.kind.special;
  return asked(comparisons[order][special ? "special" : "plain"], [
    value,
    constant(wanted, value.kind),
  ]);
}

/** How the values of a list are to agree with given ones. */
export type Agreement = "any" | "all" | "exactly";

/** A list of texts has any of these, all of these, or these and no others, in whatever order. */
export function agrees(list: Typed, agreement: Agreement, wanted: readonly string[]): Typed {
  return asked(agreements[agreement], [list, constant([...new Set(wanted)], texts)]);
}

/** Some text of a list is this one, or begins with it. */
export function someBegin(list: Typed, beginning: string): Typed {
  return asked(someBeginning, [list, constant(beginning, text)]);
}

function constant(value: Inner, kind: Kind): Typed {
  return { op: "constant", value, kind, canFail: false, canBeBlank: false };
}

/** A question whose answer is false where the cell is blank. */
function asked(operation: Operation, given: readonly Typed[]): Typed {
  const canBeBlank = given.some((one) => one.canBeBlank);
  return filled(call(operation, given, canBeBlank));
}

function filled(node: Typed): Typed {
  return node.canBeBlank ? call(fillFalse, [node], false) : node;
}

function call(operation: Operation, given: readonly Typed[], canBeBlank: boolean): Typed {
  return {
    op: "call",
    operation,
    arguments: given,
    kind: truth,
    canFail: given.some(({ canFail }) => canFail),
    canBeBlank,
  };
}

// The names are those of the language's own operations where they do the same: the compiler knows them.
const and: Operation = {
  name: "AND",
  takesBlank: true,
  evaluate: (given) => given.every((one) => one === true),
  sql: (given) => sql`(${join(given, " and ")})`,
};
const or: Operation = {
  name: "OR",
  takesBlank: true,
  evaluate: (given) => given.includes(true),
  sql: (given) => sql`(${join(given, " or ")})`,
};
const negation: Operation = {
  name: "NOT",
  evaluate: ([one]) => one !== true,
  sql: ([one]) => sql`(not ${one})`,
};
const fillFalse: Operation = {
  name: "fill-false",
  takesBlank: true,
  evaluate: ([one = null]) => one ?? false,
  sql: ([one]) => sql`coalesce(${one}, false)`,
};
const sameText: Operation = {
  name: "text =",
  evaluate: ([one, other]) => one === other,
  sql: ([one, other]) => sql`(${one} = ${other})`,
};
const hasText: Operation = {
  name: "has-text",
  evaluate: ([one]) => one !== "",
  sql: ([one]) => sql`(${one} <> '')`,
};
const hasElements: Operation = {
  name: "has-elements",
  evaluate: ([one]) => elementsOf(one).length > 0,
  sql: ([one]) => sql`(cardinality(${one}) > 0)`,
};
const isThere: Operation = {
  name: "is-there",
  takesBlank: true,
  evaluate: ([one = null]) => one !== null,
  sql: ([one]) => sql`(${one} is not null)`,
};
const someBeginning: Operation = {
  name: "some-begin",
  evaluate: ([list, beginning]) =>
    elementsOf(list).some((one) => typeof one === "string" && one.startsWith(beginning as string)),
  sql: ([list, beginning]) =>
    sql`exists (select 1 from unnest(${list}) e(x) where starts_with(e.x, ${beginning}))`,
};

const agreements: Readonly<Record<Agreement, Operation>> = {
  any: {
    name: "has-any",
    evaluate: ([list, wanted]) => elementsOf(wanted).some((one) => elementsOf(list).includes(one)),
    sql: ([list, wanted]) => sql`(${list} && ${wanted})`,
  },
  all: {
    name: "has-all",
    evaluate: ([list, wanted]) => elementsOf(wanted).every((one) => elementsOf(list).includes(one)),
    sql: ([list, wanted]) => sql`(${list} @> ${wanted})`,
  },
  exactly: {
    name: "is-exactly",
    repeats: true,
    evaluate: ([list, wanted]) =>
      new Set(elementsOf(list)).symmetricDifference(new Set(elementsOf(wanted))).size === 0,
    sql: ([list, wanted]) => sql`(${list} @> ${wanted} and ${list} <@ ${wanted})`,
  },
};

function elementsOf(list: Inner | undefined): readonly unknown[] {
  return Array.isArray(list) ? list : [];
}

interface Comparison {
  readonly plain: Operation;
  readonly special: Operation;
}

const comparisons: Readonly<Record<Order, Comparison>> = {
  "=": comparison("=", (one, other) => one === other, sql`=`),
  "<": comparison("<", (one, other) => one < other, sql`<`),
  ">": comparison(">", (one, other) => one > other, sql`>`),
  "<=": comparison("<=", (one, other) => one <= other, sql`<=`),
  ">=": comparison(">=", (one, other) => one >= other, sql`>=`),
};

/** The instant is known while the statement is made: a day stays a bare column, which an index can answer. */
function instantComparison(order: Order, wanted: number): Operation {
  const { plain } = comparisons[order];
  return {
    name: plain.name,
    evaluate: ([one = null], run) => plain.evaluate([one, wanted], run),
    sql: ([one]) => comparedInstant(order, one, wanted),
  };
}

/** PostgreSQL holds NaN above every number; here nothing compares with it. */
function comparison(
  order: Order,
  holds: (one: number, other: number) => boolean,
  operator: Sql,
): Comparison {
  const plain: Operation = {
    name: `cell ${order}`,
    evaluate: ([one, other]) => holds(Number(one), Number(other)),
    sql: ([one, other]) => sql`(${one} ${operator} ${other})`,
  };
  return order === ">" || order === ">="
    ? {
        plain,
        special: {
          ...plain,
          repeats: true,
          sql: ([one, other]) => sql`(${one} ${operator} ${other} and ${one} <> 'NaN')`,
        },
      }
    : { plain, special: plain };
}
