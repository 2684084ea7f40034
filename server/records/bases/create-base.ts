import { newId, type Scope } from "#kernel";
import { allow } from "#workspaces";
import type { BaseSchema } from "../schema/base-schema.ts";
import { checkedName } from "../schema/names.ts";
import { badSchema } from "../schema/refusals.ts";
import { emptySchema } from "../schema/schema-cache.ts";
import { addTables } from "../tables/add-tables.ts";
import { planTable, type TableInput } from "../tables/plan-table.ts";
import { makeBase } from "./make-base.ts";

/** A base as somebody asks for it. */
export interface BaseInput {
  readonly workspaceId: string;
  readonly name: string;
  readonly tables: readonly TableInput[];
}

/**
 * Makes a base with its tables, each with a grid view. A link may not lead to a table of the same request: it has no id yet.
 *
 * Problems: those of `allow`, `records.bad-schema`, `records.duplicate-table-name`,
 * `records.duplicate-or-empty-field-name`, `records.bad-primary-field`, `records.bad-field-options`,
 * `records.unknown-field-type`, `records.unsupported-field-type`, `records.schema-limit`.
 */
export async function createBase(
  scope: Scope,
  { workspaceId, name, tables }: BaseInput,
): Promise<BaseSchema> {
  await allow(scope, "base.create", { workspaceId });
  if (tables.length === 0) {
    throw badSchema("tables", "a base has at least one table");
  }
  const id = newId("app");
  const schema = emptySchema(id);
  const planned = tables.map((table) =>
    planTable(table, { schema, strict: scope.config.strictAirtable }),
  );
  return makeBase(scope, { id, workspaceId, name: checkedName(name, "name") }, (change) =>
    addTables(
      change,
      planned.map(({ table }) => table),
      [],
    ),
  );
}
