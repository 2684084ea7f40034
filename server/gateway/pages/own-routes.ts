import { Hono } from "hono";
import { jsonAnswer } from "#kernel";
import { docsRoutes } from "./docs.ts";
import type { GatewayOptions } from "../gateway.ts";
import { healthOf } from "./health.ts";
import { invitePage } from "./invite-page.ts";
import { welcomePage } from "./welcome-page.ts";

export interface OwnRoutes {
  readonly routes: Hono;
  /** True for paths that are answered without finding out who asks. */
  readonly paths: (path: string) => boolean;
  /** From now on `/ready` says 503. */
  readonly stopping: () => void;
}

const fixedPaths = new Set([
  "/",
  "/health",
  "/api/health",
  "/ready",
  "/metrics",
  "/openapi.json",
  "/docs",
  "/invite",
]);

/** What the gateway answers by itself: health, metrics, the description of the API and the first page. */
export function ownRoutes(options: GatewayOptions): OwnRoutes {
  const { world, about, isStarted = () => true } = options;
  const health = healthOf(options.health);
  const startedAt = world.now();
  let isStopping = false;
  const routes = new Hono();

  const answerHealth = async (): Promise<Response> => {
    const { status, parts } = await health();
    const uptimeS = Math.round((world.now().getTime() - startedAt.getTime()) / 1_000);
    // Who else serves the same database; where they are is nobody's business here.
    const processes = world.processes
      ?.list()
      .map(({ roles, version, startedAt: since }) => ({ roles, version, startedAt: since }));
    return jsonAnswer({
      status,
      service: "basalt",
      version: about.version,
      uptimeS,
      parts,
      ...(processes === undefined ? {} : { processes }),
    });
  };
  routes.get("/health", answerHealth);
  routes.get("/api/health", answerHealth);
  routes.get("/ready", async () => {
    const why = isStopping
      ? "stopping"
      : !isStarted()
        ? "starting"
        : (await health()).canServe
          ? null
          : "waiting for the database";
    return why === null
      ? jsonAnswer({ status: "ready" })
      : jsonAnswer(
          { status: "not ready", reason: why },
          { status: 503, headers: { "retry-after": "1" } },
        );
  });
  routes.get("/metrics", async () => {
    const { text, contentType } = await world.metrics.expose();
    return new Response(text, { headers: { "content-type": contentType } });
  });
  routes.get("/", () => welcomePage(about, startedAt, world.now()));
  routes.get("/invite", () => invitePage(world.config.publicUrl));
  routes.route("/", docsRoutes(options));

  return {
    routes,
    paths: (path) => fixedPaths.has(path) || path.startsWith("/docs/"),
    stopping: () => {
      isStopping = true;
    },
  };
}
