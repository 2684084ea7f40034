import type { KeyScope } from "@basalt/contract";
import {
  Problem,
  requireActor,
  type Actor,
  type Scope,
  type SessionCredential,
  type UserActor,
} from "#kernel";

/** The user who asks, with whatever credential. Problems: `kernel.not-signed-in`. */
export function requireUser(scope: Pick<Scope, "actor">): UserActor {
  return requireActor(scope);
}

/**
 * The user who asks, signed in: what a key must not do, such as making keys or changing a password.
 * Problems: `kernel.not-signed-in`, `identity.session-required`.
 */
export function requireSession(
  scope: Pick<Scope, "actor">,
): UserActor & { readonly credential: SessionCredential } {
  const user = requireUser(scope);
  const { credential } = user;
  if (credential.kind !== "session") {
    throw new Problem("forbidden", "identity.session-required", {
      message: "An API key cannot do this; sign in.",
    });
  }
  return { ...user, credential };
}

/**
 * Lets an administrator of the instance pass, and the program itself; a key needs the scope as well.
 * Problems: `kernel.not-signed-in`, `identity.administrator-required`, `identity.scope-required`.
 */
export function requireAdmin(scope: Pick<Scope, "actor">, keyScope: KeyScope): void {
  if (scope.actor.kind === "system") {
    return;
  }
  const user = requireUser(scope);
  if (!user.admin) {
    throw new Problem("forbidden", "identity.administrator-required", {
      message: "Only an administrator of the instance may do this.",
    });
  }
  if (!hasScope(user, keyScope)) {
    throw new Problem("forbidden", "identity.scope-required", {
      message: `The API key lacks the scope ${keyScope}.`,
    });
  }
}

/** True where the credential allows it: a session allows all, a key what its scopes say, nobody nothing. */
export function hasScope(actor: Actor, keyScope: KeyScope): boolean {
  if (actor.kind === "user") {
    return actor.credential.kind === "session" || actor.credential.scopes.has(keyScope);
  }
  return actor.kind === "system";
}
