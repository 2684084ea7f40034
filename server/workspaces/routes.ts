import { Hono } from "hono";
import type { HttpEnv, World } from "#kernel";
import { accessCache } from "./access/access-cache.ts";
import { basesRoutes } from "./bases/routes.ts";
import { invitationsRoutes } from "./invitations/routes.ts";
import { memberRoutes } from "./members/routes.ts";
import { permissionsRoutes } from "./access/routes.ts";
import { placesRoutes } from "./places/routes.ts";

/** Every HTTP route of the module. From now on the world listens to what other processes say about roles. */
export function workspacesRoutes(world: World): Hono<HttpEnv> {
  world.parts.of(accessCache);
  const app = new Hono<HttpEnv>();
  app.route("/api/v1/workspaces", placesRoutes());
  app.route("/api/v1/bases", basesRoutes());
  app.route(
    "/api/v1/workspaces/:workspaceId",
    memberRoutes((ids) => ({ workspaceId: ids("workspaceId") })),
  );
  app.route(
    "/api/v1/bases/:baseId",
    memberRoutes((ids) => ({ baseId: ids("baseId") })),
  );
  app.route("/api/v1", invitationsRoutes());
  app.route("/api/v1/permissions", permissionsRoutes());
  return app;
}
