import { changesQuery } from "@basalt/contract";
import { Hono } from "hono";
import { isId, jsonAnswer, parseWith, requireActor, type HttpEnv } from "#kernel";
import { notFound } from "#workspaces";
import { readChanges } from "../rows/read-changes.ts";
import { TXN_HEADER } from "./answers.ts";

/** The change feed for programs. */
export function changeRoutes(): Hono<HttpEnv> {
  return new Hono<HttpEnv>().get("/api/v1/bases/:baseId/changes", async (c) => {
    const scope = c.get("scope");
    const baseId = c.req.param("baseId");
    requireActor(scope);
    if (!isId("app", baseId)) {
      throw notFound();
    }
    const { after, limit } = parseWith(changesQuery, c.req.query(), "records.bad-changes-query");
    const page = await readChanges(scope, { baseId, after, limit });
    return jsonAnswer(page, { headers: { [TXN_HEADER]: String(page.cursor) } });
  });
}
