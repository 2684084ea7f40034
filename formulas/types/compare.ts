import sql, { type Sql } from "sql-template-tag";
import type { ComparisonOperator } from "../language/tree.ts";
import type { Element, Inner } from "../values/inner.ts";
import { isoText } from "../values/dates.ts";
import { numberIn } from "../values/numbers.ts";
import { compareTexts } from "../values/texts.ts";
import {
  booleanKind,
  canBeSpecial,
  countKind,
  isNumeric,
  textKind,
  type ArrayKind,
  type Kind,
} from "./kinds.ts";
import { elementTexts } from "./array-operations.ts";
import { constantNumber, filled, toNumber, toText } from "./convert.ts";
import { call, constant, retyped, type Operation, type Typed } from "./typed.ts";

/** Comparing two nodes: what is compared with what is decided here, once, from their kinds. */
export function comparison(operator: ComparisonOperator, left: Typed, right: Typed): Typed {
  const one = comparable(left, right);
  const other = comparable(right, left);
  if (isNumeric(one.kind) && isNumeric(other.kind)) {
    return comparedNumbers(operator, one, other);
  }
  if (one.kind.type === "text" && other.kind.type === "text") {
    return comparedFilled(operator, [one, other], { operation: textComparison, empty: "" });
  }
  if (one.kind.type === "date" && other.kind.type === "date") {
    return comparedDates(operator, one, other);
  }
  return comparedAcross(operator, one, other);
}

/** Arrays and branches of several kinds as text, and BLANK() as the blank of what it is compared with. */
function comparable(node: Typed, other: Typed): Typed {
  switch (node.kind.type) {
    case "blank":
      return retyped(node, kindOfBlank(other));
    case "mixed":
      return toText(node);
    case "array":
      return call(singleText(node.kind), [node], { kind: textKind, canBeBlank: true });
    default:
      return node;
  }
}

/** What BLANK() is, beside a value of some kind. */
function kindOfBlank({ kind }: Typed): Kind {
  if (kind.type === "blank") {
    return countKind;
  }
  return kind.type === "array" || kind.type === "mixed" ? textKind : kind;
}

/** One element stands for the array, otherwise its joined text does. */
function singleText(kind: ArrayKind): Operation {
  const joined = elementTexts(kind);
  const single = elementTexts({ ...kind, source: "plain" });
  return {
    name: "single-text",
    takesBlank: true,
    repeats: true,
    evaluate: ([value]) => {
      const elements = (value ?? []) as readonly Element[];
      return elements.length === 1
        ? (single.of(elements)[0] ?? null)
        : joined
            .of(elements)
            .map((one) => one ?? "")
            .join(", ");
    },
    sql: ([value = sql`null`]) =>
      sql`case when cardinality(${value}) = 1 then (${single.sql(value)})[1] else coalesce(array_to_string(${joined.sql(value)}, ', ', ''), '') end`,
  };
}

function comparedNumbers(operator: ComparisonOperator, left: Typed, right: Typed): Typed {
  const truth = comparedTruths(operator, left, right);
  if (truth !== null) {
    return truth;
  }
  const numbers = [numberOrBlank(left), numberOrBlank(right)] as const;
  const special = numbers.map(({ kind }) => canBeSpecial(kind)) as [boolean, boolean];
  const operation = (chosen: ComparisonOperator) => numberComparison(chosen, special);
  return comparedFilled(operator, numbers, { operation, empty: 0 });
}

function numberOrBlank(node: Typed): Typed {
  return node.kind.type === "boolean" ? toNumber(node) : node;
}

/** A box compared with TRUE(), FALSE(), 1 or 0 stays a question to the box. */
function comparedTruths(operator: ComparisonOperator, left: Typed, right: Typed): Typed | null {
  if (operator !== "=" && operator !== "!=") {
    return null;
  }
  const one = truthBeside(left, right);
  const other = truthBeside(right, left);
  return one === null || other === null
    ? null
    : call(truthComparison(operator), [filled(one, false), filled(other, false)], {
        kind: booleanKind,
      });
}

function truthBeside(node: Typed, beside: Typed): Typed | null {
  if (node.kind.type === "boolean") {
    return node;
  }
  const value = constantNumber(node);
  return beside.kind.type === "boolean" && (value === 0 || value === 1)
    ? constant(value === 1, booleanKind)
    : null;
}

