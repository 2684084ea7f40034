import { ident, sql } from "#kernel";
import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { convertField } from "../fields/convert-field.ts";
import { createField } from "../fields/create-field.ts";
import { firstTable, makeTestBase, putRow, textField } from "../testing/test-base.ts";
import { columnsUsed } from "./column-room.sql.ts";
import { namedSchema } from "./base-schema.ts";

const world = testWorld();

test("a table in which 1,600 columns have come and gone takes new fields, and keeps its rows and numbers", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope, [
    { name: "T", fields: [textField("Name"), textField("Number")] },
  ]);
  const { baseId } = base;
  const table = firstTable(base);
  const [name, number] = table.fields.map(({ id }) => id);
  const place = ident(baseId, table.id);
  await putRow(world().db, table, {
    id: "rec1",
    cells: { [name ?? ""]: "a", [number ?? ""]: "12" },
  });
  const sequence = ident(baseId, `${table.id}_auto_number_seq`).text;
  await world().db.run(sql`select setval(${sequence}, 7)`);
  for (let round = 0; round < 2; round += 1) {
    const used = await world().db.one<{ used: number }>(columnsUsed(baseId, table.id));
    const names = Array.from({ length: 1_600 - used.used }, (_, at) => `c${at}`);
    await world().db.script(
      `alter table ${place.text} ${names.map((one) => `add column ${one} integer`).join(", ")}`,
    );
    await world().db.script(
      `alter table ${place.text} ${names.map((one) => `drop column ${one}`).join(", ")}`,
    );
    if (round === 0) {
      await createField(scope, { baseId, tableId: table.id, ...textField("New") });
    } else {
      await convertField(scope, {
        baseId,
        tableId: table.id,
        fieldId: number ?? "",
        type: "number",
        options: { precision: 0 },
      });
    }
  }
  expect(
    await world().db.all(
      sql`select record_number, "Name", "Number", "New" from ${ident(namedSchema(baseId), "T")}`,
    ),
  ).toEqual([{ record_number: 7, Name: "a", Number: 12, New: null }]);
  const role = ident(base.role ?? "");
  const added = await world().db.transaction(async (tx) => {
    await tx.script(sql`set local role ${role}`.text);
    return tx.one(
      sql`insert into ${place} (id, created_time, modified_time, version) values ('rec2', now(), now(), 1) returning auto_number as number`,
    );
  });
  expect(added).toEqual({ number: 8 });
});
