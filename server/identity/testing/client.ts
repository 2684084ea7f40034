import { Hono } from "hono";
import { renderProblem, type Actor, type HttpEnv } from "#kernel";
import type { TestWorld } from "../../kernel/testing/world.ts";
import { actorOf } from "../actor-of.ts";
import { identityRoutes } from "../routes.ts";

/** An answer as a test looks at it. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever JSON came
  readonly body: any;
}

export interface CallOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly text?: string;
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls the module's routes the way the gateway does: who asks is found out first, failures are rendered last. */
export function clientOf(
  world: TestWorld,
): (method: string, path: string, options?: CallOptions) => Promise<Reply> {
  const app = new Hono<HttpEnv>();
  let address = "192.0.2.1";
  app.use("*", async (c, next) => {
    c.set(
      "scope",
      world.scopeFor(await actorOrRefuse(world, c.req.header("authorization")), { address }),
    );
    await next();
  });
  app.route("/", identityRoutes(world));
  app.onError((error, c) => {
    const answer = renderProblem(error, "problem", "req");
    if (answer.status === 500) {
      // A bug: the test must show it.
      throw new Error(`${c.req.method} ${c.req.path}`, { cause: error });
    }
    return answer;
  });

  return async (method, path, options = {}) => {
    address = options.address ?? "192.0.2.1";
    const text =
      options.text ?? (options.body === undefined ? undefined : JSON.stringify(options.body));
    const response = await app.request(
      new Request(`http://basalt.test${path}`, {
        method,
        headers: {
          ...(text === undefined ? {} : { "content-type": "application/json" }),
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
          ...options.headers,
        },
        ...(text === undefined ? {} : { body: text }),
      }),
    );
    const answer = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: answer === "" ? undefined : JSON.parse(answer),
    };
  };
}

async function actorOrRefuse(world: TestWorld, header: string | undefined): Promise<Actor> {
  return actorOf(world, header);
}
