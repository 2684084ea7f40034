import { newView, viewChanges } from "@basalt/contract";
import { Hono, type Context } from "hono";
import {
  isId,
  jsonAnswer,
  parseWith,
  readJson,
  requireActor,
  type HttpEnv,
  type Scope,
} from "#kernel";
import { allow, notFound } from "#workspaces";
import { isComputing, untilComputed } from "../computed/computing-state.ts";
import { groupRecords } from "../groups/group-records.ts";
import type { View } from "../schema/base-schema.ts";
import { tableById } from "../schema/find.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { createView } from "../views/create-view.ts";
import { getView, listViews } from "../views/read-views.ts";
import { updateView } from "../views/update-view.ts";
import { wholeView, type WholeView } from "../views/whole-view.ts";
import { currentTxn, TXN_HEADER } from "./answers.ts";
import { marked, wantsToWait } from "./computing.ts";
import { groupingOf } from "./groups.ts";
import { searchOf } from "./match-route.ts";
import { parseQuery } from "./query-string.ts";

const BASE = "/api/v1/bases/:baseId";

/** Views whole, with their filters, and records by groups. Mount with wrapped keys. */
export function viewRoutes(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get(`${BASE}/views`, async (c) => {
    const { scope, baseId } = placeOf(c);
    const views = await listViews(scope, { baseId });
    return answer(scope, baseId, { views: await whole(scope, baseId, views) });
  });
  app.get(`${BASE}/views/:viewId`, async (c) => {
    const { scope, baseId, id } = placeOf(c, "viw");
    const view = await getView(scope, { baseId, viewId: id });
    return answer(scope, baseId, await oneWhole(scope, baseId, view));
  });
  app.post(`${BASE}/tables/:tableId/views`, async (c) => {
    const { scope, baseId, id } = placeOf(c, "tbl");
    await allow(scope, "views.write", { baseId });
    const input = parseWith(newView, await readJson(c.req.raw));
    const view = await createView(scope, { baseId, tableId: id, ...input });
    const made = await oneWhole(scope, baseId, view);
    return answerWith(201, await currentTxn(scope, baseId), made);
  });
  app.patch(`${BASE}/views/:viewId`, async (c) => {
    const { scope, baseId, id } = placeOf(c, "viw");
    await allow(scope, "views.write", { baseId });
    const changes = parseWith(viewChanges, await readJson(c.req.raw));
    const view = await updateView(scope, { baseId, viewId: id, ...changes });
    return answer(scope, baseId, await oneWhole(scope, baseId, view));
  });
  app.get(`${BASE}/tables/:tableId/groups`, async (c) => {
    const { scope, baseId, id } = placeOf(c, "tbl");
    await allow(scope, "records.read", { baseId });
    const table = tableById(await schemaOf(scope, baseId), id);
    const grouping = await groupingOf(scope, table, parseQuery(searchOf(c.req.url)));
    if (wantsToWait({ request: c.req.raw })) {
      await untilComputed(scope, { baseId });
    }
    // Asked before the read, as for records.
    const computing = await isComputing(scope, await schemaOf(scope, baseId), table.id);
    const { txn, ...groups } = await groupRecords(scope, grouping);
    return marked(answerWith(200, txn, groups), computing);
  });
  return app;
}

/** Who asks, and where. What has not the shape of an id cannot be there. Problems: those of `requireActor`, not found. */
function placeOf(
  c: Context<HttpEnv>,
  kind?: "viw" | "tbl",
): { readonly scope: Scope; readonly baseId: string; readonly id: string } {
  const scope = c.get("scope");
  requireActor(scope);
  const baseId = c.req.param("baseId") ?? "";
  const id = (kind === "viw" ? c.req.param("viewId") : c.req.param("tableId")) ?? "";
  if (!isId("app", baseId) || (kind !== undefined && !isId(kind, id))) {
    throw notFound();
  }
  return { scope, baseId, id };
}

async function oneWhole(scope: Scope, baseId: string, view: View): Promise<WholeView> {
  const schema = await schemaOf(scope, baseId);
  return wholeView(view, tableById(schema, view.tableId), scope.now());
}

async function whole(
  scope: Scope,
  baseId: string,
  views: readonly View[],
): Promise<readonly WholeView[]> {
  return Promise.all(views.map((view) => oneWhole(scope, baseId, view)));
}

async function answer(scope: Scope, baseId: string, body: object): Promise<Response> {
  return answerWith(200, await currentTxn(scope, baseId), body);
}

function answerWith(status: number, txn: number, body: object): Response {
  return jsonAnswer(body, { status, headers: { [TXN_HEADER]: String(txn) } });
}
