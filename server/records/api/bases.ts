import { BASES_PAGE_SIZE, newBase } from "@basalt/contract";
import { isId } from "#kernel";
import { listBases } from "#workspaces";
import { createBase } from "../bases/create-base.ts";
import { deleteBase } from "../bases/delete-base.ts";
import { badOffset } from "../rows/problems.ts";
import { airtableTable } from "../tables/airtable-schema.ts";
import { answerAfter, plainAnswer, sent } from "./answers.ts";
import { openBase, parseBody, type Call } from "./call.ts";
import { listOf, textOf } from "./query-string.ts";

/** `GET /v0/meta/bases` */
export async function getBases({ scope, query }: Call): Promise<Response> {
  const offset = textOf(query, "offset");
  if (offset !== undefined && !isId("app", offset)) {
    throw badOffset(offset);
  }
  const found = await listBases(scope, { after: offset, limit: BASES_PAGE_SIZE + 1 });
  const page = found.slice(0, BASES_PAGE_SIZE);
  const bases = page.map(({ id, name, permissionLevel }) => ({ id, name, permissionLevel }));
  return plainAnswer(found.length > page.length ? { bases, offset: page.at(-1)?.id } : { bases });
}

/** `POST /v0/meta/bases` */
export async function postBase(call: Call): Promise<Response> {
  const { baseId, tables } = await createBase(call.scope, await parseBody(call, newBase));
  const shown = tables.map((table) => airtableTable(table, { visibleFieldIds: false }));
  return sent(await answerAfter(call.scope, baseId, { id: baseId, tables: shown }));
}

/** `DELETE /v0/meta/bases/{baseId}` */
export async function deleteOneBase({ scope, params }: Call): Promise<Response> {
  const { baseId } = params;
  await deleteBase(scope, { baseId });
  return sent(await answerAfter(scope, baseId, { id: baseId, deleted: true }));
}

/** `GET /v0/meta/bases/{baseId}/tables` */
export async function getTables(call: Call): Promise<Response> {
  const visibleFieldIds = listOf(call.query, "include").includes("visibleFieldIds");
  const schema = await openBase(call, "schema.read");
  const tables = schema.tables.map((table) => airtableTable(table, { visibleFieldIds }));
  return sent(await answerAfter(call.scope, schema.baseId, { tables }));
}
