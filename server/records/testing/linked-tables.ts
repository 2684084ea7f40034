import { beforeAll } from "vitest";
import type { Scope } from "#kernel";
import { testWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { createRecords } from "../rows/create-records.ts";
import type { RecordShape } from "../rows/record-json.ts";
import type { WrittenRecords } from "../rows/write-call.ts";
import type { Table } from "../schema/base-schema.ts";
import { addTable, newBase, newOwner, tableNow } from "./new-base.ts";

/** How the tests want to see records. */
export const shape: RecordShape = {
  byFieldId: false,
  cellFormat: "json",
  commentCount: false,
  version: false,
};

/** Two tables that link to each other, made before the tests of a file. */
export interface LinkedTables {
  readonly world: TestWorld;
  readonly scope: Scope;
  readonly workspaceId: string;
  readonly baseId: string;
  /** Name, Count, Done, Kind, Number, Made by, Second. */
  readonly table: Table;
  /** Title, Firsts. */
  readonly linked: Table;
  /** Adds records to `table`. */
  create(rows: readonly Record<string, unknown>[], typecast?: boolean): Promise<WrittenRecords>;
}

export function linkedTables(): () => LinkedTables {
  const world = testWorld();
  let made: LinkedTables | undefined;
  beforeAll(async () => {
    const { scope, workspaceId } = await newOwner(world());
    const base = await newBase(scope, workspaceId, [
      { name: "Name", type: "singleLineText" },
      { name: "Count", type: "number", options: { precision: 0 } },
      { name: "Done", type: "checkbox", options: { icon: "check", color: "greenBright" } },
      { name: "Kind", type: "singleSelect", options: { choices: [{ name: "b" }, { name: "a" }] } },
      { name: "Number", type: "autoNumber" },
      { name: "Made by", type: "createdBy" },
    ]);
    const { baseId } = base;
    const linked = await addTable(scope, {
      baseId,
      name: "Second",
      fields: [
        { name: "Title", type: "singleLineText" },
        { name: "Firsts", type: "multipleRecordLinks", options: { linkedTableId: base.table.id } },
      ],
    });
    const table = await tableNow(scope, baseId, base.table.id);
    const create: LinkedTables["create"] = async (rows, typecast = false) =>
      createRecords(scope, { table, rows: rows.map((fields) => ({ fields })), typecast, shape });
    made = { world: world(), scope, workspaceId, baseId, table, linked, create };
  });
  return () => {
    if (made === undefined) {
      throw new Error("read the tables inside a test or a hook");
    }
    return made;
  };
}

/** The cells of a record's JSON. */
export function fieldsOf(record: string | undefined): Record<string, unknown> {
  return JSON.parse(record ?? "{}").fields;
}
