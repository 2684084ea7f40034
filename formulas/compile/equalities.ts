import { FILL_FALSE } from "../types/conversions.ts";
import type { Typed } from "../types/typed.ts";

/** A comparison of a column or the record's id with a known text that is not empty. */
export function equalityOf(node: Typed): { key: string; column: Typed; text: string } | null {
  if (node.op !== "call") {
    return null;
  }
  const [left, right] = node.arguments;
  if (node.operation.name === FILL_FALSE && left !== undefined) {
    return equalityOf(left);
  }
  if (node.operation.name !== "text =" || left === undefined || right === undefined) {
    return null;
  }
  const [column, other] = left.op === "constant" ? [right, left] : [left, right];
  const key = column.op === "field" ? column.id : isRecordId(column) ? "RECORD_ID()" : null;
  return key !== null && other.op === "constant" && typeof other.value === "string"
    ? { key, column, text: other.value }
    : null;
}

function isRecordId(node: Typed): boolean {
  return node.op === "call" && node.operation.name === "RECORD_ID";
}
