import { evaluatorOf, isError, patternFault, type Typed } from "@basalt/formulas";
import type { Table } from "../schema/base-schema.ts";
import { failingParts, failureReason, innermost, type FailingPart } from "./failure-reasons.ts";
import { formulaRows, type InProgram } from "./in-program.ts";
import type { Computing } from "./propagate.ts";
import { recordFrom } from "./record-inputs.ts";

/** Why a field that is computed in the program is an error, by record. */
export async function programReasons(
  computing: Computing,
  { node, recordIds }: Pick<InProgram, "node" | "recordIds">,
): Promise<ReadonlyMap<string, string>> {
  const rows = await formulaRows(computing, { node, recordIds });
  if (rows === undefined) {
    return new Map();
  }
  const { formula, inputs, records } = rows;
  const parts = failingParts(formula.root);
  return new Map(
    records.map((read) => {
      const { record, context } = recordFrom(read, inputs, computing.scope.now());
      const valueOf = (root: Typed) => evaluatorOf({ ...formula, root })(record, context);
      return [read.id, reasonOf(parts, valueOf, node.table)];
    }),
  );
}

type ValueOf = (root: Typed) => ReturnType<ReturnType<typeof evaluatorOf>>;

function reasonOf(
  parts: readonly FailingPart[],
  valueOf: ValueOf,
  table: Pick<Table, "fieldsById">,
): string {
  const failed = parts.map(
    ({ node, when }) =>
      (when === undefined || (valueOf(when.condition) === 1) === when.taken) &&
      isError(valueOf(node)),
  );
  const node = innermost(parts, failed)?.node;
  if (node?.op === "call" && node.operation.onlyHere === true) {
    const [text, pattern] = node.arguments.map(valueOf);
    const fault = patternFault(textOf(text), textOf(pattern));
    if (fault !== undefined) {
      return fault;
    }
  }
  return failureReason(parts, failed, table);
}

function textOf(value: ReturnType<ValueOf> | undefined): string {
  return typeof value === "string" ? value : "";
}
