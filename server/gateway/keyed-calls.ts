import type { Context, Next } from "hono";
import {
  IdempotentReplay,
  readBytes,
  type Scope,
  stillRunning,
  type StoredAnswer,
  textAnswer,
  type Ticket,
  ticketFor,
  UPLOAD_BODY_SIZE_MAX_BYTES,
  type World,
} from "#kernel";
import type { GatewayEnv } from "./application.ts";
import type { Mount } from "./gateway.ts";

interface MatchedRoute {
  readonly method: string;
  readonly path: string;
}

/** Only these change something; whatever else carries a key is refused for its method. */
const writingMethods = new Set(["POST", "PUT", "PATCH", "DELETE"]);

/**
 * Honours `Idempotency-Key` on writes of signed-in callers. Callers without a token have no key of their own, so theirs is
 * ignored: otherwise one could ask for the answer of another.
 * Problems: those of `ticketFor` and `begin`.
 */
export function keyedCalls(
  world: World,
  mounts: readonly Mount[],
): (
  c: Context<GatewayEnv>,
  route: MatchedRoute | undefined,
  next: Next,
) => Promise<Response | void> {
  const running = new Set<string>();
  const own = routeNames(mounts, ({ keys, routes }) => (keys === "own" ? routes.routes : []));
  const without = routeNames(mounts, ({ withoutKeys = [], routes }) =>
    routes.routes.filter(({ path }) => withoutKeys.includes(path)),
  );

  return async (c, route, next) => {
    const key = writingMethods.has(c.req.method) ? c.req.raw.headers.get("idempotency-key") : null;
    const scope = c.get("scope");
    if (
      key === null ||
      route === undefined ||
      scope.actor.kind === "anonymous" ||
      without.has(nameOf(route))
    ) {
      return next();
    }
    const body = await readBytes(c.req.raw, UPLOAD_BODY_SIZE_MAX_BYTES);
    const target = c.req.url.slice(c.req.url.indexOf("/", c.req.url.indexOf("//") + 2));
    const ticket = ticketFor(world, {
      key,
      actor: scope.actor,
      method: c.req.method,
      target,
      body,
    });
    if (running.has(ticket.id)) {
      throw stillRunning();
    }
    running.add(ticket.id);
    try {
      await ticket.look(scope.db);
      if (!own.has(nameOf(route))) {
        return await wrapped(c, { scope, ticket, next });
      }
      c.set("scope", { ...scope, idempotency: ticket });
      return await next();
    } catch (error) {
      if (error instanceof IdempotentReplay) {
        return replayed(error.answer);
      }
      throw error;
    } finally {
      running.delete(ticket.id);
    }
  };
}

interface WrappedCall {
  readonly scope: Scope;
  readonly ticket: Ticket;
  readonly next: Next;
}

/**
 * Lock, work, store, commit. An answer that is no success undoes everything and is not stored. The ticket is not handed on:
 * a use case that looks for one would answer the key a second time.
 */
async function wrapped(
  c: Context<GatewayEnv>,
  { scope, ticket, next }: WrappedCall,
): Promise<Response> {
  try {
    return await scope.db.transaction(async (tx) => {
      await ticket.begin(tx);
      c.set("scope", { ...scope, db: tx });
      await next();
      const response = c.res;
      if (!response.ok) {
        throw new NotStored(response);
      }
      const text = await response.clone().text();
      // Past the deadline somebody has been told that this failed: then it must have.
      scope.signal.throwIfAborted();
      await ticket.finish(tx, {
        status: response.status,
        headers: storedHeaders(response),
        body: text,
      });
      return response;
    });
  } catch (error) {
    if (error instanceof NotStored) {
      return error.response;
    }
    throw error;
  }
}

/** Carries an answer that is no success out of the transaction, which it rolls back. */
class NotStored extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super("the answer is not a success");
    this.name = "NotStored";
    this.response = response;
  }
}

function storedHeaders(response: Response): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers) {
    if (name !== "set-cookie" && name !== "date") {
      headers[name] = value;
    }
  }
  return headers;
}

/** The stored answer once more, marked as such. */
export function replayed({ status, headers, body }: StoredAnswer): Response {
  return textAnswer(status, body, { ...headers, "idempotent-replayed": "true" });
}

function routeNames(
  mounts: readonly Mount[],
  pick: (mount: Mount) => readonly MatchedRoute[],
): Set<string> {
  return new Set(mounts.flatMap((mount) => pick(mount).map(nameOf)));
}

function nameOf({ method, path }: MatchedRoute): string {
  return `${method} ${path}`;
}
