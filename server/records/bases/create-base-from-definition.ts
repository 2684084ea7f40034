import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import type { BaseSchema } from "../schema/base-schema.ts";
import { checkedName } from "../schema/names.ts";
import { addTables } from "../tables/add-tables.ts";
import { idsOf, withIds, type BaseDefinition, type IdMap } from "./base-definition.ts";
import { makeBase } from "./make-base.ts";
import { planBase } from "./plan-base.ts";

export interface BaseFromDefinition {
  readonly workspaceId: string;
  readonly definition: BaseDefinition;
  /** Tables, fields, views, choices and the base itself get exactly the ids of the definition. */
  readonly keepIds: boolean;
}

/**
 * Makes a base exactly as a definition says, links with both sides included. Answers its schema, and which id of the
 * definition became which.
 *
 * Problems: those of `allow` and of `planBase`, `records.duplicate-table-name`, `records.id-taken`,
 * `workspaces.base-exists`.
 */
export async function createBaseFromDefinition(
  scope: Scope,
  { workspaceId, definition, keepIds }: BaseFromDefinition,
): Promise<{ readonly schema: BaseSchema; readonly ids: IdMap }> {
  await allow(scope, "base.create", { workspaceId });
  const ids = idsOf(definition, keepIds);
  const wanted = withIds(definition, ids);
  const tables = planBase(wanted);
  const base = { id: wanted.id, workspaceId, name: checkedName(wanted.name, "name") };
  const schema = await makeBase(scope, base, (change) => addTables(change, tables, []));
  return { schema, ids };
}
