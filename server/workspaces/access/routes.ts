import { permissionQuestion, permissionQuestions } from "@basalt/contract";
import { Hono } from "hono";
import { parseWith, readJson, type HttpEnv } from "#kernel";
import type { Place } from "./access.ts";
import { check } from "./check.ts";

/** `/api/v1/permissions`: may I, and why. */
export function permissionsRoutes(): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  app.post("/check", async (c) => {
    const { action, userId, ...asked } = parseWith(permissionQuestion, await readJson(c.req.raw));
    const [answer] = await check(c.get("scope"), [{ action, userId, place: placeAsked(asked) }]);
    return c.json(answer);
  });
  app.post("/batch-check", async (c) => {
    const { checks } = parseWith(permissionQuestions, await readJson(c.req.raw));
    const questions = checks.map(({ action, userId, ...asked }) => ({
      action,
      userId,
      place: placeAsked(asked),
    }));
    const answers = await check(c.get("scope"), questions);
    return c.json({
      results: Object.fromEntries(checks.map(({ key }, index) => [key, answers[index]])),
    });
  });
  return app;
}

function placeAsked(asked: {
  readonly workspaceId?: string | undefined;
  readonly baseId?: string | undefined;
}): Place {
  return asked.baseId === undefined
    ? { workspaceId: asked.workspaceId ?? "" }
    : { baseId: asked.baseId };
}
