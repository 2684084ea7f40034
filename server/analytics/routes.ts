import {
  analyticsQuery,
  EVENTS_BODY_MAX_BYTES,
  eventPolicy,
  eventsBody,
  instanceUsageQuery,
  quotasBody,
  usageQuery,
} from "@basalt/contract";
import { Hono } from "hono";
import { jsonAnswer, parseWith, readJson, type HttpEnv } from "#kernel";
import { readEventPolicy, setEventPolicy } from "./events/policy.ts";
import { takeEvents } from "./events/take-events.ts";
import { listAlerts } from "./quotas/list-alerts.ts";
import { setQuotas } from "./quotas/set-quotas.ts";
import { readQuotas } from "./quotas/show-quotas.ts";
import { runQuery } from "./queries/run-query.ts";
import { instanceUsage, ownUsage, workspaceUsage } from "./usage/show-usage.ts";

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
  usageRoutes(app);
  return app;
}

function usageRoutes(app: Hono<HttpEnv>): void {
  app.get("/api/v1/workspaces/:workspaceId/usage", async (c) => {
    const asked = parseWith(usageQuery, c.req.query());
    return jsonAnswer(await workspaceUsage(c.get("scope"), c.req.param("workspaceId"), asked));
  });
  app.get("/api/v1/usage", async (c) =>
    jsonAnswer(await ownUsage(c.get("scope"), parseWith(usageQuery, c.req.query()))),
  );
  app.get("/api/v1/instance/usage", async (c) =>
    jsonAnswer(await instanceUsage(c.get("scope"), parseWith(instanceUsageQuery, c.req.query()))),
  );
  app.get("/api/v1/workspaces/:workspaceId/quotas", async (c) =>
    jsonAnswer(await readQuotas(c.get("scope"), c.req.param("workspaceId"))),
  );
  app.put("/api/v1/workspaces/:workspaceId/quotas", async (c) => {
    const { quotas } = parseWith(quotasBody, await readJson(c.req.raw));
    return jsonAnswer(await setQuotas(c.get("scope"), c.req.param("workspaceId"), quotas));
  });
  app.get("/api/v1/workspaces/:workspaceId/alerts", async (c) =>
    jsonAnswer(await listAlerts(c.get("scope"), c.req.param("workspaceId"))),
  );
}

/** RFC 7240. */
function prefersEarly(prefer: string | undefined): boolean {
  return prefer !== undefined && /(?:^|,)\s*respond-async\s*(?:[,;]|$)/i.test(prefer);
}
