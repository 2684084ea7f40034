import type { ActionName, PermissionLevel } from "@basalt/contract";
import { requireUser } from "#identity";
import { Problem, type Scope } from "#kernel";
import { accessCache, readAccess } from "./access-cache.ts";
import type { Access, Place } from "./access.ts";
import {
  actionRules,
  instanceActions,
  permissionLevelOf,
  type ActionRule,
  type InstanceAction,
  type Level,
} from "./actions.ts";
import { decide, levelOf, reaches, type Verdict } from "./decide.ts";

/**
 * The single place for permission questions: resolves where the actor may do this here, throws where not. Answered from
 * memory where the answer is known; inside a transaction it reads what the transaction sees, so ask before you open one.
 *
 * Problems: `workspaces.not-found-or-not-allowed` (also for places that do not exist), `workspaces.scope-missing`,
 * `workspaces.not-permitted`, `kernel.not-signed-in`.
 */
export async function allow(scope: Scope, action: ActionName, place: Place): Promise<void> {
  refuseWrongPlace(action, place);
  const verdict =
    decideFromMemory(scope, action, place) ?? (await decideByReading(scope, action, place));
  if (!verdict.allowed) {
    throw refusal(verdict);
  }
}

/**
 * The same without waiting, for the hottest reads: true or false where memory knows, undefined where `allow` has to be
 * asked.
 */
export function allowedFromMemory(
  scope: Scope,
  action: ActionName,
  place: Place,
): boolean | undefined {
  return decideFromMemory(scope, action, place)?.allowed;
}

/**
 * For what is asked of the instance: somebody is signed in and the token has the scope. Some also take
 * a token that is not limited to workspaces or bases.
 * Problems: `workspaces.scope-missing`, `workspaces.not-permitted`, `kernel.not-signed-in`.
 */
export function allowOnInstance(scope: Scope, action: InstanceAction): void {
  const { actor } = scope;
  if (actor.kind === "system") {
    return;
  }
  const { credential } = requireUser(scope);
  const needed = instanceActions[action];
  if (credential.kind === "session") {
    return;
  }
  if (!credential.scopes.has(needed.scope)) {
    throw refusal({
      allowed: false,
      kind: "scope",
      reason: `The token lacks the scope ${needed.scope}.`,
    });
  }
  if (!needed.narrowed && (credential.bases !== null || credential.workspaces !== null)) {
    throw refusal({
      allowed: false,
      kind: "weak",
      reason: "The token is limited to some workspaces or bases.",
    });
  }
}

/**
 * Refuses a token without the scope before anything is looked up, so that the answer tells nothing about what exists.
 * Problems: `workspaces.scope-missing`, `kernel.not-signed-in`.
 */
export function requireTokenScope(scope: Scope, action: ActionName): void {
  if (scope.actor.kind === "system") {
    return;
  }
  const { credential } = requireUser(scope);
  const needed = actionRules[action].scope;
  if (credential.kind === "key" && !credential.scopes.has(needed)) {
    throw refusal({
      allowed: false,
      kind: "scope",
      reason: `The token lacks the scope ${needed}.`,
    });
  }
}

/** How Airtable names what the actor may do on the base; `none` where it must look as if it did not exist. */
export async function permissionLevel(scope: Scope, baseId: string): Promise<PermissionLevel> {
  return permissionLevelOf(await levelOn(scope, { baseId }));
}

/** The level of the actor on the place, 0 for none; what the token cannot reach is 0. */
export async function levelOn(scope: Scope, place: Place): Promise<Level> {
  const { actor } = scope;
  if (actor.kind !== "user") {
    return actor.kind === "system" ? 5 : 0;
  }
  const access = await accessOf(scope, actor.userId, place);
  return access !== undefined && reaches(actor.credential, access)
    ? levelOf(access, scope.now())
    : 0;
}

/** What somebody has on the place: from memory, or as an open transaction sees it. */
export async function accessOf(
  scope: Scope,
  userId: string,
  place: Place,
): Promise<Access | undefined> {
  if (scope.db.inTransaction) {
    const [access] = await readAccess(scope.db, [{ userId, place }], scope.now());
    return access;
  }
  return scope.parts.of(accessCache).get(userId, place);
}

/** The id to write down as the one who did it; null for the program itself. */
export function actorId(scope: Scope): string | null {
  return scope.actor.kind === "user" ? scope.actor.userId : null;
}

/** A place that is not there, or looks so: one answer for both. */
export function notFound(): Problem {
  return new Problem("not-found", "workspaces.not-found-or-not-allowed", {
    message: "There is no such workspace or base, or you have no access to it.",
    airtable: {
      type: "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
      message: NOT_FOUND_AT_AIRTABLE,
      status: 403,
    },
  });
}

/** A refusal to somebody who may know that the place exists. */
export function notPermitted(reason: string): Problem {
  return new Problem("forbidden", "workspaces.not-permitted", {
    message: reason,
    airtable: {
      type: "INVALID_PERMISSIONS",
      message: "You are not permitted to perform this operation",
    },
  });
}

/** A programmer's slip, not a caller's: such an action has no meaning on a base. */
function refuseWrongPlace(action: ActionName, place: Place): void {
  const rule: ActionRule = actionRules[action];
  if (rule.workspaceOnly === true && "baseId" in place) {
    throw new Error(`${action} is asked of a workspace, not of a base`);
  }
}

const NOT_FOUND_AT_AIRTABLE =
  "Invalid permissions, or the requested model was not found. Check that both your user and your token have the required permissions, and that the model names and/or ids are correct.";

const SYSTEM: Verdict = {
  allowed: true,
  kind: "allowed",
  reason: "The program itself may do everything.",
};

function decideFromMemory(scope: Scope, action: ActionName, place: Place): Verdict | undefined {
  const { actor } = scope;
  if (actor.kind === "system") {
    return SYSTEM;
  }
  if (actor.kind === "anonymous") {
    return undefined;
  }
  const entry = scope.db.inTransaction
    ? undefined
    : scope.parts.of(accessCache).peek(actor.userId, place);
  return (
    entry &&
    decide({ action, access: entry.access, credential: actor.credential, now: scope.now() })
  );
}

async function decideByReading(scope: Scope, action: ActionName, place: Place): Promise<Verdict> {
  const { userId, credential } = requireUser(scope);
  return decide({
    action,
    access: await accessOf(scope, userId, place),
    credential,
    now: scope.now(),
  });
}

function refusal({ kind, reason }: Verdict): Problem {
  if (kind === "unknown") {
    return notFound();
  }
  if (kind === "scope") {
    return new Problem("forbidden", "workspaces.scope-missing", {
      message: reason,
      airtable: { type: "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", message: NOT_FOUND_AT_AIRTABLE },
    });
  }
  return notPermitted(reason);
}
