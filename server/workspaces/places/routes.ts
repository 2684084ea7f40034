import {
  newWorkspace,
  ownershipTransfer,
  workspaceChanges,
  workspacesPage,
} from "@basalt/contract";
import { Hono } from "hono";
import { parseWith, readJson, type HttpEnv } from "#kernel";
import { adoptWorkspace, listOwnerlessWorkspaces } from "../members/adopt-workspace.ts";
import { transferOwnership } from "../members/members.ts";
import {
  restoreWorkspace,
  trashWorkspace,
  updateWorkspace,
  workspaceStats,
} from "./change-workspace.ts";
import { createWorkspace } from "./create-workspace.ts";
import { existingWorkspace, listWorkspaces, workspaceOf } from "./list-workspaces.ts";
import { pageOf, pageQuery } from "./page.ts";

/** `/api/v1/workspaces` without what is the same on a base. */
export function placesRoutes(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.post("/", async (c) => {
    const body = parseWith(newWorkspace, await readJson(c.req.raw));
    return c.json(await createWorkspace(c.get("scope"), body), 201);
  });
  app.get("/", async (c) => {
    const { after, limit, trash, ownerless } = parseWith(workspacesPage, pageQuery(c.req.url));
    if (ownerless === "true") {
      const found = await listOwnerlessWorkspaces(c.get("scope"), { after, limit: limit + 1 });
      return c.json(pageOf(found, limit, ({ id }) => id));
    }
    const rows = await listWorkspaces(c.get("scope"), {
      after,
      limit: limit + 1,
      trashed: trash === "true",
    });
    return c.json(pageOf(rows, limit, ({ id }) => id));
  });
  app.get("/:workspaceId", async (c) =>
    c.json(await workspaceOf(c.get("scope"), c.req.param("workspaceId"))),
  );
  app.patch("/:workspaceId", async (c) => {
    const body = parseWith(workspaceChanges, await readJson(c.req.raw));
    return c.json(await updateWorkspace(c.get("scope"), c.req.param("workspaceId"), body));
  });
  app.delete("/:workspaceId", async (c) => {
    await trashWorkspace(c.get("scope"), c.req.param("workspaceId"));
    return c.body(null, 204);
  });
  app.post("/:workspaceId/restore", async (c) =>
    c.json(await restoreWorkspace(c.get("scope"), c.req.param("workspaceId"))),
  );
  app.post("/:workspaceId/adopt", async (c) =>
    c.json(await adoptWorkspace(c.get("scope"), c.req.param("workspaceId"))),
  );
  app.get("/:workspaceId/stats", async (c) =>
    c.json(await workspaceStats(c.get("scope"), c.req.param("workspaceId"))),
  );
  app.post("/:workspaceId/transfer", async (c) => {
    const { userId } = parseWith(ownershipTransfer, await readJson(c.req.raw));
    const scope = c.get("scope");
    const workspaceId = c.req.param("workspaceId");
    await transferOwnership(scope, { workspaceId, userId });
    return c.json(await existingWorkspace(scope, workspaceId));
  });
  return app;
}
