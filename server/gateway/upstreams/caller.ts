import { newId, Problem, type Actor } from "#kernel";
import type { RouteSpec } from "../file/route-shape.ts";
import type { ForwardedBy } from "./forwarded-headers.ts";

/** Who sends a request, as far as routes ask. */
export interface Caller extends ForwardedBy {
  readonly authorization: string | null;
  readonly cookie: string | null;
}

/** Finds out whom an `Authorization` header names; throws a `Problem` where it names nobody. */
export type FindActor = (authorization: string) => Actor | Promise<Actor>;

/** The cookie that keeps a browser on one target. Holds a random text and nothing about anybody. */
export const STICKY_COOKIE = "basalt_route";

/**
 * Who calls, asked only where the route wants to know; at once where the token is known. A token that is no good counts as none, unless the route demands one.
 * Problems: `kernel.not-signed-in`, or what is wrong with the token.
 */
export function actorFor(
  { auth }: Pick<RouteSpec, "auth">,
  { authorization }: Pick<Caller, "authorization">,
  find: FindActor,
): Actor | Promise<Actor> {
  if (authorization === null) {
    return accepted(auth, ANONYMOUS);
  }
  const refused = (error: unknown): Actor => {
    if (!(error instanceof Problem) || auth === "required") {
      throw error;
    }
    return ANONYMOUS;
  };
  let found: Actor | Promise<Actor>;
  try {
    found = find(authorization);
  } catch (error) {
    found = refused(error);
  }
  return found instanceof Promise
    ? found.catch(refused).then((actor) => accepted(auth, actor))
    : accepted(auth, found);
}

const ANONYMOUS: Actor = { kind: "anonymous" };

function accepted(auth: RouteSpec["auth"], actor: Actor): Actor {
  if (auth === "required" && actor.kind !== "user") {
    throw new Problem("unauthenticated", "kernel.not-signed-in", {
      message: "Sign in, or send a token.",
    });
  }
  return actor;
}

/** What keeps a caller on one target, and the cookie to set where it is a new one. */
export interface Stickiness {
  readonly key: string;
  readonly setCookie?: string;
}

/** The key by which a target is chosen. */
export function stickinessOf(
  { sticky }: Pick<RouteSpec, "sticky">,
  caller: Caller,
  actor: Actor,
): Stickiness {
  switch (sticky) {
    case "none":
      return { key: String(Math.random()) };
    case "cookie":
      return byCookie(caller);
    case "key":
      return {
        key:
          actor.kind === "user" && actor.credential.kind === "key"
            ? actor.credential.keyId
            : userOrAddress(caller, actor),
      };
    case "address":
      return { key: caller.address };
    default:
      return { key: userOrAddress(caller, actor) };
  }
}

function userOrAddress({ address }: Caller, actor: Actor): string {
  return actor.kind === "user" ? actor.userId : address;
}

function byCookie({ cookie, proto }: Caller): Stickiness {
  const [, known] = /(?:^|;\s*)basalt_route=([A-Za-z0-9]{1,40})(?:;|$)/.exec(cookie ?? "") ?? [];
  if (known !== undefined) {
    return { key: known };
  }
  const key = newId("req");
  return {
    key,
    setCookie: `${STICKY_COOKIE}=${key}; Path=/; HttpOnly; SameSite=Lax${proto === "https" ? "; Secure" : ""}`,
  };
}
