import { tableById } from "../schema/find.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { airtableView, type AirtableView } from "../tables/airtable-schema.ts";
import { deleteView } from "../views/delete-view.ts";
import { getView, listViews } from "../views/read-views.ts";
import type { View } from "../schema/base-schema.ts";
import { answerAfter, sent } from "./answers.ts";
import type { Call } from "./call.ts";
import { listOf } from "./query-string.ts";

/** `GET /v0/meta/bases/{baseId}/views` */
export async function getViews(call: Call): Promise<Response> {
  const { scope, params } = call;
  const views = await listViews(scope, params);
  return sent(await answerAfter(scope, params.baseId, { views: await shown(call, views) }));
}

/** `GET /v0/meta/bases/{baseId}/views/{viewId}` */
export async function getOneView(call: Call): Promise<Response> {
  const { scope, params } = call;
  const [view] = await shown(call, [await getView(scope, params)]);
  return sent(await answerAfter(scope, params.baseId, view));
}

/** `DELETE /v0/meta/bases/{baseId}/views/{viewId}` */
export async function deleteOneView({ scope, params }: Call): Promise<Response> {
  await deleteView(scope, params);
  return sent(await answerAfter(scope, params.baseId, { id: params.viewId, deleted: true }));
}

async function shown(
  { scope, params, query }: Call,
  views: readonly View[],
): Promise<AirtableView[]> {
  const schema = await schemaOf(scope, params.baseId);
  const asked = { visibleFieldIds: listOf(query, "include").includes("visibleFieldIds") };
  return views.map((view) => airtableView(view, tableById(schema, view.tableId), asked));
}
