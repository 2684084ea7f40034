import { FILTER_CONDITIONS_MAX, FILTER_DEPTH_MAX } from "@basalt/contract";
import { describe, expect, test } from "vitest";
import { createField } from "../fields/create-field.ts";
import { deleteField } from "../fields/delete-field.ts";
import { listRecords } from "../rows/list-records.ts";
import { shape } from "../testing/linked-tables.ts";
import { expectRefusal } from "../testing/test-base.ts";
import { getView } from "../views/read-views.ts";
import { wholeView } from "../views/whole-view.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { conditionOf } from "./conditions.ts";
import { askedTable } from "./testing/asked-table.ts";

const asked = askedTable();

/** Field, operator, value, names. `choice:` and `rec:` stand for ids; `me` for the user's. */
const conditions: readonly (readonly [string, string, unknown, readonly string[]])[] = [
  ["Name", "=", "a", ["a"]],
  ["Name", "is", "O'Hara", ["O'Hara"]],
  ["Name", "!=", "a", ["b", "c", "d", "O'Hara"]],
  ["Notes", "!=", "lazy dog", ["a", "c", "d", "O'Hara"]],
  ["Notes", "contains", "QUICK", ["a"]],
  ["Notes", "doesNotContain", "quick", ["b", "c", "d", "O'Hara"]],
  ["Notes", "isEmpty", undefined, ["c", "d", "O'Hara"]],
  ["Notes", "isNotEmpty", undefined, ["a", "b"]],
  ["Label", "=", "b!", ["b"]],
  ["N", "=", 0, ["d"]],
  ["N", "!=", 0, ["a", "b", "c", "O'Hara"]],
  ["N", "<", 1, ["b", "d"]],
  ["N", "<=", 1, ["a", "b", "d"]],
  ["N", ">", 0, ["a", "c"]],
  ["N", ">=", 3, ["c"]],
  ["N", "isEmpty", undefined, ["O'Hara"]],
  ["Double", "<", -4, ["b"]],
  ["Ratio", "<", 1, ["b"]],
  ["Ratio", ">", 0, ["a", "d", "O'Hara"]],
  ["Ratio", "isEmpty", undefined, []],
  ["Rank", ">=", 1, ["a", "O'Hara"]],
  ["Done", "=", true, ["a", "O'Hara"]],
  ["Done", "is", false, ["b", "c", "d"]],
  ["Status", "=", "choice:Doing", ["b"]],
  ["Status", "is", "Doing", ["b"]],
  ["Status", "isNot", "choice:Doing", ["a", "c", "d", "O'Hara"]],
  ["Status", "isAnyOf", ["choice:Doing", "choice:Todo"], ["a", "b"]],
  ["Status", "isNoneOf", ["choice:Doing", "choice:Todo"], ["c", "d", "O'Hara"]],
  ["Status", "contains", "real", ["c"]],
  ["Status", "isEmpty", undefined, ["d", "O'Hara"]],
  ["Tags", "hasAnyOf", ["choice:Doing"], ["a", "b"]],
  ["Tags", "hasAllOf", ["choice:Doing", "choice:Todo"], ["a"]],
  ["Tags", "hasNoneOf", ["choice:Doing"], ["c", "d", "O'Hara"]],
  ["Tags", "isExactly", ["choice:Doing"], ["b"]],
  ["Tags", "isNotEmpty", undefined, ["a", "b", "c"]],
  ["Day", "=", { mode: "today" }, ["a"]],
  ["Day", "=", { mode: "exactDate", exactDate: "2026-03-05" }, ["b"]],
  ["Day", "!=", { mode: "today" }, ["b", "c", "d", "O'Hara"]],
  ["Day", "<", { mode: "today" }, ["b", "c"]],
  ["Day", "<=", { mode: "today" }, ["a", "b", "c"]],
  ["Day", ">", { mode: "oneWeekAgo" }, ["a", "b"]],
  ["Day", ">=", { mode: "daysAgo", numberOfDays: 5 }, ["a", "b"]],
  ["Day", "isWithin", { mode: "pastWeek" }, ["a", "b"]],
  ["Day", "isWithin", { mode: "thisCalendarWeek" }, ["a"]],
  ["Day", "isWithin", { mode: "thisCalendarMonth" }, ["a", "b"]],
  ["Day", "isWithin", { mode: "thisCalendarYear" }, ["a", "b"]],
  ["Day", "isWithin", { mode: "pastNumberOfDays", numberOfDays: 4 }, ["a"]],
  ["Day", "isWithin", { mode: "nextNumberOfDays", numberOfDays: 0 }, ["a"]],
  ["Day", "isWithin", { mode: "nextYear" }, ["a"]],
  ["Day", "isEmpty", undefined, ["d", "O'Hara"]],
  // 23:30 in UTC is the next day in Berlin; 15:30 is the next day in Kiritimati.
  ["When", "=", { mode: "yesterday" }, ["b"]],
  ["When", "=", { mode: "today", timeZone: "Europe/Berlin" }, ["a", "b"]],
  ["When", "=", { mode: "yesterday", timeZone: "Pacific/Kiritimati" }, ["a", "b"]],
  ["When", "<", { mode: "exactDate", exactDate: "2026-03-10" }, ["b", "c"]],
  ["When", ">", { mode: "exactDate", exactDate: "2026-03-09" }, ["a"]],
  ["When", "isWithin", { mode: "pastYear" }, ["a", "b"]],
  ["When", "<", { mode: "exactDate", exactDate: "0001-01-01" }, []],
  ["When", "<=", { mode: "exactDate", exactDate: "9999-12-31" }, ["a", "b", "c"]],
  ["Made", ">", { mode: "yesterday" }, ["a", "b", "c", "d", "O'Hara"]],
  ["Owner", "is", "me", ["a"]],
  ["Owner", "isNoneOf", ["me"], ["b", "c", "d", "O'Hara"]],
  ["Owner", "contains", "ada", ["a"]],
  ["Team", "hasAnyOf", ["me"], ["a"]],
  ["Team", "isExactly", ["me"], ["a"]],
  ["link", "hasAnyOf", ["rec:Only One"], ["a", "b"]],
  ["link", "isExactly", ["rec:Only One"], ["a"]],
  ["link", "hasNoneOf", ["rec:Only One"], ["c", "d", "O'Hara"]],
  ["link", "contains", "smith", ["b"]],
  ["link", "isEmpty", undefined, ["d", "O'Hara"]],
  ["Files", "isEmpty", undefined, ["a", "b", "c", "d", "O'Hara"]],
  ["Files", "filename", "x", []],
  ["Files", "fileType", "image", []],
];