interface Emptiness {
  readonly operation: (operator: ComparisonOperator) => Operation;
  /** What blank counts as. */
  readonly empty: number | string;
}

/**
 * Blank counts as the empty value. Where that makes the comparison false anyway, the blank is left in and the answer
 * filled instead, so that the comparison stays one of a bare column, which an index can answer.
 */
function comparedFilled(
  operator: ComparisonOperator,
  [left, right]: readonly [Typed, Typed],
  { operation, empty }: Emptiness,
): Typed {
  const chosen = operation(operator);
  const emptyHolds = (one: Inner, other: Inner) => chosen.evaluate([one, other], neverRun) === true;
  const bare =
    (left.canBeBlank && isValue(right) && !emptyHolds(empty, right.value)) ||
    (right.canBeBlank && isValue(left) && !emptyHolds(left.value, empty));
  return bare
    ? filled(call(chosen, [left, right], { kind: booleanKind, canBeBlank: true }), false)
    : call(chosen, [filled(left, empty), filled(right, empty)], { kind: booleanKind });
}

function isValue(node: Typed): node is Typed & { readonly op: "constant" } {
  return node.op === "constant" && node.value !== null && typeof node.value !== "symbol";
}

const neverRun = {
  now: 0,
  recordId: "",
  createdTime: 0,
  lastModified: () => null,
  field: () => null,
  slots: [],
};

function numberComparison(
  operator: ComparisonOperator,
  [leftSpecial, rightSpecial]: readonly [boolean, boolean],
): Operation {
  // PostgreSQL holds NaN equal to itself and above every number; here every comparison with it is false.
  const guardsLeft = leftSpecial && [">", ">=", "=", "!="].includes(operator);
  const guardsRight = rightSpecial && ["<", "<="].includes(operator);
  const guarded = guardsLeft || guardsRight;
  return {
    name: `number ${operator}`,
    repeats: guarded,
    // The guard can answer for a NULL on the other side, so errors must not reach it.
    takesBlank: guarded,
    evaluate: ([left = null, right = null]) =>
      left === null || right === null ? null : holds(operator, left as number, right as number),
    sql: ([left, right]) => {
      const guard = guardsLeft ? left : right;
      if (!guarded) {
        return sql`(${left} ${operatorSql(operator)} ${right})`;
      }
      return operator === "!="
        ? sql`(${left} <> ${right} or ${guard} = 'NaN')`
        : sql`(${left} ${operatorSql(operator)} ${right} and ${guard} <> 'NaN')`;
    },
  };
}

/** Texts compare exactly and by code point. Open point 9.1. */
function textComparison(operator: ComparisonOperator): Operation {
  const equality = operator === "=" || operator === "!=";
  return {
    name: `text ${operator}`,
    evaluate: ([left, right]) =>
      equality
        ? (left === right) === (operator === "=")
        : holds(operator, compareTexts(left as string, right as string), 0),
    sql: ([left, right]) =>
      equality
        ? sql`(${left} ${operatorSql(operator)} ${right})`
        : sql`(${left} ${operatorSql(operator)} ${right} collate "C")`,
  };
}

function truthComparison(operator: "=" | "!="): Operation {
  return {
    name: `truth ${operator}`,
    evaluate: ([left, right]) => (left === right) === (operator === "="),
    sql: ([left, right]) => sql`(${left} ${operatorSql(operator)} ${right})`,
  };
}

/** A date never equals blank and has no order with it; two blanks are equal. */
function comparedDates(operator: ComparisonOperator, left: Typed, right: Typed): Typed {
  const ordering = operator === "<" || operator === ">";
  if (ordering || operator === "=" || !(left.canBeBlank || right.canBeBlank)) {
    const bothCanBeBlank = operator === "=" && left.canBeBlank && right.canBeBlank;
    if (!bothCanBeBlank) {
      return filled(call(dateComparison(operator), [left, right], { kind: booleanKind }), false);
    }
  }
  return call(blankDateComparison(operator), [left, right], { kind: booleanKind });
}

function dateComparison(operator: ComparisonOperator): Operation {
  return {
    name: `date ${operator}`,
    evaluate: ([left, right]) => holds(operator, left as number, right as number),
    sql: ([left, right]) => sql`(${left} ${operatorSql(operator)} ${right})`,
  };
}

