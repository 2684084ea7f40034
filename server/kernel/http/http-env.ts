import { Problem } from "../problem.ts";
import type { Actor, Scope, UserActor } from "../scope.ts";

/** What the gateway puts into Hono's context for every route. */
export interface HttpEnv {
  Variables: {
    scope: Scope;
    /**
     * The route pattern for metrics and logs, where a route does its own matching below a wildcard:
     * `c.set("endpoint", "/v0/{baseId}/{table}")`. Must come from a fixed list: each value is a time series.
     */
    endpoint?: string;
  };
}

/**
 * The signed-in caller of a route that needs one. Call it after the path has been checked, so that an unknown route or a
 * malformed id is answered before a missing token. Where the request carried a token that `identity` refused, the gateway
 * answers with that refusal instead of this one.
 * Problems: `kernel.not-signed-in`.
 */
export function requireActor(scope: { readonly actor: Actor }): UserActor {
  if (scope.actor.kind !== "user") {
    throw new Problem("unauthenticated", "kernel.not-signed-in", {
      message: "Sign in, or send a token.",
    });
  }
  return scope.actor;
}
