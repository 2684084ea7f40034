import { baseFromTemplate } from "@basalt/contract";
import { Hono } from "hono";
import { jsonAnswer, parseWith, readJson, requireActor, type HttpEnv } from "#kernel";
import { createFromTemplate } from "./create-from-template.ts";
import { listTemplates } from "./templates.ts";

/** `GET /api/v1/templates` and `POST …/workspaces/{id}/bases`. Mount with wrapped keys. */
export function templateRoutes(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.get("/api/v1/templates", async (c) => {
    requireActor(c.get("scope"));
    return jsonAnswer({ templates: await listTemplates() });
  });
  app.post("/api/v1/workspaces/:workspaceId/bases", async (c) => {
    const scope = c.get("scope");
    requireActor(scope);
    const body = parseWith(baseFromTemplate, await readJson(c.req.raw));
    const made = await createFromTemplate(scope, {
      workspaceId: c.req.param("workspaceId"),
      ...body,
    });
    return jsonAnswer(made, { status: 201 });
  });
  return app;
}
