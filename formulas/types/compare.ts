import sql, { type Sql } from "sql-template-tag";
import type { ComparisonOperator } from "../language/tree.ts";
import type { Element, Inner } from "../values/inner.ts";
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
import { constantNumber, filled, toText } from "./convert.ts";
import { comparedAcross, numberOrBlank } from "./compare-across.ts";
import { comparedNumberLists, isNumberList } from "./compare-lists.ts";
import { comparedInstant } from "./instants.sql.ts";
import { holds, operatorSql } from "./order.ts";
import { call, constant, retyped, type Operation, type Typed } from "./typed.ts";

/** Comparing two nodes: what is compared with what is decided here, once, from their kinds. */
export function comparison(operator: ComparisonOperator, left: Typed, right: Typed): Typed {
  if (isNumberList(left) && isNumberList(right)) {
    return comparedNumberLists(operator, left, right);
  }
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
  const equality = operator === "=" || operator === "!=";
  const guardsLeft =
    leftSpecial && (equality ? rightSpecial : operator === ">" || operator === ">=");
  const guardsRight = rightSpecial && (operator === "<" || operator === "<=");
  const guarded = guardsLeft || guardsRight;
  const compared = ([left = sql`null`, right = sql`null`]: readonly Sql[]) =>
    sql`(${guardsLeft ? withoutNaN(left) : left} ${operatorSql(operator)} ${guardsRight ? withoutNaN(right) : right})`;
  /** A bare column stays one, so that an index can answer. */
  const keeps: Operation["keeps"] = ([left, right]) => {
    const [guard, values] = [
      guardsLeft ? left : right,
      [left, right].map((one) => one?.sql ?? sql`null`),
    ];
    return guard?.simple === true
      ? sql`(${values[0]} ${operatorSql(operator)} ${values[1]} and ${guard.sql} <> 'NaN')`
      : compared(values);
  };
  return {
    name: `number ${operator}`,
    // What stands in for NaN would also stand in for an error.
    takesBlank: guarded,
    repeats: guarded && operator === "!=",
    evaluate: ([left = null, right = null]) =>
      left === null || right === null ? null : holds(operator, left as number, right as number),
    sql: (given) => {
      if (!guarded) {
        return compared(given);
      }
      return operator === "!="
        ? sql`(${given[0]} <> ${given[1]} or ${given[0]} = 'NaN')`
        : sql`coalesce(${compared(given)}, false)`;
    },
    ...(guarded && operator !== "!=" && { keeps }),
  };
}

function withoutNaN(value: Sql): Sql {
  return sql`nullif(${value}, 'NaN')`;
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
      return filled(
        call(dateComparison(operator, right), [left, right], { kind: booleanKind }),
        false,
      );
    }
  }
  return call(blankDateComparison(operator), [left, right], { kind: booleanKind });
}

function dateComparison(operator: ComparisonOperator, other: Typed): Operation {
  const known = constantNumber(other);
  return {
    name: `date ${operator}`,
    evaluate: ([left, right]) => holds(operator, left as number, right as number),
    sql: ([left, right]) =>
      known === null
        ? sql`(${left} ${operatorSql(operator)} ${right})`
        : comparedInstant(operator, left, known),
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
