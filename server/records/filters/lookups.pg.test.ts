import { beforeAll, describe, expect, test } from "vitest";
import { createField } from "../fields/create-field.ts";
import { groupRecords } from "../groups/group-records.ts";
import { listRecords } from "../rows/list-records.ts";
import { updateRecords } from "../rows/update-records.ts";
import type { Table } from "../schema/base-schema.ts";
import { shape } from "../testing/linked-tables.ts";
import { fieldNamed, tableNow } from "../testing/new-base.ts";
import { createView } from "../views/create-view.ts";
import { askedTable } from "./testing/asked-table.ts";

const asked = askedTable();
let table: Table;
let views = 0;

/** Over the records that are linked: of Only One a and b, of Smith, Ann b, of Third c. */
beforeAll(async () => {
  const { scope, baseId, linked, fieldId, table: first } = asked();
  const link = (await tableNow(scope, baseId, linked.id)).fieldsByName.get("Back");
  const place = { baseId, tableId: linked.id };
  const recordLinkFieldId = link?.id ?? "";
  for (const name of ["Name", "N", "Status", "Tags", "Owner", "Done", "Day", "Ratio", "Files"]) {
    await createField(scope, {
      ...place,
      name: `Its ${name}`,
      type: "multipleLookupValues",
      options: { recordLinkFieldId, fieldIdInLinkedTable: fieldId(name) },
    });
  }
  await createField(scope, {
    ...place,
    name: "Count",
    type: "count",
    options: { recordLinkFieldId },
  });
  await createField(scope, {
    ...place,
    name: "Sum",
    type: "rollup",
    options: { recordLinkFieldId, fieldIdInLinkedTable: fieldId("N"), formula: "SUM(values)" },
  });
  table = await tableNow(scope, baseId, linked.id);
  expect((await first()).fields.length).toBeGreaterThan(10);
});

async function titles(listing: object): Promise<unknown[]> {
  const page = await listRecords(asked().scope, { table, shape, pageSize: 50, ...listing });
  return page.records.map((record) => JSON.parse(record).fields.Title);
}

async function shows(field: string, operator: string, value?: unknown): Promise<unknown[]> {
  const { scope, baseId } = asked();
  views += 1;
  const filterSet = [{ fieldId: fieldNamed(table, field).id, operator, value }];
  const view = await createView(scope, {
    baseId,
    tableId: table.id,
    name: `L${views}`,
    type: "grid",
    options: { filters: { conjunction: "and", filterSet } },
  });
  return titles({ view });
}

describe("computed fields are asked", () => {
  test.each([
    ["{Its Name}='a, b'", ["Only One"]],
    ["{Its N}=3", ["Third"]],
    ["SUM({Its N})<0", ["Only One", "Smith, Ann"]],
    ["{Its Status}='Doing'", ["Smith, Ann"]],
    ["FIND('Todo', ARRAYJOIN({Its Tags}))", ["Only One"]],
    ["FIND('Ada', {Its Owner})", ["Only One"]],
    ["{Count}>1", ["Only One"]],
    ["{Sum}=-1.5", ["Only One"]],
    ["{Its Ratio}", ["Only One", "Smith, Ann"]],
    ["IS_SAME({Its Day}, '2026-03-05')", ["Smith, Ann"]],
    ["NOT({Its Files})", ["Only One", "Smith, Ann", "Third"]],
  ])("by formulas: %s", async (filterByFormula, wanted) => {
    expect(await titles({ filterByFormula })).toEqual(wanted);
  });

  test("by filters of views", async () => {
    const { userId, choice } = asked();
    expect(await shows("Its Name", "contains", "B")).toEqual(["Only One", "Smith, Ann"]);
    expect(await shows("Its Name", "=", "b")).toEqual(["Smith, Ann"]);
    expect(await shows("Its N", "=", "3")).toEqual(["Third"]);
    const doing = choice("Status", "Doing");
    expect(await shows("Its Status", "hasAnyOf", [doing])).toEqual(["Only One", "Smith, Ann"]);
    expect(await shows("Its Status", "isExactly", [doing])).toEqual(["Smith, Ann"]);
    expect(await shows("Its Tags", "hasNoneOf", ["Doing"])).toEqual(["Third"]);
    expect(await shows("Its Owner", "hasAnyOf", [userId])).toEqual(["Only One"]);
    expect(await shows("Its Done", "isEmpty")).toEqual(["Smith, Ann", "Third"]);
    expect(await shows("Its Day", "isNotEmpty")).toEqual(["Only One", "Smith, Ann", "Third"]);
    expect(await shows("Its Files", "fileType", "image")).toEqual([]);
    expect(await shows("Count", ">", 1)).toEqual(["Only One"]);
    expect(await shows("Sum", "<", 0)).toEqual(["Only One", "Smith, Ann"]);
  });

  test("for order, also while they change", async () => {
    const { scope, ids, table: first } = asked();
    const by = async (name: string, direction: "asc" | "desc" = "asc") =>
      titles({
        sort: [{ fieldId: fieldNamed(table, name).id, direction }],
        filterByFormula: "{Count}",
      });
    expect(await by("Sum")).toEqual(["Smith, Ann", "Only One", "Third"]);
    expect(await by("Its Name", "desc")).toEqual(["Third", "Smith, Ann", "Only One"]);
    // A lookup that holds an error comes after all others.
    expect((await by("Its Ratio")).at(-1)).toBe("Third");
    expect((await by("Its Owner")).at(-1)).toBe("Only One");
    const rows = [{ id: ids.get("b") ?? "", fields: { N: 40 } }];
    await updateRecords(scope, {
      table: await first(),
      rows,
      replace: false,
      single: true,
      typecast: false,
      shape,
    });
    expect(await by("Sum")).toEqual(["Third", "Smith, Ann", "Only One"]);
    expect(await titles({ filterByFormula: "{Sum}>40" })).toEqual(["Only One"]);
  });

  test("for groups", async () => {
    const { scope } = asked();
    const grouped = async (name: string): Promise<unknown[]> => {
      const groupBy = [{ fieldId: fieldNamed(table, name).id, direction: "asc" as const }];
      const { groups } = await groupRecords(scope, { table, groupBy, summaries: [] });
      return groups.map(({ value, count }) => [value, count]);
    };
    expect(await grouped("Count")).toEqual([
      [1, 2],
      [2, 1],
    ]);
    expect(await grouped("Its Status")).toEqual([
      [["Todo", "Doing"], 1],
      [["Doing"], 1],
      [["Done, really"], 1],
    ]);
    expect(await grouped("Its Name")).toEqual([
      [["a", "b"], 1],
      [["b"], 1],
      [["c"], 1],
    ]);
    expect((await grouped("Its Ratio")).at(-1)).toEqual([[{ error: "#ERROR!" }], 1]);
  });
});
