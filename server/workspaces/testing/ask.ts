import { workspacesOperations, type Operation } from "@basalt/contract";
import { Hono } from "hono";
import { expect } from "vitest";
import { renderProblem, type HttpEnv, type Scope } from "#kernel";
import type { TestWorld } from "../../kernel/testing/world.ts";
import { workspacesRoutes } from "../routes.ts";

/** What a route answered. */
export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly items?: readonly Record<string, unknown>[] };
}

export type Ask = (scope: Scope, line: string, body?: unknown) => Promise<Answer>;

/** Asks the module's routes: `ask(scope, "GET /api/v1/bases")`. An answer that the contract does not name fails the test. */
export function askingIn(world: () => TestWorld): Ask {
  return (scope, line, body) => ask(world(), scope, { line, body });
}

async function ask(
  world: TestWorld,
  scope: Scope,
  { line, body }: { readonly line: string; readonly body: unknown },
): Promise<Answer> {
  const [method = "GET", path = "/"] = line.split(" ");
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    c.set("scope", scope);
    await next();
  });
  app.route("/", workspacesRoutes(world));
  app.onError((error) => renderProblem(error, "problem", "req1"));
  const init =
    body === undefined
      ? { method }
      : {
          method,
          headers: { "content-type": "application/json" },
          body: typeof body === "string" ? body : JSON.stringify(body),
        };
  const response = await app.request(new Request(`http://basalt.test${path}`, init));
  const text = await response.text();
  const answer: unknown = text === "" ? {} : JSON.parse(text);
  checkShape(`${method} ${path}`, response.status, answer);
  return { status: response.status, body: answer as Answer["body"] };
}

/** Whatever is answered is what the contract says, problems included. */
function checkShape(line: string, status: number, answer: unknown): void {
  const [method = "", bare = ""] = line.split(/[ ?]/);
  const operation = workspacesOperations.find(
    (one) =>
      one.method === method.toLowerCase() &&
      (one.path === bare || (!/\/(look|accept|register)$/.test(bare) && matches(one.path, bare))),
  );
  expect(operation, `${method} ${bare} is declared`).toBeDefined();
  const answers: Operation["answers"] = { 400: null, ...operation?.answers };
  const schema = answers[status];
  expect(schema, `${operation?.id} says what ${status} looks like`).not.toBeUndefined();
  if (schema) {
    expect(schema.safeParse(answer).error).toBeUndefined();
  }
}

function matches(pattern: string, path: string): boolean {
  return new RegExp(`^${pattern.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path);
}
