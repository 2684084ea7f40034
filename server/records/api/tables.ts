import { newTable, tableChanges } from "@basalt/contract";
import { airtableTable } from "../tables/airtable-schema.ts";
import { createTable } from "../tables/create-table.ts";
import { deleteTable } from "../tables/delete-table.ts";
import { updateTable } from "../tables/update-table.ts";
import { answerAfter, sent } from "./answers.ts";
import { openBase, openTable, parseBody, type Call } from "./call.ts";

/** `POST /v0/meta/bases/{baseId}/tables` */
export async function postTable(call: Call): Promise<Response> {
  const { baseId } = await openBase(call, "schema.write");
  const input = await parseBody(call, newTable);
  const table = await createTable(call.scope, { baseId, ...input });
  return sent(await answerAfter(call.scope, baseId, airtableTable(table, WITHOUT_VISIBLE)));
}

/** `PATCH /v0/meta/bases/{baseId}/tables/{tableIdOrName}` */
export async function patchTable(call: Call): Promise<Response> {
  const { id: tableId, baseId } = await openTable(call, "schema.write");
  const changes = await parseBody(call, tableChanges);
  const table = await updateTable(call.scope, { baseId, tableId, ...changes });
  return sent(await answerAfter(call.scope, baseId, airtableTable(table, WITHOUT_VISIBLE)));
}

/** `DELETE /v0/meta/bases/{baseId}/tables/{tableIdOrName}` */
export async function deleteOneTable(call: Call): Promise<Response> {
  const { id: tableId, baseId } = await openTable(call, "schema.write");
  await deleteTable(call.scope, { baseId, tableId });
  return sent(await answerAfter(call.scope, baseId, { id: tableId, deleted: true }));
}

const WITHOUT_VISIBLE = { visibleFieldIds: false } as const;