async function fieldIdOf(name: string): Promise<string> {
  const { fieldId, table } = asked();
  const link = (await table()).fields.find(({ type }) => type === "multipleRecordLinks");
  return name === "link" ? (link?.id ?? "") : fieldId(name);
}

function valueOf(field: string, value: unknown): unknown {
  const { choice, ids, userId } = asked();
  if (Array.isArray(value)) {
    return value.map((one) => valueOf(field, one));
  }
  if (typeof value !== "string") {
    return value;
  }
  if (value.startsWith("choice:")) {
    return choice(field, value.slice("choice:".length));
  }
  return value.startsWith("rec:")
    ? ids.get(value.slice("rec:".length))
    : value === "me"
      ? userId
      : value;
}

test.each(conditions)("%s %s %j", async (field, operator, value, names) => {
  const condition = { fieldId: await fieldIdOf(field), operator, value: valueOf(field, value) };
  expect(await asked().shows({ conjunction: "and", filterSet: [condition] })).toEqual(names);
});

describe("groups", () => {
  test("nest, and empty ones do not count", async () => {
    const { shows, fieldId } = asked();
    const is = (name: string) => ({ fieldId: fieldId("Name"), operator: "=", value: name });
    const more = { fieldId: fieldId("N"), operator: ">", value: 0 };
    const empty = { conjunction: "or", filterSet: [] };
    const inner = { conjunction: "and", filterSet: [is("c"), more, empty] };
    const either = { conjunction: "or", filterSet: [is("b"), inner] };
    expect(await shows({ conjunction: "and", filterSet: [either] })).toEqual(["b", "c"]);
    expect(
      await shows({ conjunction: "or", filterSet: [is("a"), { ...either, type: "nested" }] }),
    ).toEqual(["a", "b", "c"]);
    expect(await shows(empty)).toEqual(["a", "b", "c", "d", "O'Hara"]);
    expect(await shows(null)).toEqual(["a", "b", "c", "d", "O'Hara"]);
  });

  test("narrow what a formula keeps, and the order of the view holds", async () => {
    const { scope, table, view, fieldId } = asked();
    const sorted = await view({
      filters: {
        conjunction: "and",
        filterSet: [{ fieldId: fieldId("N"), operator: "isNotEmpty" }],
      },
      sort: [{ fieldId: fieldId("Double"), direction: "desc" }],
    });
    const listing = { table: await table(), shape, pageSize: 10, view: sorted };
    const names = async (more: object): Promise<unknown[]> =>
      (await listRecords(scope, { ...listing, ...more })).records.map(
        (record) => JSON.parse(record).fields.Name,
      );
    expect(await names({})).toEqual(["c", "a", "d", "b"]);
    expect(await names({ filterByFormula: "{Done}=0" })).toEqual(["c", "d", "b"]);
    expect(await names({ filterByFormula: "{Done}=0", maxRecords: 2 })).toEqual(["c", "d"]);
    expect(await names({ filterByFormula: "FALSE()" })).toEqual([]);
    const byOwner = [{ fieldId: fieldId("Owner"), direction: "desc" as const }];
    expect(await names({ filterByFormula: "{N}>0", sort: byOwner })).toEqual(["a", "c"]);
  });
});

