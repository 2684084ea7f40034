import { MOBILE_FIELDS_DEFAULT, type mobileRecords } from "@basalt/contract";
import type { z } from "zod";
import { isId, Problem, type Scope } from "#kernel";
import {
  findTable,
  listRecords,
  noteOpened,
  schemaOf,
  tableNotFound,
  viewOf,
  type Field,
  type Table,
  type View,
} from "#records";
import { allow, notFound } from "#workspaces";
import { compactRows } from "./compact-rows.ts";

/** What of a table the phone wants to see. */
export interface WantedPage {
  readonly baseId: string;
  readonly tableIdOrName: string;
  /** Ids; the primary field and a few more where none are named. */
  readonly fields?: readonly string[] | undefined;
  readonly view?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * A page of a table as arrays.
 * Problems: those of `allow` and of `listRecords`, `records.table-not-found`, `records.unknown-view`,
 * `mobile-bff.unknown-field`.
 */
export async function pageForPhone(
  scope: Scope,
  { baseId, tableIdOrName, fields: wanted, view: named, limit, cursor }: WantedPage,
): Promise<z.infer<typeof mobileRecords>> {
  if (!isId("app", baseId)) {
    throw notFound();
  }
  await allow(scope, "records.read", { baseId });
  const table = findTable(await schemaOf(scope, baseId), tableIdOrName);
  if (table === undefined) {
    throw tableNotFound();
  }
  const view = await viewOf(scope, table, named);
  const fields = wanted === undefined ? fewFields(table, view) : fieldsNamed(table, wanted);
  const [page] = await Promise.all([
    listRecords(scope, {
      table,
      shape: {
        byFieldId: true,
        cellFormat: "json",
        commentCount: false,
        version: false,
        fieldIds: fields.map(({ id }) => id),
      },
      pageSize: limit,
      ...(view && { view }),
      ...(cursor !== undefined && { offset: cursor }),
    }),
    noteOpened(scope, { baseId, tableId: table.id, ...(view && { viewId: view.id }) }),
  ]);
  return {
    columns: fields.map(({ id }) => id),
    rows: compactRows(page.records, fields).map((row) => [...row]),
    ...(page.offset !== undefined && { cursor: page.offset }),
    txn: page.txn,
  };
}

function fewFields(table: Table, view: View | undefined): readonly Field[] {
  const visible = view?.options.visibleFieldIds;
  const shown = visible?.flatMap((id) => table.fieldsById.get(id) ?? []) ?? table.fields;
  return shown.slice(0, MOBILE_FIELDS_DEFAULT);
}

/** Problem: `mobile-bff.unknown-field`. */
function fieldsNamed(table: Table, ids: readonly string[]): readonly Field[] {
  return [...new Set(ids)].map((id) => {
    const field = table.fieldsById.get(id);
    if (field === undefined) {
      throw new Problem("invalid", "mobile-bff.unknown-field", {
        message: `The table has no field ${id}.`,
        fields: { fields: "names a field that the table has not" },
      });
    }
    return field;
  });
}
