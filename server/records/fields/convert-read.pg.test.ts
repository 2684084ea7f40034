import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { createRecords } from "../rows/create-records.ts";
import { listRecords } from "../rows/list-records.ts";
import { firstTable, makeTestBase, textField } from "../testing/test-base.ts";
import { convertField } from "./convert-field.ts";

const world = testWorld();

test("connections that have read a field before go on reading it after its type has changed", async () => {
  const scope = world().system;
  const base = await makeTestBase(scope, [
    { name: "T", fields: [textField("Name"), textField("N")] },
  ]);
  const table = firstTable(base);
  const shape = {
    cellFormat: "json",
    byFieldId: false,
    commentCount: false,
    version: false,
  } as const;
  await createRecords(scope, {
    table,
    typecast: false,
    shape,
    rows: [{ fields: { Name: "a", N: "12" } }],
  });
  const readOnAll = () =>
    Promise.all(
      Array.from({ length: 24 }, async () => {
        const { records } = await listRecords(scope, { table, shape, pageSize: 10 });
        return JSON.parse(records[0] ?? "{}").fields as unknown;
      }),
    );
  for (const type of ["number", "singleLineText", "multipleSelects"]) {
    await readOnAll();
    const options = type === "number" ? { precision: 0 } : undefined;
    await convertField(scope, {
      baseId: base.baseId,
      tableId: table.id,
      fieldId: table.fields[1]?.id ?? "",
      type,
      options,
    });
    const N = { number: 12, singleLineText: "12", multipleSelects: ["12"] }[type];
    expect(await readOnAll()).toEqual(Array.from({ length: 24 }, () => ({ Name: "a", N })));
    await createRecords(scope, {
      table,
      typecast: false,
      shape,
      rows: [{ fields: { Name: "b" } }],
    });
  }
});
