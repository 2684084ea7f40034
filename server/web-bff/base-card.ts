import type { PermissionLevel } from "@basalt/contract";
import type { ListedBase } from "#workspaces";

/** What a card of a base shows. */
export interface BaseCard {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
  readonly description: string;
  readonly color: string | null;
  readonly icon: string | null;
  readonly permissionLevel: PermissionLevel;
}

/** A base without what no screen shows. */
export function baseCard(base: ListedBase): BaseCard {
  const { id, workspaceId, name, description, color, icon, permissionLevel } = base;
  return { id, workspaceId, name, description, color, icon, permissionLevel };
}
