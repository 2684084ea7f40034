import { GROUPS_MAX } from "@basalt/contract";
import { describe, expect, test } from "vitest";
import { createField } from "../fields/create-field.ts";
import { updateField } from "../fields/update-field.ts";
import { createRecords } from "../rows/create-records.ts";
import { shape } from "../testing/linked-tables.ts";
import { actorFor, newBase } from "../testing/new-base.ts";
import { askedTable } from "../filters/testing/asked-table.ts";
import { newOwner } from "../testing/new-base.ts";
import {
  groupRecords,
  type Grouping,
  type RecordGroup,
  type RecordGroups,
} from "./group-records.ts";

const asked = askedTable();

async function group(
  by: readonly string[],
  more: Partial<Grouping> & { readonly sums?: readonly string[] } = {},
): Promise<RecordGroups> {
  const { scope, table, fieldId } = asked();
  const { sums = [], ...rest } = more;
  return groupRecords(scope, {
    table: await table(),
    groupBy: by.map((name) => ({
      fieldId: fieldId(name.replace("-", "")),
      direction: name.startsWith("-") ? "desc" : "asc",
    })),
    summaries: sums.map((text) => {
      const [name = "", summary = ""] = text.split(":");
      return { fieldId: fieldId(name), name: summary as Grouping["summaries"][number]["name"] };
    }),
    ...rest,
  });
}

function brief(groups: readonly RecordGroup[] | undefined): unknown[] {
  return (groups ?? []).map(({ value, count, groups: inner }) =>
    inner === undefined ? [value, count] : [value, count, brief(inner)],
  );
}

describe("instants", () => {
  const byWhen = async (more: object = {}): Promise<unknown[]> => {
    const { scope, table, fieldId } = asked();
    const by = { fieldId: fieldId("When"), direction: "asc" as const, ...more };
    const { groups } = await groupRecords(scope, {
      table: await table(),
      groupBy: [by],
      summaries: [],
    });
    return brief(groups);
  };

  test("come by the day in the zone of the field, or each for itself", async () => {
    const { scope, baseId, table, fieldId } = asked();
    const days = await byWhen();
    expect(days).toEqual([
      [null, 2],
      ["2025-01-01", 1],
      ["2026-03-09", 1],
      ["2026-03-10", 1],
    ]);
    expect(await byWhen({ instant: true })).toEqual([
      [null, 2],
      ["2025-01-01T00:00:00.000Z", 1],
      ["2026-03-09T23:30:00.000Z", 1],
      ["2026-03-10T09:00:00.000Z", 1],
    ]);
    const parsed = await createField(scope, {
      baseId,
      tableId: (await table()).id,
      name: "Parsed",
      type: "formula",
      options: { formula: 'DATETIME_PARSE(IF({Notes} = "lazy dog", "2024-05-06 23:59", "x"))' },
    });
    const { options } = await updateField(scope, {
      baseId,
      tableId: (await table()).id,
      fieldId: fieldId("When"),
      options: {
        dateFormat: { name: "iso" },
        timeFormat: { name: "24hour" },
        timeZone: "Pacific/Kiritimati",
      },
    });
    expect(options).toMatchObject({ timeZone: "Pacific/Kiritimati" });
    expect(await byWhen()).toEqual([
      [null, 2],
      ["2025-01-01", 1],
      ["2026-03-10", 2],
    ]);
    expect(brief((await group(["-Made"])).groups)).toEqual([["2026-03-10", 5]]);
    expect(await byWhen({ fieldId: parsed.id })).toEqual([
      ["2024-05-06", 1],
      [{ error: "#ERROR!" }, 4],
    ]);
  });
});

