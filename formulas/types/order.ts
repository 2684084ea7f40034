import sql, { type Sql } from "sql-template-tag";
import type { ComparisonOperator } from "../language/tree.ts";

/** Whether an order holds between two numbers. */
export function holds(operator: ComparisonOperator, left: number, right: number): boolean {
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

/** The same in SQL. */
export function operatorSql(operator: ComparisonOperator): Sql {
  return operatorSqls[operator];
}
