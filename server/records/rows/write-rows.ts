import type { TextRow } from "#kernel";
import { provideContext } from "../computed/context.ts";
import { computedGraph } from "../computed/graph.ts";
import { errorPlan, rowPlan, type RowPlan } from "../computed/row-plan.sql.ts";
import { stampsOfChange } from "../computed/watched-fields.ts";
import { arrayElements } from "../field-types/array-literal.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import type { BaseChange } from "./base-change.ts";
import type { RowsChange } from "./changed-cells.sql.ts";
import { updateRows } from "./rows.sql.ts";

/**
 * Writes the same fields of several records, with what is computed from them, and tells those who read any of it through links.
 * Answers the rows as `updateRows` does. The entry of the log about what was written is the caller's.
 */
export async function writeRows(
  change: BaseChange,
  table: Table,
  { fields, rows }: Pick<RowsChange, "fields" | "rows">,
): Promise<TextRow[]> {
  const plan = await planFor(change, table);
  const done = await change.rows(
    updateRows(table, { fields, rows, at: change.at, by: change.by }, plan),
  );
  touchUpdated(change, table, { fields, done, plan });
  change.postpone(
    table.id,
    rows.map(({ id }) => id),
  );
  return done;
}

/** How the computed fields of a table are computed by a write, as the schema of the transaction has them. */
export async function planFor(change: BaseChange, table: Table): Promise<RowPlan | undefined> {
  const now = change.schema.tablesById.get(table.id);
  if (now === undefined) {
    return undefined;
  }
  if (change.mode !== "compute") {
    return errorPlan(change.schema, now);
  }
  const plan = rowPlan(change.schema, now);
  if (plan?.needsContext === true) {
    await provideContext(change);
  }
  return plan;
}

/**
 * Tells what an update wrote and computed to those who read it through links or are computed afterwards, and the computed part to the log. `done` are the
 * answers of `updateRows`.
 */
function touchUpdated(
  change: BaseChange,
  table: Table,
  {
    fields,
    done,
    plan,
  }: {
    readonly fields: readonly Field[];
    readonly done: readonly TextRow[];
    readonly plan: RowPlan | undefined;
  },
): void {
  const { linkedReaders, ownReaders } = computedGraph(change.schema);
  const isRead = (id: string): boolean =>
    linkedReaders.has(id) ||
    ownReaders.get(id)?.some(({ afterStatement }) => afterStatement) === true;
  const written = [...fields.map(({ id }) => id), ...stampsOfChange(table)];
  const changed = done.filter((row) => Number(row[2]) === change.txn);
  const computed = new Set<string>();
  for (const [literal, rows] of Map.groupBy(changed, (row) =>
    plan === undefined ? "{}" : (row.at(-1) ?? "{}"),
  )) {
    const also = arrayElements(literal);
    also.forEach((id) => computed.add(id));
    const fieldIds = [...written, ...also].filter(isRead);
    if (fieldIds.length > 0) {
      const recordIds = rows.map(([id]) => id ?? "");
      change.touch({ tableId: table.id, recordIds, fieldIds, rowsDone: true });
    }
  }
  if (computed.size > 0) {
    change.note({
      name: "records.computed",
      tableId: table.id,
      recordIds: changed.filter((row) => (row.at(-1) ?? "{}") !== "{}").map(([id]) => id ?? ""),
      fieldIds: [...computed],
      body: null,
    });
  }
}