describe("groups", () => {
  test("of a select come in the order of its choices, the empty one first", async () => {
    const { count, groups, mightHaveMore } = await group(["Status"]);
    expect(count).toBe(5);
    expect(mightHaveMore).toBe(false);
    expect(brief(groups)).toEqual([
      [null, 2],
      ["Todo", 1],
      ["Doing", 1],
      ["Done, really", 1],
    ]);
    expect(brief((await group(["-Status"])).groups)).toEqual([
      ["Done, really", 1],
      ["Doing", 1],
      ["Todo", 1],
      [null, 2],
    ]);
  });

  test("nest", async () => {
    expect(brief((await group(["Done", "Status"])).groups)).toEqual([
      [
        null,
        3,
        [
          [null, 1],
          ["Doing", 1],
          ["Done, really", 1],
        ],
      ],
      [
        true,
        2,
        [
          [null, 1],
          ["Todo", 1],
        ],
      ],
    ]);
  });

  test.each([
    [
      "Tags",
      [
        [null, 2],
        [["Todo", "Doing"], 1],
        [["Doing"], 1],
        [["Done, really"], 1],
      ],
    ],
    [
      "N",
      [
        [null, 1],
        [-2.5, 1],
        [0, 1],
        [1, 1],
        [3, 1],
      ],
    ],
    [
      "Day",
      [
        [null, 2],
        ["2025-03-05", 1],
        ["2026-03-05", 1],
        ["2026-03-10", 1],
      ],
    ],
    [
      "Label",
      [
        ["a!", 1],
        ["b!", 1],
        ["c!", 1],
        ["d!", 1],
        ["O'Hara!", 1],
      ],
    ],
    [
      "Ratio",
      [
        [-0.4, 1],
        [1, 1],
        [{ specialValue: "Infinity" }, 2],
        [{ error: "#ERROR!" }, 1],
      ],
    ],
    [
      "Rank",
      [
        [null, 3],
        [1, 1],
        [5, 1],
      ],
    ],
  ])("of %s have its cells as values, in its order", async (field, groups) => {
    expect(brief((await group([field])).groups)).toEqual(groups);
  });

  test("of persons and links", async () => {
    const { userId, table, ids, scope } = asked();
    const [nobody, ada] = (await group(["Owner"])).groups;
    expect(nobody).toMatchObject({ value: null, count: 4 });
    expect(ada).toMatchObject({ value: { id: userId, name: "Ada" }, count: 1 });
    const link = (await table()).fields.find(({ type }) => type === "multipleRecordLinks");
    const byLink = await groupRecords(scope, {
      table: await table(),
      groupBy: [{ fieldId: link?.id ?? "", direction: "asc" }],
      summaries: [],
    });
    expect(brief(byLink.groups)).toEqual([
      [null, 2],
      [[ids.get("Only One")], 1],
      [[ids.get("Only One"), ids.get("Smith, Ann")], 1],
      [[ids.get("Third")], 1],
    ]);
  });

  test("hold what a formula and a view keep", async () => {
    const { view, fieldId } = asked();
    const filterSet = [{ fieldId: fieldId("Status"), operator: "isNotEmpty" }];
    const narrow = await view({ filters: { conjunction: "and", filterSet } });
    const { count, groups } = await group(["Done"], { view: narrow, filterByFormula: "{N}<3" });
    expect([count, brief(groups)]).toEqual([
      2,
      [
        [null, 1],
        [true, 1],
      ],
    ]);
    expect(await group(["Done"], { filterByFormula: "FALSE()" })).toMatchObject({
      count: 0,
      groups: [],
    });
  });
});

