import sql, { type Sql } from "sql-template-tag";
import type { ComparisonOperator } from "../language/tree.ts";
import { isoText } from "../values/dates.ts";
import type { Inner } from "../values/inner.ts";
import { numberIn } from "../values/numbers.ts";
import { compareTexts } from "../values/texts.ts";
import { comparedWithText } from "./compare-known-text.ts";
import { constantText, toNumber } from "./convert.ts";
import { booleanKind } from "./kinds.ts";
import { holds, operatorSql } from "./order.ts";
import { call, type Operation, type Typed } from "./typed.ts";

/** How two values of different kinds compare: -1, 0, 1, or 2 when they are unequal and have no order. */
const UNORDERED = 2;

/** Comparing values of different kinds: numbers, texts and dates. */
export function comparedAcross(operator: ComparisonOperator, left: Typed, right: Typed): Typed {
  const rule = `${baseKind(left)}-${baseKind(right)}`;
  const straight = acrossRules[rule];
  if (straight !== undefined) {
    const given = [numberOrBlank(left), numberOrBlank(right)] as const;
    const text = constantText(right);
    return text === null
      ? call(acrossOperation(operator, straight), given, { kind: booleanKind })
      : comparedWithText(operator, given[0], {
          text,
          holds: (value) => holdsOrder(operator, straight.order(value, text)),
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

/** A box stands in comparisons as the number that it is. */
export function numberOrBlank(node: Typed): Typed {
  return node.kind.type === "boolean" ? toNumber(node) : node;
}
