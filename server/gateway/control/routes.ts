import { gatewayChange } from "@basalt/contract";
import { Hono } from "hono";
import { type HttpEnv, jsonAnswer, parseWith, Problem, readJson, requireActor } from "#kernel";
import { requireAdmin } from "#identity";
import type { LiveRoute } from "../upstreams/live-route.ts";
import { JWKS_PATH } from "../upstreams/sign-identity.ts";
import { changeRoute } from "./change-route.ts";
import type { OpenUpstreams } from "./open-upstreams.ts";
import { resetBreakers } from "./reset-breakers.ts";
import { showGateway, showRoute } from "./show-gateway.ts";

const BASE = "/api/v1/admin/gateway";
const NO_STORE = { "cache-control": "no-store" };
/** How long the public key may be kept: it changes with the root secret alone. */
const KEYS_KEPT = { "cache-control": "public, max-age=300" };

/** The administration of the gateway, and the key with which upstreams check who calls. */
export function gatewayRoutes(opened: OpenUpstreams): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const { upstreams } = opened;
  const routeNamed = (name: string): LiveRoute => {
    const live = upstreams.route(name);
    if (live === undefined) {
      throw new Problem("not-found", "gateway.no-such-route-name", {
        message: `The gateway file has no route ${name}.`,
      });
    }
    return live;
  };
  app.get(BASE, (c) => {
    requireActor(c.get("scope"));
    const state = showGateway(c.get("scope"), opened);
    return jsonAnswer(`${JSON.stringify(state, null, 2)}\n`, { headers: NO_STORE });
  });
  app.post(`${BASE}/routes/:route/changes`, async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    requireAdmin(scope, "enterprise.account:write");
    const change = parseWith(gatewayChange, await readJson(c.req.raw));
    const live = routeNamed(c.req.param("route"));
    await changeRoute(scope, live, change);
    await opened.obey();
    return jsonAnswer(showRoute(upstreams.route(live.route.name) ?? live), { headers: NO_STORE });
  });
  app.get(`${BASE}/routes/:route/shadow`, (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    requireAdmin(scope, "enterprise.account:read");
    const { name } = routeNamed(c.req.param("route")).route;
    return jsonAnswer(upstreams.shadows.report(name), { headers: NO_STORE });
  });
  app.delete(`${BASE}/routes/:route/shadow`, (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    requireAdmin(scope, "enterprise.account:write");
    upstreams.shadows.clear(routeNamed(c.req.param("route")).route.name);
    return new Response(null, { status: 204 });
  });
  app.post(`${BASE}/upstreams/:upstream/reset-breakers`, async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    await resetBreakers(scope, upstreams, c.req.param("upstream"));
    return new Response(null, { status: 204 });
  });
  app.get(JWKS_PATH, () => jsonAnswer(upstreams.signer.jwks, { headers: KEYS_KEPT }));
  return app;
}
