import { fieldExplanation } from "@basalt/contract";
import { beforeAll, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  airtableError,
  openTestApi,
  withKey,
  type TestAnswer,
  type TestApi,
} from "./testing/test-api.ts";

const world = testWorld();
let api: TestApi;
let fields: string;

beforeAll(async () => {
  api = await openTestApi(world());
  fields = `/v0/meta/bases/${api.baseId}/tables/${api.table.id}/fields`;
});

async function add(name: string, type: string, options: object): Promise<TestAnswer> {
  return api.call(fields, { body: { name, type, options } });
}

test("fields are made and changed as Airtable's schema shows them", async () => {
  const count = api.field("Count").id;
  const made = await add("Twice", "formula", { formula: "{Count} * 2" });
  expect(made).toMatchObject({
    status: 200,
    body: {
      name: "Twice",
      type: "formula",
      options: {
        formula: `{${count}} * 2`,
        isValid: true,
        referencedFieldIds: [count],
        result: { type: "number", options: { precision: 0 } },
      },
    },
  });
  const changed = await api.call(`${fields}/${made.body["id"]}`, {
    method: "PATCH",
    body: { options: { formula: 'Name & "!"' } },
  });
  expect(changed.body["options"]).toMatchObject({ result: { type: "singleLineText" } });
  const { body } = await api.data(api.table.id, { body: { fields: { Name: "Ann" } } });
  expect(body["fields"]).toMatchObject({ Twice: "Ann!" });
  const schema = await api.call(`/v0/meta/bases/${api.baseId}/tables`);
  const shown = schema.body["tables"]?.[0]?.["fields"]?.find(({ name }) => name === "Twice");
  expect(Object.keys(shown?.["options"] ?? {}).toSorted()).toEqual([
    "formula",
    "isValid",
    "referencedFieldIds",
    "result",
  ]);
});

test("a lookup of links shows ids, and its schema shows the link as it is shown itself", async () => {
  const link = await add("Others", "multipleRecordLinks", { linkedTableId: api.other.id });
  const recordLinkFieldId = link.body["id"];
  const fieldIdInLinkedTable = link.body["options"]?.["inverseLinkFieldId"];
  const lookup = await add("Back", "multipleLookupValues", {
    recordLinkFieldId,
    fieldIdInLinkedTable,
  });
  expect(lookup.body["options"]).toEqual({
    recordLinkFieldId,
    fieldIdInLinkedTable,
    isValid: true,
    result: {
      type: "multipleRecordLinks",
      options: {
        linkedTableId: api.table.id,
        isReversed: false,
        prefersSingleRecordLink: false,
        inverseLinkFieldId: recordLinkFieldId,
      },
    },
  });
  const { body: other } = await api.data(api.other.id, { body: { fields: {} } });
  const { body } = await api.data(api.table.id, {
    body: { fields: { Name: "linked", Others: [other["id"]] } },
  });
  const { body: read } = await api.data(`${api.table.id}/${body["id"]}`);
  expect(read["fields"]).toMatchObject({ Back: [body["id"]] });
  const text = await api.data(
    `${api.table.id}/${body["id"]}?cellFormat=string&timeZone=UTC&userLocale=en`,
  );
  expect(text.body["fields"]).toMatchObject({ Back: "linked" });
});

test.each([
  ["a name that is none", { formula: "{Nobody} + 1" }, "Unknown field names: nobody"],
  ["a function that is none", { formula: "FROB(1)" }, "Unknown function names: FROB"],
  ["no formula", {}, "options.formula"],
  ["something else", { formula: 5 }, "options.formula"],
  ["more than a formula", { formula: "1", extra: true }, "extra"],
])("a formula with %s is refused", async (_what, options, message) => {
  const answer = await add("Broken", "formula", options);
  expect(answer).toMatchObject(
    airtableError(422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", expect.stringContaining(message)),
  );
});

test("nobody writes a computed cell", async () => {
  await add("One", "formula", { formula: "1" });
  const answer = await api.data(api.table.id, { body: { fields: { One: 2 } } });
  expect(answer).toMatchObject(airtableError(422, "INVALID_VALUE_FOR_COLUMN"));
});

test("explain says what is read, by which SQL, and where it fails", async () => {
  const { body: made } = await add("Parsed", "formula", { formula: "DATETIME_PARSE({Name})" });
  await api.data(api.table.id, { body: { fields: { Name: "no day" } } });
  const path = `/api/v1/bases/${api.baseId}/tables/${api.table.id}/fields/${made["id"]}/explain`;
  const { status, body } = await api.call(path);
  expect(status).toBe(200);
  expect(fieldExplanation.safeParse(body).error).toBeUndefined();
  expect(body).toMatchObject({
    isValid: true,
    formula: "DATETIME_PARSE({Name})",
    reads: [{ name: "Name", through: [] }],
    computing: false,
    lastRecompute: { rows: expect.any(Number) },
  });
  expect(body["sql"]).toContain("formula.datetime_parse");
  expect(body["failing"]).toContainEqual({
    recordId: expect.any(String),
    reason: "DATETIME_PARSE has no result for these values.",
    inputs: { Name: "no day" },
  });
});

test("explain names the innermost part that fails", async () => {
  const { body: inner } = await add("Inner", "formula", { formula: "DATETIME_PARSE({Name})" });
  const { body: outer } = await add("Outer", "formula", {
    formula: 'IF({Count} > 1, DATEADD({Name}, 1, "day"), YEAR({Inner}) & "!")',
  });
  await api.data(api.table.id, { body: { fields: { Name: "why", Count: 5 } } });
  await api.data(api.table.id, { body: { fields: { Name: "why not", Count: 0 } } });
  const path = `/api/v1/bases/${api.baseId}/tables/${api.table.id}/fields`;
  const { body } = await api.call(`${path}/${outer["id"]}/explain`);
  const reasons = body["failing"]?.map(({ inputs, reason }) => [inputs?.["Name"], reason]);
  expect(reasons).toContainEqual(["why", "A text stands where a date is needed, and is none."]);
  expect(reasons).toContainEqual(["why not", '"Inner" is an error itself, or holds one.']);
  expect(body["reads"]?.map(({ fieldId }) => fieldId)).toContain(inner["id"]);
});

test("explain is for those who see the base, about fields that are computed", async () => {
  const path = (field: string): string =>
    `/api/v1/bases/${api.baseId}/tables/${api.table.id}/fields/${field}/explain`;
  const name = api.field("Name").id;
  expect((await api.call(path(name))).status).toBe(422);
  expect((await api.call(path("fldAAAAAAAAAAAAAA"))).status).toBe(404);
  expect((await api.call(path("nonsense"))).status).toBe(404);
  expect((await api.call(path(name), { actor: api.people.stranger })).status).toBe(404);
  const { owner } = api.people;
  expect((await api.call(path(name), { actor: withKey(owner, []) })).status).toBe(403);
});

test("waiting for computed fields costs nothing where none are behind", async () => {
  const headers = { prefer: "wait=computed" };
  const answer = await api.data(`${api.table.id}?maxRecords=1`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("x-basalt-computing")).toBeNull();
  const written = await api.data(api.table.id, { body: { fields: { Name: "w" } }, headers });
  expect(written.status).toBe(200);
  const stranger = await api.data(api.table.id, { headers, actor: api.people.stranger });
  expect(stranger.status).toBe(403);
});
