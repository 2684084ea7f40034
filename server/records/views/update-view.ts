import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { wantIndexesOfView } from "../indexes/index-keeper.ts";
import type { View, ViewOptions } from "../schema/base-schema.ts";
import { changeSchema } from "../schema/change-schema.ts";
import { tableById, viewById } from "../schema/find.ts";
import { updateViewRow } from "../schema/metadata.sql.ts";
import { checkedView, refuseBadFilter } from "./check-view.ts";

export interface ViewChanges {
  readonly baseId: string;
  readonly viewId: string;
  readonly name?: string | undefined;
  /** The whole new options. */
  readonly options?: ViewOptions | undefined;
}

/**
 * Renames a view or sets it up anew.
 * Problems: those of `allow`, `records.view-not-found`, `records.duplicate-view-name`, `records.bad-schema`,
 * `records.schema-busy`.
 */
export async function updateView(
  scope: Scope,
  { baseId, viewId, name, options }: ViewChanges,
): Promise<View> {
  await allow(scope, "views.write", { baseId });
  const schema = await changeSchema(scope, baseId, async ({ tx, before, at }) => {
    const view = viewById(before, viewId);
    const table = tableById(before, view.tableId);
    refuseBadFilter(table, options ?? {}, at);
    const changed = {
      ...view,
      ...(name !== undefined && { name }),
      ...(options !== undefined && { options }),
    };
    await tx.run(updateViewRow(checkedView(table, changed)));
  });
  const view = viewById(schema, viewId);
  wantIndexesOfView(scope, tableById(schema, view.tableId), view);
  return view;
}
