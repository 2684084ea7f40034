import { baseChanges, baseMove, trashablePage } from "@basalt/contract";
import { Hono } from "hono";
import { parseWith, readJson, type HttpEnv } from "#kernel";
import { pageOf, pageQuery } from "../places/page.ts";
import { moveBase, restoreBase, trashBase, updateBase } from "./change-base.ts";
import { baseOf, listBases } from "./list-bases.ts";

/** `/api/v1/bases`: the registry, without what is the same on a workspace. */
export function basesRoutes(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get("/", async (c) => {
    const { after, limit, trash } = parseWith(trashablePage, pageQuery(c.req.url));
    const rows = await listBases(c.get("scope"), {
      after,
      limit: limit + 1,
      trashed: trash === "true",
    });
    return c.json(pageOf(rows, limit, ({ id }) => id));
  });
  app.get("/:baseId", async (c) => c.json(await baseOf(c.get("scope"), c.req.param("baseId"))));
  app.patch("/:baseId", async (c) => {
    const body = parseWith(baseChanges, await readJson(c.req.raw));
    return c.json(await updateBase(c.get("scope"), c.req.param("baseId"), body));
  });
  app.delete("/:baseId", async (c) => {
    await trashBase(c.get("scope"), c.req.param("baseId"));
    return c.body(null, 204);
  });
  app.post("/:baseId/restore", async (c) =>
    c.json(await restoreBase(c.get("scope"), c.req.param("baseId"))),
  );
  app.post("/:baseId/move", async (c) => {
    const { workspaceId } = parseWith(baseMove, await readJson(c.req.raw));
    return c.json(await moveBase(c.get("scope"), { baseId: c.req.param("baseId"), workspaceId }));
  });
  return app;
}
