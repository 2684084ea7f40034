import { TABLE_SCREEN_RECORDS } from "@basalt/contract";
import { isId, type Scope } from "#kernel";
import {
  airtableTable,
  findTable,
  listRecords,
  noteOpened,
  schemaOf,
  tableNotFound,
  viewOf,
  wholeView,
} from "#records";
import { allow, notFound, permissionLevel } from "#workspaces";

/** Which table, and through which view; the first view where none is named. */
export interface WantedTable {
  readonly baseId: string;
  readonly tableIdOrName: string;
  readonly view?: string | undefined;
}

/**
 * The screen of a table as JSON: its schema, a view and the first page of that view, which is joined as text.
 * Problems: those of `allow`, `records.table-not-found`, `records.unknown-view`, `records.mismatched-ids`.
 */
export async function tableScreen(
  scope: Scope,
  { baseId, tableIdOrName, view: wanted }: WantedTable,
): Promise<{ readonly json: string; readonly txn: number }> {
  if (!isId("app", baseId)) {
    throw notFound();
  }
  await allow(scope, "schema.read", { baseId });
  await allow(scope, "records.read", { baseId });
  const table = findTable(await schemaOf(scope, baseId), tableIdOrName);
  if (table === undefined) {
    throw tableNotFound();
  }
  const view = wanted === undefined ? table.views[0] : await viewOf(scope, table, wanted);
  const [{ records, offset, txn }, level] = await Promise.all([
    listRecords(scope, {
      table,
      ...(view === undefined ? {} : { view }),
      shape: {
        byFieldId: true,
        cellFormat: "json",
        commentCount: true,
        version: true,
        ...(view?.options.visibleFieldIds && { fieldIds: view.options.visibleFieldIds }),
      },
      pageSize: TABLE_SCREEN_RECORDS,
    }),
    permissionLevel(scope, baseId),
    noteOpened(scope, { baseId, tableId: table.id, ...(view && { viewId: view.id }) }),
  ]);
  const around = JSON.stringify({
    permissionLevel: level,
    table: airtableTable(table, { visibleFieldIds: true }),
    view: view === undefined ? null : wholeView(view, table, scope.now()),
    offset,
    txn,
  });
  return { json: `${around.slice(0, -1)},"records":[${records.join(",")}]}`, txn };
}
