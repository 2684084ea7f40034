import { Hono } from "hono";
import { renderProblem, type HttpEnv } from "#kernel";
import type { TestWorld } from "../../kernel/testing/world.ts";
import { actorOf } from "../actor-of.ts";
import { identityRoutes } from "../routes.ts";

/** What the module's answers can hold; a test reads the member that it expects. */
export interface ReplyBody {
  readonly [name: string]: unknown;
  readonly id: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly secondFactorToken: string;
  readonly sessionId: string;
  readonly key: string;
  readonly code: string;
  readonly detail: string;
  readonly secret: string;
  readonly uri: string;
  readonly offset: string;
  readonly email: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly user: {
    readonly id: string;
    readonly email: string;
    readonly name: string;
    readonly admin: boolean;
  };
  readonly users: readonly { readonly id: string; readonly email: string }[];
  readonly sessions: readonly { readonly id: string; readonly current: boolean }[];
  readonly keys: readonly { readonly id: string; readonly lastUsedAt: string | null }[];
  readonly backupCodes: readonly string[];
  readonly outcomes: readonly {
    readonly status: string;
    readonly code?: string;
    readonly id?: string;
  }[];
}

/** An answer as a test looks at it. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: ReplyBody;
}

export interface CallOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  /** Sent as it is, instead of `body`. */
  readonly text?: string;
  /** Where the call comes from. */
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Call = (method: string, path: string, options?: CallOptions) => Promise<Reply>;

const ADDRESS = "192.0.2.1";
const ADDRESS_HEADER = "x-test-address";

/** Calls the module's routes the way the gateway does: who asks is found out first, failures are rendered last. */
export function clientOf(world: TestWorld): Call {
  const app = new Hono<HttpEnv>();
  app.use("*", async (c, next) => {
    const actor = await actorOf(world, c.req.header("authorization"));
    c.set("scope", world.scopeFor(actor, { address: c.req.header(ADDRESS_HEADER) ?? ADDRESS }));
    await next();
  });
  app.route("/", identityRoutes(world));
  app.onError((error) => {
    const answer = renderProblem(error, "problem", "req");
    // A 500 is a bug, whatever a test expects of the status: it must say what it is.
    return answer.status === 500 ? new Response(String(error.stack), { status: 500 }) : answer;
  });

  return async (method, path, { token, body, text, address = ADDRESS, headers } = {}) => {
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const request = new Request(`http://basalt.test${path}`, {
      method,
      headers: {
        [ADDRESS_HEADER]: address,
        ...(sent === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const response = await app.request(request);
    const answer = await response.text();
    if (response.status === 500) {
      throw new Error(`${method} ${path} met a bug: ${answer}`);
    }
    return {
      status: response.status,
      headers: response.headers,
      text: answer,
      body: answer === "" ? {} : JSON.parse(answer),
    };
  };
}

export const PASSWORD = "correct horse battery";
let people = 0;

/** Somebody new, signed in. */
export interface SignedUp {
  readonly id: string;
  readonly email: string;
  readonly token: string;
  readonly refreshToken: string;
  readonly sessionId: string;
}

export async function signUp(
  call: Call,
  email = `person${(people += 1)}@example.org`,
): Promise<SignedUp> {
  const { status, text, body } = await call("POST", "/api/v1/register", {
    body: { email, password: PASSWORD, name: "Somebody" },
  });
  if (status !== 201) {
    throw new Error(`registration answered ${status}: ${text}`);
  }
  return {
    id: body.user.id,
    email,
    token: body.token,
    refreshToken: body.refreshToken,
    sessionId: body.sessionId,
  };
}

/** The status of `/api/v1/me` with a token: whether it counts. */
export async function meStatus(call: Call, token: string): Promise<number> {
  return (await call("GET", "/api/v1/me", { token })).status;
}
