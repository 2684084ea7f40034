import type { ActionName, RoleName } from "@basalt/contract";
import type { KeyCredential, SessionCredential } from "#kernel";
import type { Access, ActiveGrant } from "./access.ts";
import { actionRules, levelOfRole, roleFor, type Level } from "./actions.ts";

/** An answer with its reason, and the kind that says how it is rendered. */
export interface Verdict {
  readonly allowed: boolean;
  /** `unknown` must look like a place that does not exist. */
  readonly kind: "allowed" | "unknown" | "scope" | "weak";
  /** For a person: names the role, the grant or the rule. */
  readonly reason: string;
}

/** A question whose facts have been read. */
export interface Question {
  readonly action: ActionName;
  /** Undefined where there is no such place. */
  readonly access: Access | undefined;
  readonly credential: KeyCredential | SessionCredential;
  readonly now: Date;
}

/**
 * The rule of permission, without I/O. In order: what the token lacks; a direct denial; a direct allowance; the stronger of
 * the roles on the base and on its workspace. Who has nothing on a place is told that there is no such place.
 */
export function decide({ action, access, credential, now }: Question): Verdict {
  const rule = actionRules[action];
  if (credential.kind === "key" && !credential.scopes.has(rule.scope)) {
    return { allowed: false, kind: "scope", reason: `The token lacks the scope ${rule.scope}.` };
  }
  if (access === undefined || !isVisible(access, now) || !reaches(credential, access)) {
    return UNKNOWN;
  }
  for (const grant of access.grants) {
    if (grant.effect === "deny" && isActive(grant, now) && grant.actions.includes(action)) {
      return {
        allowed: false,
        kind: "weak",
        reason: `Denied by grant ${grant.id}: ${grant.reason}`,
      };
    }
  }
  for (const grant of access.grants) {
    if (grant.effect === "allow" && isActive(grant, now) && covers(grant, action)) {
      return {
        allowed: true,
        kind: "allowed",
        reason: `Allowed by grant ${grant.id}: ${grant.reason}`,
      };
    }
  }
  return byRole(access, action);
}

/**
 * The level that roles and granted roles give, 0 where the place must look as if it did not exist. Grants of single
 * actions do not raise it, nor do denials of single actions lower it.
 */
export function levelOf(access: Access | undefined, now: Date): Level {
  if (access === undefined || isShutOut(access, now)) {
    return 0;
  }
  let level = roleLevel(access);
  for (const grant of access.grants) {
    if (grant.effect === "allow" && grant.role !== null && isActive(grant, now)) {
      level = Math.max(level, levelOfRole[grant.role]) as Level;
    }
  }
  return level;
}

/** True where the user may know that the place exists: any role or allowance, and not shut out. */
export function isVisible(access: Access, now: Date): boolean {
  if (isShutOut(access, now)) {
    return false;
  }
  return (
    roleLevel(access) > 0 ||
    access.grants.some((grant) => grant.effect === "allow" && isActive(grant, now))
  );
}

/** True where the token was not narrowed to other places. A token for single bases does not reach their workspace. */
export function reaches(credential: KeyCredential | SessionCredential, access: Access): boolean {
  if (
    credential.kind === "session" ||
    (credential.bases === null && credential.workspaces === null)
  ) {
    return true;
  }
  const { bases, workspaces } = credential;
  return (
    workspaces?.has(access.workspaceId) === true ||
    (access.baseId !== null && bases?.has(access.baseId) === true)
  );
}

const UNKNOWN: Verdict = {
  allowed: false,
  kind: "unknown",
  reason: "There is no such place, or neither you nor your token has been given access to it.",
};

function byRole(access: Access, action: ActionName): Verdict {
  const { level } = actionRules[action];
  const role = strongerRole(access);
  if (role === null) {
    return {
      allowed: false,
      kind: "weak",
      reason: `No role and no grant allows ${action}; it takes ${roleFor(level)}.`,
    };
  }
  const has = `The role ${role.name} on the ${role.place}`;
  return levelOfRole[role.name] >= level
    ? { allowed: true, kind: "allowed", reason: `${has} allows ${action}.` }
    : {
        allowed: false,
        kind: "weak",
        reason: `${has} does not allow ${action}; it takes ${roleFor(level)}.`,
      };
}

function strongerRole(access: Access): { readonly name: RoleName; readonly place: string } | null {
  const { baseRole, workspaceRole } = access;
  if (
    baseRole !== null &&
    (workspaceRole === null || levelOfRole[baseRole] > levelOfRole[workspaceRole])
  ) {
    return { name: baseRole, place: "base" };
  }
  return workspaceRole === null ? null : { name: workspaceRole, place: "workspace" };
}

function roleLevel({ baseRole, workspaceRole }: Access): Level {
  const base = baseRole === null ? 0 : levelOfRole[baseRole];
  const workspace = workspaceRole === null ? 0 : levelOfRole[workspaceRole];
  return base > workspace ? base : workspace;
}

function isShutOut(access: Access, now: Date): boolean {
  return access.grants.some(
    (grant) => grant.effect === "deny" && grant.actions.length === 0 && isActive(grant, now),
  );
}

function covers(grant: ActiveGrant, action: ActionName): boolean {
  return grant.role === null
    ? grant.actions.includes(action)
    : levelOfRole[grant.role] >= actionRules[action].level;
}

function isActive(grant: ActiveGrant, now: Date): boolean {
  return grant.expiresAt === null || grant.expiresAt > now.getTime();
}
