import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import type { View } from "../schema/base-schema.ts";
import { viewById } from "../schema/find.ts";
import { schemaOf } from "../schema/schema-cache.ts";

/** All views of a base, table by table. Problems: those of `allow`. */
export async function listViews(
  scope: Scope,
  { baseId }: { readonly baseId: string },
): Promise<readonly View[]> {
  await allow(scope, "views.read", { baseId });
  const schema = await schemaOf(scope, baseId);
  return schema.tables.flatMap(({ views }) => views);
}

/** One view. Problems: those of `allow`, `records.view-not-found`. */
export async function getView(
  scope: Scope,
  { baseId, viewId }: { readonly baseId: string; readonly viewId: string },
): Promise<View> {
  await allow(scope, "views.read", { baseId });
  return viewById(await schemaOf(scope, baseId), viewId);
}
