import { beforeAll, describe, expect, test } from "vitest";
import { type AirtableBase, cells, clientOf, failure } from "./airtable-js-client.ts";
import { call, expectOk } from "./api.ts";
import { type JourneyBase, makeJourneyBase, PROJECTS, TASKS } from "./journey-base.ts";
import { journeyServer } from "./journey-server.ts";

const running = journeyServer();
let made: JourneyBase;
let base: AirtableBase;
/** Ids of the tasks, in the order of their names. */
let ids: readonly string[];
const now = new Date();

beforeAll(async () => {
  const { url, key, workspaceId, owner } = running();
  made = await makeJourneyBase(url, key, workspaceId);
  base = clientOf({ url, key, baseId: made.id });
  const only = await base(PROJECTS).create(cells({ Title: "Only One" }));
  const people = [{ id: owner.id }];
  const rows = [
    { Name: "O'Hara", Count: 1, Done: true, Day: "2024-03-05", Project: [only.id] },
    { Name: 'say "hi" \\ 🙂\nTerm', Count: 2, At: now.toISOString(), Tags: ["red", "blue"] },
    { Count: 0, Done: false, At: "2020-01-01T10:00:00.000Z", Team: people },
    { Name: "a term", State: "open", Notes: "x" },
  ];
  ids = (await base(TASKS).create(rows.map((fields) => ({ fields: cells(fields) })))).map(
    ({ id }) => id,
  );
});

/** The numbers of the tasks that a formula keeps. */
async function foundBy(filterByFormula: string): Promise<number[]> {
  const records = await base(TASKS).select({ filterByFormula, fields: [] }).all();
  return records.map(({ id }) => ids.indexOf(id));
}

describe("records are found by", () => {
  test("their ids, one and hundreds, for which the client takes POST", async () => {
    expect(await foundBy(`RECORD_ID()='${ids[1]}'`)).toEqual([1]);
    const others = Array.from({ length: 600 }, (_, at) => `rec${String(at).padStart(14, "0")}`);
    const terms = [ids[3], ...others, ids[0]].map((id) => `RECORD_ID()='${id}'`);
    expect(await foundBy(`OR(${terms.join(",")})`)).toEqual([0, 3]);
  });

  test.each<[string, readonly number[]]>([
    ["{Name}='O\\'Hara'", [0]],
    ["AND({Name}='O\\'Hara',{Count}=1)", [0]],
    ["NOT({Name}='')", [0, 1, 3]],
    ["{Name}=BLANK()", [2]],
    ["{Name}", [0, 1, 3]],
    ["NOT({Name})", [2]],
    ["Name", [0, 1, 3]],
    ["{Count}", [0, 1]],
    ["{Done}=TRUE()", [0]],
    ["{Done}=1", [0]],
    ["{Done}=FALSE()", [1, 2, 3]],
    ["{Done}=0", [1, 2, 3]],
    ['SEARCH(LOWER("TERM"), LOWER({Name}))', [1, 3]],
    ['OR(FIND("Hara", {Name}), FIND("x", {Notes}))', [0, 3]],
    ['FIND("red", ARRAYJOIN({Tags}))', [1]],
    ['{Tags}="red, blue"', [1]],
    ['{State}="open"', [3]],
    ['{Project}="Only One"', [0]],
    ["{At}=DATETIME_PARSE('2020-01-01T10:00:00.000Z')", [2]],
    ['IS_AFTER({At}, DATEADD(TODAY(), -7, "days"))', [1]],
    ['AND({At}, DATETIME_DIFF(NOW(), {At}, "hours") < 24)', [1]],
    ['IS_SAME({Day}, "2024-03-05", "day")', [0]],
    ["LAST_MODIFIED_TIME() > DATETIME_PARSE('2020-01-01')", [0, 1, 2, 3]],
    ["CREATED_TIME() > '2999-01-01'", []],
    ["TRUE()", [0, 1, 2, 3]],
    ["1", [0, 1, 2, 3]],
    ["FALSE()", []],
    ["", [0, 1, 2, 3]],
  ])("%s", async (formula, wanted) => {
    expect(await foundBy(formula)).toEqual(wanted);
  });

  test("the id of a field, and the name of a person in a list", async () => {
    expect(await foundBy(`FIND("term", {${made.fieldIds["Name"]}})`)).toEqual([3]);
    const [record] = await base(TASKS).select({ filterByFormula: "{Team}" }).all();
    const team = record?.get("Team") as readonly { readonly name: string }[] | undefined;
    expect(await foundBy(`FIND(${JSON.stringify(team?.[0]?.name)}, ARRAYJOIN({Team}))`)).toEqual([
      2,
    ]);
  });

  test("a formula together with a view, a sort and pages", async () => {
    const query = {
      filterByFormula: "{Name}",
      view: "Grid view",
      sort: [{ field: "Name", direction: "desc" as const }],
      pageSize: 2,
    };
    const records = await base(TASKS).select(query).all();
    expect(records.map(({ id }) => ids.indexOf(id))).toEqual([1, 0, 3]);
    expect(await base(TASKS).select(query).firstPage()).toHaveLength(2);
  });
});

test("computed fields are read, filtered and sorted by, and not written", async () => {
  const { url, key } = running();
  const fields = `${url}/v0/meta/bases/${made.id}/tables/${made.tasks.id}/fields`;
  const add = async (body: object): Promise<void> => {
    await expectOk(call(fields, { body, token: key }));
  };
  await add({ name: "Twice", type: "formula", options: { formula: "{Count} * 2" } });
  await add({ name: "Part", type: "formula", options: { formula: "1 / {Count}" } });
  await add({
    name: "Go",
    type: "button",
    options: { label: "Go", formula: "'https://a.b/' & {Count}" },
  });
  const sort = [{ field: "Twice", direction: "desc" as const }];
  const records = await base(TASKS).select({ filterByFormula: "{Twice} >= 2", sort }).all();
  expect(records.map((record) => [record.get("Twice"), record.get("Part")])).toEqual([
    [4, 0.5],
    [2, 1],
  ]);
  expect(records[0]?.get("Go")).toEqual({ label: "Go", url: "https://a.b/2" });
  const zero = await base(TASKS).find(ids[2] ?? "");
  expect(zero.get("Part")).toEqual({ specialValue: "Infinity" });
  const changed = await base(TASKS).update(ids[2] ?? "", cells({ Count: 5 }));
  expect(changed.get("Twice")).toBe(10);
  expect(await failure(base(TASKS).update(ids[2] ?? "", cells({ Twice: 1 })))).toMatchObject({
    error: "INVALID_VALUE_FOR_COLUMN",
    statusCode: 422,
  });
});

test.each([
  ["{Name} =", "Invalid formula. Please check your formula text."],
  ["{Name} == 1", "Invalid formula. Please check your formula text."],
  ["IF(1,,2)", "Invalid formula. Please check your formula text."],
  ["{First Name} & {lastName}", "Unknown field names: first name, lastname"],
  ["FOO({Name})", "Unknown function names: FOO"],
  ["LEFT()", "LEFT"],
])("422 for the formula %s", async (filterByFormula, message) => {
  expect(await failure(base(TASKS).select({ filterByFormula }).all())).toMatchObject({
    error: "INVALID_FILTER_BY_FORMULA",
    message: expect.stringMatching(/^The formula for filtering records is invalid: /),
    statusCode: 422,
  });
  expect(await failure(base(TASKS).select({ filterByFormula }).all())).toMatchObject({
    message: expect.stringContaining(message),
  });
});
