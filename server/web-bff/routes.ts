import { webTableQuery } from "@basalt/contract";
import { Hono } from "hono";
import { conditionalAnswer, parseWith, requireActor, type HttpEnv } from "#kernel";
import { baseScreen } from "./base-screen.ts";
import { homeScreen } from "./home.ts";
import { settingsScreen } from "./settings-screen.ts";
import { tableScreen } from "./table-screen.ts";

/** Every HTTP route of the module. */
export function webBffRoutes(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get("/bff/web/home", async (c) =>
    conditionalAnswer(c.req.raw, JSON.stringify(await homeScreen(c.get("scope")))),
  );
  app.get("/bff/web/settings", async (c) =>
    conditionalAnswer(c.req.raw, JSON.stringify(await settingsScreen(c.get("scope")))),
  );
  app.get("/bff/web/bases/:baseId", async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const screen = await baseScreen(scope, c.req.param("baseId"));
    return conditionalAnswer(c.req.raw, JSON.stringify(screen));
  });
  app.get("/bff/web/bases/:baseId/tables/:tableIdOrName", async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const { view } = parseWith(webTableQuery, c.req.query(), "web-bff.bad-query");
    const { baseId, tableIdOrName } = c.req.param();
    const { json, txn } = await tableScreen(scope, { baseId, tableIdOrName, view });
    return conditionalAnswer(c.req.raw, json, { "x-basalt-txn": String(txn) });
  });
  return app;
}
