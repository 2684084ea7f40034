import { expect, test } from "vitest";
import { readEvents, type Scope } from "#kernel";
import { createWorkspace } from "#workspaces";
import { testWorld } from "../../kernel/testing/world.ts";
import { createTable } from "../tables/create-table.ts";
import { createField } from "../fields/create-field.ts";
import { createBase } from "./create-base.ts";

const world = testWorld();

test("smoke", async () => {
  const scope = world().system;
  const workspace = await createWorkspace(scope, { name: "W" });
  const base = await createBase(scope, {
    workspaceId: workspace.id,
    name: "B",
    tables: [
      {
        name: "T",
        fields: [
          { name: "Name", type: "singleLineText" },
          { name: "S", type: "singleSelect", options: { choices: [{ name: "a" }] } },
        ],
      },
    ],
  });
  console.log(JSON.stringify(base.tables));
  const table = await createTable(scope, {
    baseId: base.baseId,
    name: "Orders",
    fields: [
      { name: "Name", type: "singleLineText" },
      { name: "L", type: "multipleRecordLinks", options: { linkedTableId: base.tables[0]?.id } },
    ],
  });
  console.log(JSON.stringify(table));
  const field = await createField(scope, {
    baseId: base.baseId,
    tableId: table.id,
    name: "X",
    type: "checkbox",
    options: { icon: "check", color: "greenBright" },
  });
  console.log(field);
  console.log(
    JSON.stringify(
      await readEvents(world().db, { baseId: base.baseId, after: 0, limit: 100 }),
      null,
      1,
    ),
  );
});
