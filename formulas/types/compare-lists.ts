import sql from "sql-template-tag";
import type { ComparisonOperator } from "../language/tree.ts";
import type { Element } from "../values/inner.ts";
import { numberText } from "../values/numbers.ts";
import { compareTexts } from "../values/texts.ts";
import { booleanKind, type Kind } from "./kinds.ts";
import { holds, operatorSql } from "./order.ts";
import { call, type Operation, type Typed } from "./typed.ts";

/** True for a list of numbers. */
export function isNumberList({ kind }: { readonly kind: Kind }): boolean {
  return kind.type === "array" && kind.of.type === "number";
}

/** Two lists of numbers: as numbers where each holds one, else as the texts that they are joined to. */
export function comparedNumberLists(
  operator: ComparisonOperator,
  left: Typed,
  right: Typed,
): Typed {
  return call(listComparison(operator), [left, right], { kind: booleanKind });
}

function listComparison(operator: ComparisonOperator): Operation {
  return {
    name: `numbers ${operator}`,
    takesBlank: true,
    evaluate: ([left, right]) => {
      const [one, other] = [elementsOf(left), elementsOf(right)];
      return one.length === 1 && other.length === 1
        ? holds(operator, Number(one[0] ?? 0), Number(other[0] ?? 0))
        : holds(operator, compareTexts(joined(one), joined(other)), 0);
    },
    sql: ([left, right]) => {
      const order = sql`formula.compare_numbers(${left}, ${right})`;
      // 2 stands for no order.
      return operator === ">"
        ? sql`(${order} = 1)`
        : operator === ">="
          ? sql`(${order} between 0 and 1)`
          : sql`(${order} ${operatorSql(operator)} 0)`;
    },
  };
}

function elementsOf(value: unknown): readonly Element[] {
  return Array.isArray(value) ? value : [];
}

function joined(elements: readonly Element[]): string {
  return elements.map((one) => (one === null ? "" : numberText(one as number))).join(", ");
}
