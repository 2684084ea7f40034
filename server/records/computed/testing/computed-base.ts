import { beforeAll } from "vitest";
import type { Scope } from "#kernel";
import { testWorld, type TestWorld } from "../../../kernel/testing/world.ts";
import { createField } from "../../fields/create-field.ts";
import type { FieldInput } from "../../fields/plan-fields.ts";
import { createRecords } from "../../rows/create-records.ts";
import { deleteRecords } from "../../rows/delete-records.ts";
import { recordReader } from "../../rows/record-json.ts";
import { updateRecords } from "../../rows/update-records.ts";
import type { Field, Table } from "../../schema/base-schema.ts";
import { schemaOf } from "../../schema/schema-cache.ts";
import { allRows } from "./computed-base.sql.ts";
import { shape } from "../../testing/linked-tables.ts";
import { addTable, newBase, newOwner, tableNow } from "../../testing/new-base.ts";

type Cells = Readonly<Record<string, unknown>>;

/** Projects with tasks; `Tasks` of a project and `Project` of a task are the two sides of one link. */
export interface ComputedBase {
  readonly world: TestWorld;
  readonly scope: Scope;
  readonly baseId: string;
  /** The table as it is now. */
  table(name: "Projects" | "Tasks"): Promise<Table>;
  field(table: "Projects" | "Tasks", name: string): Promise<Field>;
  add(table: "Projects" | "Tasks", input: FieldInput): Promise<Field>;
  create(table: "Projects" | "Tasks", rows: readonly Cells[]): Promise<readonly string[]>;
  update(table: "Projects" | "Tasks", id: string, fields: Cells): Promise<Cells>;
  remove(table: "Projects" | "Tasks", ids: readonly string[]): Promise<void>;
  /** The cells of all records, by what stands in `Name`. */
  cells(table: "Projects" | "Tasks"): Promise<Readonly<Record<string, Cells>>>;
}

/** A base of its own for each test file, with these tables made before its tests. */
export function computedBase(): () => ComputedBase {
  const world = testWorld();
  let made: ComputedBase | undefined;
  beforeAll(async () => {
    made = await makeComputedBase(world());
  });
  return () => {
    if (made === undefined) {
      throw new Error("read the base inside a test or a hook");
    }
    return made;
  };
}

/** The same in a world that is open. */
export async function makeComputedBase(world: TestWorld): Promise<ComputedBase> {
  const { scope, workspaceId } = await newOwner(world);
  const { baseId, table: projects } = await newBase(scope, workspaceId, [
    { name: "Name", type: "singleLineText" },
    { name: "Budget", type: "number", options: { precision: 0 } },
  ]);
  const tasks = await addTable(scope, {
    baseId,
    name: "Tasks",
    fields: [
      { name: "Name", type: "singleLineText" },
      { name: "Hours", type: "number", options: { precision: 1 } },
      { name: "Done", type: "checkbox", options: { icon: "check", color: "greenBright" } },
      {
        name: "Kind",
        type: "singleSelect",
        options: { choices: [{ name: "Big" }, { name: "Small" }] },
      },
      { name: "Due", type: "date", options: { dateFormat: { name: "iso" } } },
      { name: "Project", type: "multipleRecordLinks", options: { linkedTableId: projects.id } },
    ],
  });
  const ids = { Projects: projects.id, Tasks: tasks.id };
  const table = async (name: "Projects" | "Tasks") => tableNow(scope, baseId, ids[name]);
  const field = async (name: "Projects" | "Tasks", fieldName: string) => {
    const found = (await table(name)).fieldsByName.get(fieldName);
    if (found === undefined) {
      throw new Error(`no field ${fieldName}`);
    }
    return found;
  };
  return {
    world,
    scope,
    baseId,
    table,
    field,
    add: async (name, input) => createField(scope, { baseId, tableId: ids[name], ...input }),
    create: async (name, rows) => {
      const written = await createRecords(scope, {
        table: await table(name),
        rows: rows.map((fields) => ({ fields })),
        typecast: false,
        shape,
      });
      return written.ids;
    },
    update: async (name, id, fields) => {
      const written = await updateRecords(scope, {
        table: await table(name),
        rows: [{ id, fields }],
        typecast: false,
        shape,
        replace: false,
        single: true,
      });
      return JSON.parse(written.records[0] ?? "{}").fields;
    },
    remove: async (name, recordIds) => {
      await deleteRecords(scope, { table: await table(name), ids: recordIds, single: false });
    },
    cells: async (name) => {
      const [schema, now] = [await schemaOf(scope, baseId), await table(name)];
      const reader = recordReader(scope, { schema, table: now, shape });
      const rows = await scope.db.text(allRows(now));
      const records = await reader.write(scope, rows);
      return Object.fromEntries(
        records.map((json) => {
          const { fields } = JSON.parse(json);
          return [fields.Name, fields];
        }),
      );
    },
  };
}