describe("a filter that cannot be asked", () => {
  test.each([
    ["a field of another table", { fieldId: "fldAAAAAAAAAAAAAA", operator: "isEmpty" }],
    ["an operator of another type", { field: "Name", operator: "<", value: 1 }],
    ["a text for a number", { field: "N", operator: "=", value: "1" }],
    ["a number for a text", { field: "Name", operator: "=", value: 1 }],
    ["no value", { field: "Name", operator: "contains" }],
    ["an unknown operator", { field: "Name", operator: "like", value: "a" }],
    ["an unknown choice", { field: "Status", operator: "is", value: "selAAAAAAAAAAAAAA" }],
    ["no choice", { field: "Status", operator: "isAnyOf", value: [] }],
    ["a name for a record", { field: "link", operator: "hasAnyOf", value: ["Only One"] }],
    ["a name for a user", { field: "Owner", operator: "is", value: "Ada" }],
    ["an unknown mode", { field: "Day", operator: "=", value: { mode: "someday" } }],
    [
      "no such day",
      { field: "Day", operator: "=", value: { mode: "exactDate", exactDate: "2026-02-30" } },
    ],
    ["no zone", { field: "Day", operator: "=", value: { mode: "today", timeZone: "Mars/Base" } }],
    [
      "too many days",
      { field: "Day", operator: "=", value: { mode: "daysAgo", numberOfDays: 1e9 } },
    ],
    ["half a day", { field: "Day", operator: "=", value: { mode: "daysAgo", numberOfDays: 0.5 } }],
    ["a stretch for a day", { field: "Day", operator: "=", value: { mode: "pastWeek" } }],
    ["a type of file that is none", { field: "Files", operator: "fileType", value: "'; drop" }],
    ["NUL", { field: "Name", operator: "=", value: "\0" }],
    ["half a character", { field: "Name", operator: "=", value: "\ud800" }],
    ["a text that is too long", { field: "Name", operator: "=", value: "x".repeat(10_001) }],
    ["something more", { field: "Name", operator: "=", value: "a", more: 1 }],
  ])(
    "because of %s is refused",
    async (_what, { field, ...condition }: Record<string, unknown>) => {
      const fieldId = typeof field === "string" ? await fieldIdOf(field) : condition["fieldId"];
      const filters = { conjunction: "and", filterSet: [{ ...condition, fieldId }] };
      await expectRefusal(asked().view({ filters }), "records.bad-schema");
    },
  );

  test("because of its size or shape is refused", async () => {
    const { view, fieldId } = asked();
    const one = { fieldId: fieldId("Name"), operator: "isEmpty" };
    let deep: unknown = one;
    for (let level = 0; level <= FILTER_DEPTH_MAX; level += 1) {
      deep = { conjunction: "and", filterSet: [deep] };
    }
    const half = Array.from({ length: FILTER_CONDITIONS_MAX / 2 + 1 }, () => one);
    const group = { conjunction: "and", filterSet: half };
    for (const filters of [
      deep,
      { conjunction: "and", filterSet: [group, group] },
      { conjunction: "xor", filterSet: [] },
      { filterSet: [] },
      [one],
      "x",
      1,
    ]) {
      await expectRefusal(view({ filters }), "records.bad-schema");
    }
  });
});

