import { ident, sql, type Db, type Problem, type Scope } from "#kernel";
import { createWorkspace } from "#workspaces";
import { expect } from "vitest";
import { createBase } from "../bases/create-base.ts";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import type { TableInput } from "../tables/plan-table.ts";

/** A base in a workspace of its own, with one table of one text field unless tables are given. */
export async function makeTestBase(
  scope: Scope,
  tables: readonly TableInput[] = [{ name: "Things", fields: [textField("Name")] }],
): Promise<BaseSchema> {
  const { id: workspaceId } = await createWorkspace(scope, { name: "Test" });
  return createBase(scope, { workspaceId, name: "Test", tables });
}

/** The first table of a base. */
export function firstTable(schema: BaseSchema): Table {
  const [table] = schema.tables;
  if (table === undefined) {
    throw new Error("the base has no table");
  }
  return table;
}

export function textField(name: string): { readonly name: string; readonly type: string } {
  return { name, type: "singleLineText" };
}

/** Puts a row into a table, past everything that a write does: cells by field id, as their columns hold them. */
export async function putRow(
  db: Db,
  table: Table,
  { id, cells }: { readonly id: string; readonly cells: Readonly<Record<string, unknown>> },
): Promise<void> {
  const at = "2026-01-02T03:04:05Z";
  const row = { created_time: at, modified_time: at, version: 1, auto_number: 7, ...cells, id };
  const place = ident(table.baseId, table.id);
  const statement = sql`insert into ${place}
    select r.* from json_populate_record(null::${place}, ${JSON.stringify(row)}::json) r`;
  await db.run(statement);
}

/** Expects the call to be refused with this code, and, where given, as this type at Airtable. */
export async function expectRefusal(
  call: Promise<unknown>,
  code: string,
  airtableType?: string,
): Promise<void> {
  const problem: Problem = await call.then(
    () => {
      throw new Error(`expected to be refused with ${code}`);
    },
    (error: Problem) => error,
  );
  expect(problem.code ?? problem).toBe(code);
  if (airtableType !== undefined) {
    expect(problem.details.airtable?.type).toBe(airtableType);
  }
}
