import { beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  MISSING,
  airtableError,
  countRecords,
  invalidRequest,
  manyBlank,
  openTestApi,
  type TestApi,
} from "./testing/test-api.ts";

const world = testWorld();
let api: TestApi;
let table: string;

beforeAll(async () => {
  api = await openTestApi(world());
  table = api.table.id;
});

describe("create", () => {
  test("one record: id, createdTime, fields without empty cells; computed ones are there", async () => {
    const made = await api.data(`${table}/?`, {
      body: { fields: { Name: "A", Count: 0, Done: false, State: null, Files: [] } },
    });
    expect(made.status).toBe(200);
    expect(Object.keys(made.body)).toEqual(["id", "createdTime", "fields"]);
    expect(made.body["fields"]).toEqual({ Name: "A", Count: 0, Number: expect.any(Number) });
    expect(made.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(Number(made.headers.get("x-basalt-txn"))).toBeGreaterThan(0);
    expect(made.headers.get("etag")).toMatch(/^"\d+"$/);
  });

  test("an empty fields object makes a blank record", async () => {
    const made = await api.data(table, { body: { fields: {} } });
    expect(made.body["fields"]).toEqual({ Number: expect.any(Number) });
  });

  test("by table name in any case, with an encoded slash", async () => {
    expect((await api.data("tAsKs%2FTo%20dO/", { body: { fields: {} } })).status).toBe(200);
  });

  test("field names and ids mix; returnFieldsByFieldId as 1", async () => {
    const { id } = api.field("Count");
    const made = await api.data(table, {
      body: { fields: { Name: "A", [id]: 2 }, returnFieldsByFieldId: 1 },
    });
    expect(made.body["fields"]).toMatchObject({ [api.field("Name").id]: "A", [id]: 2 });
  });

  test("a batch of one answers a batch, in the order of the request; other keys of an element are ignored", async () => {
    const one = await api.data(table, { body: { records: [{ fields: { Name: "only" } }] } });
    expect(one.body["records"]).toHaveLength(1);
    expect(one.headers.get("etag")).toBeNull();
    const names = ["x", "y", "z"];
    const records = names.map((Name) => ({ id: MISSING, createdTime: "1999", fields: { Name } }));
    const made = await api.data(table, { body: { records } });
    const got = made.body["records"] as unknown as { id: string; fields: { Name: string } }[];
    expect(got.map(({ fields }) => fields.Name)).toEqual(names);
    expect(got.some(({ id }) => id === MISSING)).toBe(false);
  });

  test("an unknown choice is refused; with typecast it is made; typecast in the query string is ignored", async () => {
    const body = { fields: { State: "new one" } };
    const message = 'Insufficient permissions to create new select option ""new one""';
    const refused = airtableError(422, "INVALID_MULTIPLE_CHOICE_OPTIONS", message);
    expect(await api.data(table, { body })).toMatchObject(refused);
    expect(await api.data(`${table}?typecast=true`, { body })).toMatchObject(refused);
    const made = await api.data(table, { body: { ...body, typecast: true } });
    expect(made.body["fields"]).toMatchObject({ State: "new one" });
    const asEditor = { ...body, fields: { State: "newer" }, typecast: true };
    expect(await api.data(table, { body: asEditor, actor: api.people.editor })).toMatchObject(
      airtableError(422, "INVALID_MULTIPLE_CHOICE_OPTIONS"),
    );
  });

  test.each<[string, unknown, object]>([
    [
      "no fields",
      {},
      airtableError(
        422,
        "INVALID_REQUEST_MISSING_FIELDS",
        'Could not find field "fields" in the request body',
      ),
    ],
    [
      "no fields in an element",
      { records: [{}] },
      airtableError(422, "INVALID_REQUEST_MISSING_FIELDS"),
    ],
    ["fields is null", { fields: null }, invalidRequest(" fields: must be an object")],
    ["fields is a list", { fields: [] }, invalidRequest()],
    ["fields is a text", { fields: "a" }, invalidRequest()],
    [
      "fields of an element is a number",
      { records: [{ fields: 1 }] },
      invalidRequest(" records.0.fields"),
    ],
    ["records is an object", { records: {} }, airtableError(422, "INVALID_RECORDS")],
    ["records is empty", { records: [] }, airtableError(422, "INVALID_RECORDS")],
    ["records holds null", { records: [null] }, airtableError(422, "INVALID_RECORDS")],
    [
      "11 records",
      { records: manyBlank(11) },
      airtableError(
        422,
        "INVALID_RECORDS",
        "A maximum of 10 records can be created per request but you have provided 11.",
      ),
    ],
    [
      "an unknown field",
      { fields: { Nope: 1 } },
      airtableError(422, "UNKNOWN_FIELD_NAME", 'Unknown field name: "Nope"'),
    ],
    [
      "a field name in another case",
      { fields: { name: "a" } },
      airtableError(422, "UNKNOWN_FIELD_NAME"),
    ],
    [
      "a field of another table",
      { fields: { fldAAAAAAAAAAAAAA: "a" } },
      airtableError(422, "UNKNOWN_FIELD_NAME"),
    ],
    [
      "a field named as the prototype",
      '{"fields":{"__proto__":1}}',
      airtableError(422, "UNKNOWN_FIELD_NAME"),
    ],
    [
      "a number as text",
      { fields: { Name: 5 } },
      airtableError(
        422,
        "INVALID_VALUE_FOR_COLUMN",
        'Field "Name" cannot accept the provided value',
      ),
    ],
    [
      "a computed field",
      { fields: { Number: 5 } },
      airtableError(
        422,
        "INVALID_VALUE_FOR_COLUMN",
        'Field "Number" cannot accept a value because the field is computed',
      ),
    ],
    ["NUL in a text", { fields: { Name: "a\0b" } }, airtableError(422, "INVALID_VALUE_FOR_COLUMN")],
    [
      "a number beyond double",
      '{"fields":{"Count":1e999}}',
      airtableError(422, "INVALID_VALUE_FOR_COLUMN"),
    ],
    ["typecast is a text", { fields: {}, typecast: "yes" }, invalidRequest(" typecast")],
    [
      "an object where a text belongs",
      { fields: { Name: { raw: "1" } } },
      airtableError(422, "INVALID_VALUE_FOR_COLUMN"),
    ],
  ])("refused: %s", async (_name, body, answer) => {
    const before = await count();
    expect(await api.data(table, { body })).toMatchObject(answer);
    expect(await count()).toBe(before);
  });

  test("all or nothing", async () => {
    const before = await count();
    const records = [{ fields: { Name: "good" } }, { fields: { Name: 5 } }];
    expect((await api.data(table, { body: { records } })).status).toBe(422);
    expect(await count()).toBe(before);
  });

  test("up to 1,000 records for callers that ask for it", async () => {
    const headers = { "x-basalt-limits": "extended" };
    const made = await api.data(table, { body: { records: manyBlank(1_000) }, headers });
    expect(made.body["records"]).toHaveLength(1_000);
    expect(await api.data(table, { body: { records: manyBlank(1_001) }, headers })).toMatchObject(
      airtableError(
        422,
        "INVALID_RECORDS",
        "A maximum of 1000 records can be created per request but you have provided 1001.",
      ),
    );
    const page = await api.data(`${table}?pageSize=1000`, { headers });
    expect(page.body["records"]).toHaveLength(1_000);
  });
});

async function count(): Promise<number> {
  return countRecords(api, table);
}