test("a condition whose field has gone is dropped and told", async () => {
  const { scope, baseId, table, view, fieldId, world } = asked();
  const field = await createField(scope, {
    baseId,
    tableId: (await table()).id,
    name: "Passing",
    type: "singleLineText",
  });
  const gone = { fieldId: field.id, operator: "isNotEmpty" };
  const stays = { fieldId: fieldId("N"), operator: ">", value: 0 };
  const made = await view({ filters: { conjunction: "and", filterSet: [gone, stays] } });
  await deleteField(scope, { baseId, tableId: (await table()).id, fieldId: field.id });
  const kept = await getView(scope, { baseId, viewId: made.id });
  expect(wholeView(kept, await table(), world.now()).droppedConditions).toEqual([
    { ...gone, reason: "the table has no such field" },
  ]);
  const { records } = await listRecords(scope, {
    table: await table(),
    shape,
    pageSize: 10,
    view: kept,
  });
  expect(records.length).toBe(2);
});

test("“me” is whoever asks, each time", async () => {
  const { scope, table, view, fieldId, world, shows } = asked();
  for (const [field, operator, value, names] of [
    ["Owner", "is", "me", ["a"]],
    ["Owner", "isNot", "me", ["b", "c", "d", "O'Hara"]],
    ["Owner", "isAnyOf", ["me", "usrAAAAAAAAAAAAAA"], ["a"]],
    ["Team", "hasNoneOf", ["me"], ["b", "c", "d", "O'Hara"]],
  ] as const) {
    const filterSet = [{ fieldId: fieldId(field), operator, value }];
    expect(await shows({ conjunction: "and", filterSet })).toEqual(names);
  }
  const mine = [{ fieldId: fieldId("Owner"), operator: "is", value: "me" }];
  const kept = await view({ filters: { conjunction: "and", filterSet: mine } });
  const listing = { table: await table(), shape, pageSize: 10, view: kept };
  expect((await listRecords(scope, listing)).records).toHaveLength(1);
  expect((await listRecords(world.system, listing)).records).toHaveLength(0);
  const schema = await schemaOf(scope, asked().baseId);
  const condition = conditionOf(scope, { schema, table: await table() }, { view: kept });
  expect(condition).toMatchObject({ followsCaller: true, followsClock: false });
  const today = { fieldId: fieldId("Day"), operator: "=", value: { mode: "today" } };
  const ofToday = await view({ filters: { conjunction: "and", filterSet: [today] } });
  expect(conditionOf(scope, { schema, table: await table() }, { view: ofToday })).toMatchObject({
    followsCaller: false,
    followsClock: true,
  });
  // It is a text like any other where no persons are.
  const named = [{ fieldId: fieldId("Name"), operator: "=", value: "me" }];
  expect(await shows({ conjunction: "and", filterSet: named })).toEqual([]);
});
