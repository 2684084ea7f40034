import type { RoleName } from "@basalt/contract";

/** A workspace or one base. */
export type Place = { readonly workspaceId: string } | { readonly baseId: string };

/** What one user has on one place, as the database says it. Nothing about tokens, nothing about the time. */
export interface Access {
  readonly userId: string;
  /** The workspace, or the base's workspace. */
  readonly workspaceId: string;
  /** Null where the place is the workspace itself. */
  readonly baseId: string | null;
  readonly workspaceRole: RoleName | null;
  readonly baseRole: RoleName | null;
  /** Those on the place and, for a base, on its workspace; not yet expired when read. */
  readonly grants: readonly ActiveGrant[];
}

/** An exception for one person. */
export interface ActiveGrant {
  readonly id: string;
  readonly effect: "allow" | "deny";
  /** Allows what the role may. */
  readonly role: RoleName | null;
  /** Allows or denies these; a denial with none of them shuts out. */
  readonly actions: readonly string[];
  readonly reason: string;
  /** Milliseconds since 1970, null without an end. */
  readonly expiresAt: number | null;
}

/** The id of the place: `wsp…` or `app…`. */
export function placeId(place: Place): string {
  return "baseId" in place ? place.baseId : place.workspaceId;
}