describe("summaries", () => {
  test("are worked out for each group and for everything", async () => {
    const { fieldId } = asked();
    const sums = [
      "N:sum",
      "N:avg",
      "N:median",
      "N:min",
      "N:max",
      "N:range",
      "Notes:filled",
      "Notes:percentEmpty",
      "Status:unique",
      "Done:checked",
      "Day:earliest",
      "When:latest",
      "Day:range",
      "Ratio:max",
      "Ratio:filled",
    ];
    const { summaries, groups } = await group(["Done"], { sums });
    const named = (values: object | undefined): Record<string, unknown> =>
      Object.fromEntries(
        sums.map((text) => {
          const [name = "", summary = ""] = text.split(":");
          return [text, (values as Record<string, unknown>)[`${fieldId(name)}:${summary}`]];
        }),
      );
    expect(named(summaries)).toEqual({
      "N:sum": 1.5,
      "N:avg": 0.375,
      "N:median": 0.5,
      "N:min": -2.5,
      "N:max": 3,
      "N:range": 5.5,
      "Notes:filled": 2,
      "Notes:percentEmpty": 0.6,
      "Status:unique": 3,
      "Done:checked": 2,
      "Day:earliest": "2025-03-05",
      "When:latest": "2026-03-10T09:00:00.000Z",
      "Day:range": 370,
      "Ratio:max": 1,
      "Ratio:filled": 5,
    });
    expect(named(groups[1]?.summaries)).toMatchObject({
      "N:sum": 1,
      "Day:range": 0,
      "Done:checked": 2,
    });
    expect(named(groups[0]?.summaries)).toMatchObject({ "N:sum": 0.5, "Done:checked": 0 });
  });

  test.each([
    ["Name:sum"],
    ["Done:avg"],
    ["Tags:max"],
    ["N:checked"],
    ["N:nonsense"],
    ["Files:earliest"],
  ])("that do not fit are refused: %s", async (sum) => {
    await expect(group(["Done"], { sums: [sum] })).rejects.toMatchObject({
      code: "records.bad-grouping",
    });
  });

  test("beyond a number are refused, not a failure", async () => {
    const { scope, world } = asked();
    const { workspaceId } = await newOwner(world);
    const { table } = await newBase(world.system, workspaceId, [
      { name: "N", type: "number", options: { precision: 0 } },
      { name: "G", type: "singleLineText" },
    ]);
    const rows = [1.7e308, 1.7e308].map((N) => ({ fields: { N } }));
    await createRecords(world.system, { table, rows, typecast: false, shape });
    const fieldId = table.primaryFieldId;
    const grouping = {
      table,
      groupBy: [{ fieldId: table.fields[1]?.id ?? "", direction: "asc" as const }],
    };
    await expect(
      groupRecords(world.system, { ...grouping, summaries: [{ fieldId, name: "sum" }] }),
    ).rejects.toMatchObject({ code: "records.bad-grouping" });
    await expect(groupRecords(scope, { ...grouping, summaries: [] })).rejects.toMatchObject({
      code: "workspaces.not-found-or-not-allowed",
    });
  });
});

test("what cannot be grouped by is refused", async () => {
  await expect(group(["Files"])).rejects.toMatchObject({ code: "records.bad-grouping" });
});

test("strangers group nothing", async () => {
  const { world, table } = asked();
  const stranger = world.scopeFor(
    actorFor({ id: "usrAAAAAAAAAAAAAA", email: "s@x.test", name: "S" }),
  );
  const { id: tableId, baseId, primaryFieldId: fieldId } = await table();
  await expect(
    groupRecords(stranger, {
      table: { id: tableId, baseId },
      groupBy: [{ fieldId, direction: "asc" }],
      summaries: [],
    }),
  ).rejects.toMatchObject({ code: "workspaces.not-found-or-not-allowed" });
});

test("more groups than an answer holds are cut off, and it says so", async () => {
  const { world } = asked();
  const { scope, workspaceId } = await newOwner(world, "Many");
  const { table } = await newBase(scope, workspaceId, [
    { name: "N", type: "number", options: { precision: 0 } },
  ]);
  for (let from = 0; from <= GROUPS_MAX; from += 1_000) {
    const rows = Array.from({ length: 1_000 }, (_, at) => ({ fields: { N: from + at } }));
    await createRecords(scope, { table, rows, typecast: false, shape });
  }
  const groupBy = [{ fieldId: table.primaryFieldId, direction: "asc" as const }];
  const { groups, count, mightHaveMore } = await groupRecords(scope, {
    table,
    groupBy,
    summaries: [],
  });
  expect([groups.length, count, mightHaveMore]).toEqual([GROUPS_MAX, GROUPS_MAX + 1_000, true]);
});
