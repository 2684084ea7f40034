import { analyticsQuery, EVENTS_BODY_MAX_BYTES, eventPolicy, eventsBody } from "@basalt/contract";
import { Hono } from "hono";
import { jsonAnswer, parseWith, readJson, type HttpEnv } from "#kernel";
import { readEventPolicy, setEventPolicy } from "./events/policy.ts";
import { takeEvents } from "./events/take-events.ts";
import { runQuery } from "./queries/run-query.ts";

/** The HTTP face of the module: wire to use case and back. */
export function analyticsRoutes(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.post("/api/v1/events", async (c) => {
    const sent = await readJson(c.req.raw, { sizeMaxBytes: EVENTS_BODY_MAX_BYTES });
    const early = prefersEarly(c.req.header("prefer"));
    const taken = await takeEvents(c.get("scope"), { ...parseWith(eventsBody, sent), early });
    return taken.durable
      ? jsonAnswer(taken)
      : jsonAnswer(taken, { status: 202, headers: { "preference-applied": "respond-async" } });
  });
  app.post("/api/v1/analytics/query", async (c) => {
    const query = parseWith(analyticsQuery, await readJson(c.req.raw));
    return jsonAnswer(await runQuery(c.get("scope"), query));
  });
  app.get("/api/v1/workspaces/:workspaceId/event-policy", async (c) =>
    jsonAnswer(await readEventPolicy(c.get("scope"), c.req.param("workspaceId"))),
  );
  app.put("/api/v1/workspaces/:workspaceId/event-policy", async (c) => {
    const policy = parseWith(eventPolicy, await readJson(c.req.raw));
    return jsonAnswer(await setEventPolicy(c.get("scope"), c.req.param("workspaceId"), policy));
  });
  return app;
}

/** RFC 7240. */
function prefersEarly(prefer: string | undefined): boolean {
  return prefer !== undefined && /(?:^|,)\s*respond-async\s*(?:[,;]|$)/i.test(prefer);
}
