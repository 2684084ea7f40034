import { newId, type Scope } from "#kernel";
import { allow } from "#workspaces";
import { wantIndexesOfView } from "../indexes/index-keeper.ts";
import type { View, ViewOptions } from "../schema/base-schema.ts";
import { changeSchema } from "../schema/change-schema.ts";
import { tableById, viewById } from "../schema/find.ts";
import { VIEWS_PER_TABLE_MAX } from "../schema/limits.ts";
import { insertViews } from "../schema/metadata.sql.ts";
import { schemaLimit } from "../schema/refusals.ts";
import { checkedView, refuseBadFilter } from "./check-view.ts";

export interface ViewInput {
  readonly name: string;
  readonly type: string;
  readonly options?: ViewOptions | undefined;
  /** The user whose own it is; nobody's where absent. */
  readonly personalForUserId?: string | null | undefined;
}

/**
 * Adds a view to a table.
 * Problems: those of `allow`, `records.table-not-found`, `records.duplicate-view-name`, `records.bad-schema`,
 * `records.schema-limit`, `records.schema-busy`.
 */
export async function createView(
  scope: Scope,
  { baseId, tableId, ...input }: ViewInput & { readonly baseId: string; readonly tableId: string },
): Promise<View> {
  await allow(scope, "views.write", { baseId });
  const id = newId("viw");
  const schema = await changeSchema(scope, baseId, async ({ tx, before, at }) => {
    const table = tableById(before, tableId);
    if (table.views.length >= VIEWS_PER_TABLE_MAX) {
      throw schemaLimit(`A table has at most ${VIEWS_PER_TABLE_MAX} views.`);
    }
    const { name, type, options = {}, personalForUserId = null } = input;
    refuseBadFilter(table, options, at);
    const view = checkedView(table, { id, tableId, name, type, options, personalForUserId });
    await tx.run(insertViews(baseId, [view], at));
  });
  const view = viewById(schema, id);
  wantIndexesOfView(scope, tableById(schema, tableId), view);
  return view;
}
