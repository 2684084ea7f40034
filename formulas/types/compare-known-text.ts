import sql, { type Sql } from "sql-template-tag";
import { literal } from "../compile/literals.sql.ts";
import type { ComparisonOperator } from "../language/tree.ts";
import { DATE_MAX_MS, DATE_MIN_MS, isoText } from "../values/dates.ts";
import type { Inner } from "../values/inner.ts";
import { numberIn } from "../values/numbers.ts";
import { compareTexts } from "../values/texts.ts";
import { booleanKind, canBeSpecial, countKind } from "./kinds.ts";
import { comparedInstant } from "./instants.sql.ts";
import { operatorSql } from "./order.ts";
import { call, type Operation, type Typed } from "./typed.ts";

interface KnownText {
  readonly text: string;
  /** The meaning: whether the comparison holds for a value, which may be blank. */
  readonly holds: (value: Inner) => boolean;
}

/**
 * A number or date beside a text that is known. The text is read now: what is left is a question to the value alone, or none.
 */
export function comparedWithText(
  operator: ComparisonOperator,
  node: Typed,
  { text, holds }: KnownText,
): Typed {
  const question =
    node.kind.type === "date" ? questionToDate(operator, text) : questionToNumber(operator, text);
  const blank = holds(null);
  // PostgreSQL holds NaN above every number.
  const guarded = canBeSpecial(node.kind) && (operator === ">" || operator === ">=");
  const keeps: Operation["keeps"] = ([value]) => {
    if (value === undefined || typeof question === "boolean") {
      return question === true ? sql`(${value?.sql} is not null)` : sql`false`;
    }
    return guarded && value.simple
      ? sql`(${question(value.sql)} and ${value.sql} <> 'NaN')`
      : question(guarded ? sql`nullif(${value.sql}, 'NaN')` : value.sql);
  };
  const operation: Operation = {
    name: `across ${operator}`,
    takesBlank: true,
    evaluate: ([value = null]) => holds(value),
    sql: ([value = sql`null`]) =>
      typeof question === "boolean"
        ? answered(question, blank, value)
        : sql`coalesce(${question(guarded ? sql`nullif(${value}, 'NaN')` : value)}, ${truth(blank)})`,
    ...(!blank && { keeps }),
  };
  return call(operation, [node], { kind: booleanKind });
}

/** What is asked of a value, as SQL. */
type Question = (value: Sql) => Sql;

/** The same answer for all values, and one for blank. */
function answered(answer: boolean, blank: boolean, value: Sql): Sql {
  if (answer === blank) {
    return truth(answer);
  }
  return answer ? sql`(${value} is not null)` : sql`(${value} is null)`;
}

function truth(value: boolean): Sql {
  return value ? sql`true` : sql`false`;
}

/** What is no number is unequal to all of them. */
function questionToNumber(operator: ComparisonOperator, text: string): Question | boolean {
  const read = numberIn(text);
  return read === null
    ? operator === "!="
    : (value) => sql`(${value} ${operatorSql(operator)} ${literal(read, countKind)})`;
}

/** Dates stand to a text as they are written: all from one instant on behind it, all others before it. */
function questionToDate(operator: ComparisonOperator, text: string): Question | boolean {
  const first = firstNotBefore(text);
  if (first === null) {
    return operator === "<" || operator === "<=" || operator === "!=";
  }
  const compared = (chosen: ComparisonOperator) => (value: Sql) =>
    comparedInstant(chosen, value, first);
  if (isoText(first) === text) {
    return compared(operator);
  }
  switch (operator) {
    case "=":
    case "!=":
      return operator === "!=";
    case "<":
    case "<=":
      return compared("<");
    case ">":
    case ">=":
      return compared(">=");
  }
}

/** The first instant that is written as the text or behind it; null when every date stands before it. */
function firstNotBefore(text: string): number | null {
  let before = DATE_MIN_MS - 1;
  let found = DATE_MAX_MS + 1;
  while (found - before > 1) {
    const middle = Math.floor((before + found) / 2);
    if (compareTexts(isoText(middle), text) < 0) {
      before = middle;
    } else {
      found = middle;
    }
  }
  return found > DATE_MAX_MS ? null : found;
}
