import { hasScope, requireAdmin, requireUser } from "#identity";
import { Problem, type Scope } from "#kernel";
import { allow } from "#workspaces";
import { actsBefore, type ActEntry, type ActFilters } from "./find-acts.sql.ts";

/** One page of acts. */
export interface ActsPage {
  readonly acts: readonly ActEntry[];
  /** Where the next page begins; undefined on the last one. */
  readonly next: number | undefined;
}

/** What is asked of the log. */
export interface ActsQuestion extends Omit<ActFilters, "concerning"> {
  /** Only what the caller did, and what was done to the caller. */
  readonly mine: boolean;
}

/**
 * Acts, newest first: of the instance for its administrators, of a workspace or base for those who govern it, and for
 * everybody what they did and what was done to them.
 * Problems: those of `allow`, `identity.scope-required`, `kernel.not-signed-in`.
 */
export async function findActs(
  scope: Scope,
  question: ActsQuestion,
  page: { readonly before?: number | undefined; readonly limit: number },
): Promise<ActsPage> {
  const filters = await permittedFilters(scope, question);
  return readActs(scope, filters, page);
}

/** A page of what may be read. Asks no permission: for filters that `permittedFilters` gave. */
export async function readActs(
  scope: Scope,
  filters: ActFilters,
  { before, limit }: { readonly before?: number | undefined; readonly limit: number },
): Promise<ActsPage> {
  const rows = await scope.db.all<ActEntry>(actsBefore(filters, { before, limit: limit + 1 }));
  const acts = rows.slice(0, limit);
  return {
    acts: acts.map((entry) => shownTo(filters.concerning, entry)),
    next: rows.length > limit ? acts.at(-1)?.seq : undefined,
  };
}

/**
 * The question narrowed to what the caller may see.
 * Problems: those of `findActs`.
 */
export async function permittedFilters(
  scope: Scope,
  { mine, ...filters }: ActsQuestion,
): Promise<ActFilters> {
  if (scope.actor.kind === "system") {
    return filters;
  }
  const user = requireUser(scope);
  requireAuditScope(scope);
  if (mine) {
    return { ...filters, concerning: user.userId };
  }
  if (user.admin) {
    requireAdmin(scope, "enterprise.auditLogs:read");
    requireWholeReach(scope, filters);
    return filters;
  }
  if (filters.base !== undefined) {
    await allow(scope, "audit.read", { baseId: filters.base });
    return filters;
  }
  if (filters.workspace !== undefined) {
    await allow(scope, "audit.read", { workspaceId: filters.workspace });
    return filters;
  }
  return { ...filters, concerning: user.userId };
}

function requireAuditScope({ actor }: Scope): void {
  if (!hasScope(actor, "enterprise.auditLogs:read")) {
    throw new Problem("forbidden", "identity.scope-required", {
      message: "The API key lacks the scope enterprise.auditLogs:read.",
    });
  }
}

/** A key that is limited to some places sees their acts alone, even an administrator's. */
function requireWholeReach({ actor }: Scope, { base, workspace }: ActFilters): void {
  if (actor.kind !== "user" || actor.credential.kind === "session") {
    return;
  }
  const { bases, workspaces } = actor.credential;
  if (bases === null && workspaces === null) {
    return;
  }
  const reached =
    (base !== undefined && bases?.has(base) === true) ||
    (workspace !== undefined && workspaces?.has(workspace) === true);
  if (!reached) {
    throw new Problem("forbidden", "audit.key-limited", {
      message: "The API key is limited to some workspaces or bases: name one of them.",
    });
  }
}

/** From where others act is not for those whom it is done to, unless they govern the place. */
function shownTo(concerning: string | undefined, entry: ActEntry): ActEntry {
  const byOther = entry.actorId !== null && entry.actorId !== concerning;
  return concerning !== undefined && byOther
    ? { ...entry, address: "", userAgent: "", credentialKind: null, credentialId: null }
    : entry;
}