function blankDateComparison(operator: ComparisonOperator): Operation {
  return {
    name: `date ${operator}`,
    takesBlank: true,
    repeats: operator !== "=" && operator !== "!=",
    evaluate: ([left = null, right = null]) => {
      if (left === null || right === null) {
        return left === right ? operator.includes("=") && operator !== "!=" : operator === "!=";
      }
      return holds(operator, left as number, right as number);
    },
    sql: ([left, right]) => {
      if (operator === "=" || operator === "!=") {
        return sql`(${left} is ${operator === "=" ? sql`not ` : sql``}distinct from ${right})`;
      }
      return sql`coalesce(${left} ${operatorSql(operator)} ${right}, ${left} is null and ${right} is null)`;
    },
  };
}

/** How two values of different kinds compare: -1, 0, 1, or 2 when they are unequal and have no order. */
const UNORDERED = 2;

function comparedAcross(operator: ComparisonOperator, left: Typed, right: Typed): Typed {
  const rule = `${baseKind(left)}-${baseKind(right)}`;
  const straight = acrossRules[rule];
  if (straight !== undefined) {
    return call(acrossOperation(operator, straight), [numberOrBlank(left), numberOrBlank(right)], {
      kind: booleanKind,
    });
  }
  return comparedAcross(mirrored[operator], right, left);
}

function baseKind({ kind }: Typed): string {
  return kind.type === "boolean" ? "number" : kind.type;
}

const mirrored = { "=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

interface AcrossRule {
  readonly order: (left: Inner, right: Inner) => number;
  readonly sql: (left: Sql, right: Sql) => Sql;
}

const acrossRules: Readonly<Record<string, AcrossRule>> = {
  "number-text": {
    order: (left, right) => numberAgainstText(left as number | null, right as string | null),
    sql: (left, right) => sql`formula.compare_number_text(${left}, ${right})`,
  },
  "date-text": {
    order: (left, right) => dateAgainstText(left as number | null, right as string | null),
    sql: (left, right) => sql`formula.compare_date_text(${left}, ${right})`,
  },
  "date-number": {
    order: (left, right) => dateAgainstNumber(left as number | null, right as number | null),
    sql: (left, right) => sql`formula.compare_date_number(${left}, ${right})`,
  },
};

/** Numerically when the text is a number, otherwise unequal without an order. Open point 9.1. */
function numberAgainstText(number: number | null, text: string | null): number {
  if (number === null) {
    return Math.sign(compareTexts("", text ?? ""));
  }
  const read = text === null ? 0 : numberIn(text);
  return read === null || Number.isNaN(number) ? UNORDERED : orderOf(number, read);
}

function orderOf(left: number, right: number): number {
  if (left === right) {
    return 0;
  }
  return left < right ? -1 : 1;
}

function dateAgainstText(date: number | null, text: string | null): number {
  if (date === null) {
    return Math.sign(compareTexts("", text ?? ""));
  }
  return text === null ? UNORDERED : Math.sign(compareTexts(isoText(date), text));
}

function dateAgainstNumber(date: number | null, number: number | null): number {
  if (date === null) {
    const value = number ?? 0;
    return Number.isNaN(value) ? UNORDERED : orderOf(0, value);
  }
  return UNORDERED;
}

function acrossOperation(operator: ComparisonOperator, rule: AcrossRule): Operation {
  return {
    name: `across ${operator}`,
    takesBlank: true,
    evaluate: ([left = null, right = null]) => holdsOrder(operator, rule.order(left, right)),
    sql: ([left = sql`null`, right = sql`null`]) => {
      const order = rule.sql(left, right);
      switch (operator) {
        case ">":
          return sql`(${order} = 1)`;
        case ">=":
          return sql`(${order} between 0 and 1)`;
        default:
          return sql`(${order} ${operatorSql(operator)} 0)`;
      }
    },
  };
}

function holdsOrder(operator: ComparisonOperator, order: number): boolean {
  return order === UNORDERED ? operator === "!=" : holds(operator, order, 0);
}

function holds(operator: ComparisonOperator, left: number, right: number): boolean {
  switch (operator) {
    case "=":
      return left === right;
    case "!=":
      return left !== right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case ">":
      return left > right;
    case ">=":
      return left >= right;
  }
}

const operatorSqls = {
  "=": sql`=`,
  "!=": sql`<>`,
  "<": sql`<`,
  "<=": sql`<=`,
  ">": sql`>`,
  ">=": sql`>=`,
} as const;

function operatorSql(operator: ComparisonOperator): Sql {
  return operatorSqls[operator];
}
