import { createUser } from "#identity";
import type { Scope, UserActor } from "#kernel";
import { createWorkspace } from "#workspaces";
import type { TestWorld } from "../../kernel/testing/world.ts";
import { createBase } from "../bases/create-base.ts";
import { createTable } from "../tables/create-table.ts";
import type { Table } from "../schema/base-schema.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import type { FieldInput } from "../fields/plan-fields.ts";

/** Somebody who is signed in. */
export function actorFor(user: {
  readonly id: string;
  readonly email: string;
  readonly name: string;
}): UserActor {
  return {
    kind: "user",
    userId: user.id,
    email: user.email,
    name: user.name,
    admin: false,
    credential: { kind: "session", sessionId: "sesTEST0000000000" },
  };
}

/** A user with a workspace of their own, and a scope that acts as them. */
export async function newOwner(
  world: TestWorld,
  name = "Ada",
): Promise<{ readonly scope: Scope; readonly userId: string; readonly workspaceId: string }> {
  const user = await createUser(world.system, {
    email: `${name.toLowerCase()}-${Math.random()}@basalt.test`,
    name,
  });
  const scope = world.scopeFor(actorFor(user));
  const workspace = await createWorkspace(scope, { name: `${name}'s` });
  return { scope, userId: user.id, workspaceId: workspace.id };
}

/** A base with one table of these fields and, if asked, a second one linked to it. */
export async function newBase(
  scope: Scope,
  workspaceId: string,
  fields: readonly FieldInput[],
): Promise<{ readonly baseId: string; readonly table: Table }> {
  const schema = await createBase(scope, {
    workspaceId,
    name: "Test",
    tables: [{ name: "First", fields }],
  });
  const [table] = schema.tables;
  if (table === undefined) {
    throw new Error("the base has no table");
  }
  return { baseId: schema.baseId, table };
}

/** Adds a table and answers both as they are then. */
export async function addTable(
  scope: Scope,
  base: { readonly baseId: string; readonly name: string; readonly fields: readonly FieldInput[] },
): Promise<Table> {
  const made = await createTable(scope, base);
  return tableNow(scope, base.baseId, made.id);
}

/** The table as the schema has it now. */
export async function tableNow(scope: Scope, baseId: string, tableId: string): Promise<Table> {
  const table = (await schemaOf(scope, baseId)).tablesById.get(tableId);
  if (table === undefined) {
    throw new Error("the table has gone");
  }
  return table;
}

/** A field of the table by name. */
export function fieldNamed(table: Table, name: string): Table["fields"][number] {
  const field = table.fieldsByName.get(name);
  if (field === undefined) {
    throw new Error(`the table has no field ${name}`);
  }
  return field;
}
