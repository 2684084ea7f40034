import { mobileHomeParts, mobileHomeQuery, mobileRecordsQuery, syncQuery } from "@basalt/contract";
import { Hono } from "hono";
import { conditionalAnswer, parseWith, requireActor, type HttpEnv } from "#kernel";
import { homeOfPhone } from "./home.ts";
import { pageForPhone } from "./list-records.ts";
import { syncForPhone } from "./sync/sync.ts";

const BAD_QUERY = "mobile-bff.bad-query";

/** Every HTTP route of the module. */
export function mobileBffRoutes(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get("/bff/mobile/home", async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const { parts = mobileHomeParts } = parseWith(mobileHomeQuery, c.req.query(), BAD_QUERY);
    const home = await homeOfPhone(scope, new Set(parts));
    return conditionalAnswer(c.req.raw, JSON.stringify(home));
  });
  app.get("/bff/mobile/bases/:baseId/tables/:tableIdOrName/records", async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const asked = parseWith(mobileRecordsQuery, c.req.query(), BAD_QUERY);
    const page = await pageForPhone(scope, { ...c.req.param(), ...asked });
    return conditionalAnswer(c.req.raw, JSON.stringify(page), {
      "x-basalt-txn": String(page.txn),
    });
  });
  app.get("/bff/mobile/sync", async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const { base, ...asked } = parseWith(syncQuery, c.req.query(), BAD_QUERY);
    const answer = await syncForPhone(scope, { baseId: base, ...asked });
    return conditionalAnswer(c.req.raw, JSON.stringify(answer));
  });
  return app;
}
