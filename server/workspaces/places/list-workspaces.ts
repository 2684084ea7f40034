import { PLACES_PAGE_DEFAULT } from "@basalt/contract";
import { isId, Problem, type Scope } from "#kernel";
import { requireUser } from "#identity";
import { actorId, allow, allowOnInstance, notFound } from "../access/allow.ts";
import {
  allWorkspaces,
  ownedWorkspacesInTrash,
  visibleWorkspaces,
  type WorkspaceRow,
  workspaceById,
} from "./workspaces.sql.ts";

export interface ListOptions {
  /** Id of the last one seen. */
  readonly after?: string | undefined;
  readonly limit?: number;
  /** What is in the trash instead. */
  readonly trashed?: boolean;
}

/**
 * The workspaces of the actor, oldest first: by role or by a grant, as far as the token reaches. The program itself sees all.
 * Those who only share a base do not see its workspace. From the trash: those that the actor may restore.
 * Problems: `workspaces.bad-cursor`, those of `allowOnInstance`.
 */
export async function listWorkspaces(
  scope: Scope,
  options: ListOptions = {},
): Promise<readonly WorkspaceRow[]> {
  allowOnInstance(scope, "workspace.list");
  const { after, limit = PLACES_PAGE_DEFAULT, trashed = false } = options;
  requireCursor("wsp", after);
  if (scope.actor.kind === "system") {
    return scope.db.all<WorkspaceRow>(allWorkspaces(after, limit, trashed));
  }
  const { userId, credential } = requireUser(scope);
  const isNarrowed =
    credential.kind === "key" && (credential.bases !== null || credential.workspaces !== null);
  const only = isNarrowed ? [...(credential.workspaces ?? [])] : null;
  const page = { userId, only, after, limit, now: scope.now() };
  return scope.db.all<WorkspaceRow>(
    trashed ? ownedWorkspacesInTrash(page) : visibleWorkspaces(page),
  );
}

/** One workspace with the actor's role. Problems: those of `allow`. */
export async function workspaceOf(scope: Scope, workspaceId: string): Promise<WorkspaceRow> {
  await allow(scope, "workspace.read", { workspaceId });
  return existingWorkspace(scope, workspaceId);
}

/** The row of a workspace that is not in the trash, with the actor's role. Asks no permission. */
export async function existingWorkspace(scope: Scope, workspaceId: string): Promise<WorkspaceRow> {
  const row = await scope.db.maybe<WorkspaceRow>(workspaceById(workspaceId, actorId(scope)));
  if (row === undefined || row.deletedAt !== null) {
    throw notFound();
  }
  return row;
}

/** Cursors are ids. Problems: `workspaces.bad-cursor`. */
export function requireCursor(
  prefix: "wsp" | "app" | "usr" | "inv" | "grt",
  after: string | undefined,
): void {
  if (after !== undefined && !isId(prefix, after)) {
    throw new Problem("invalid", "workspaces.bad-cursor", {
      message: "after must be the value of next of an earlier page.",
      fields: { after: "must be the value of next of an earlier page" },
    });
  }
}
