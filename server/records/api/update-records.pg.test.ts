import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  MISSING,
  airtableError,
  createRecord,
  invalidRequest,
  manyBlank,
  openTestApi,
  type TestApi,
  type TestAnswer,
} from "./testing/test-api.ts";

const world = testWorld();
let api: TestApi;
let table: string;

beforeAll(async () => {
  api = await openTestApi(world());
  table = api.table.id;
});

describe("update", () => {
  let id: string;
  beforeEach(async () => {
    id = await create({ Name: "A", Count: 1, Done: true });
  });

  test("PATCH touches what it names; PUT clears the rest; an empty PATCH changes nothing", async () => {
    const before = (await api.data(`${table}/${id}`)).headers.get("etag");
    const nothing = await api.data(`${table}/${id}`, { method: "PATCH", body: { fields: {} } });
    expect(nothing.headers.get("etag")).toBe(before);
    const patched = await api.data(`${table}/${id}/`, {
      method: "PATCH",
      body: { fields: { Count: 2 } },
    });
    expect(patched.body["fields"]).toMatchObject({ Name: "A", Count: 2, Done: true });
    const put = await api.data(`${table}/${id}`, {
      method: "PUT",
      body: { fields: { Name: "B" } },
    });
    expect(put.body["fields"]).toEqual({ Name: "B", Number: expect.any(Number) });
    expect(await fieldsOf(id)).toEqual(put.body["fields"]);
  });

  test("batch, with createdTime in the elements and a slash after the table", async () => {
    const second = await create({ Name: "C" });
    const records = [
      { id: second, createdTime: "2020-01-01T00:00:00.000Z", fields: { Name: "D" } },
      { id, fields: { Name: "E" } },
    ];
    const answer = await api.data(`${table}/`, { method: "PATCH", body: { records } });
    expect(answer.body["records"]).toMatchObject([
      { id: second, fields: { Name: "D" } },
      { id, fields: { Name: "E", Count: 1 } },
    ]);
    const put = await api.data(table, {
      method: "PUT",
      body: { records: [{ id, fields: { Count: 5 } }] },
    });
    expect(put.body["records"]).toMatchObject([{ id, fields: { Count: 5 } }]);
    expect(await fieldsOf(id)).not.toHaveProperty("Name");
  });

  test("If-Match: the version, any, another one (with the record as it is)", async () => {
    const path = `${table}/${id}`;
    const etag = (await api.data(path)).headers.get("etag") ?? "";
    const write = (tag: string, method = "PATCH"): Promise<TestAnswer> =>
      api.data(path, { method, body: { fields: { Name: "mine" } }, headers: { "if-match": tag } });
    const first = await write(etag);
    expect(first.status).toBe(200);
    expect(first.headers.get("etag")).not.toBe(etag);
    const second = await write(etag, "PUT");
    expect(second.status).toBe(412);
    expect(second.body["error"]?.["type"]).toEqual(expect.any(String));
    expect(second.body["current"]).toMatchObject({ id, fields: { Name: "mine" } });
    for (const tag of ['"abc"', 'W/"1"', "1"]) {
      expect((await write(tag)).status).toBe(412);
    }
    expect((await write("*")).status).toBe(200);
    expect(await write('"1", "2"')).toMatchObject(invalidRequest(" If-Match"));
    const batch = {
      method: "PATCH",
      body: { records: [{ id, fields: {} }] },
      headers: { "if-match": etag },
    };
    expect(await api.data(table, batch)).toMatchObject(invalidRequest(" If-Match"));
  });

  const WRONG =
    'You must provide an array of up to 10 record objects, each with an "id" ID field and a "fields" object for cell values.';
  test.each<[string, unknown, object]>([
    [
      "nothing",
      {},
      airtableError(
        422,
        "INVALID_REQUEST_MISSING_FIELDS",
        'Could not find field "fields" in the request body',
      ),
    ],
    ["no list", { records: "x" }, airtableError(422, "INVALID_RECORDS", WRONG)],
    ["an empty list", { records: [] }, airtableError(422, "INVALID_RECORDS", WRONG)],
    [
      "11 elements",
      { records: manyBlank(11).map((each) => ({ ...each, id: MISSING })) },
      airtableError(422, "INVALID_RECORDS", WRONG),
    ],
    ["no id", { records: [{ fields: {} }] }, airtableError(422, "INVALID_RECORDS", WRONG)],
    [
      "a malformed id",
      { records: [{ id: "rec1", fields: {} }] },
      airtableError(422, "INVALID_RECORDS", WRONG),
    ],
    ["no fields", { records: [{ id: MISSING }] }, airtableError(422, "INVALID_RECORDS", WRONG)],
    [
      "the same id twice",
      {
        records: [
          { id: MISSING, fields: {} },
          { id: MISSING, fields: {} },
        ],
      },
      airtableError(422, "INVALID_RECORDS"),
    ],
    [
      "a record that is not there",
      { records: [{ id: MISSING, fields: { Name: "x" } }] },
      airtableError(422, "ROW_DOES_NOT_EXIST", `Record ID ${MISSING} does not exist in this table`),
    ],
    [
      "an unknown field",
      { records: [{ id: MISSING, fields: { Nope: 1 } }] },
      airtableError(422, "UNKNOWN_FIELD_NAME"),
    ],
  ])("batch refused: %s", async (_name, body, answer) => {
    for (const method of ["PATCH", "PUT"]) {
      expect(await api.data(table, { method, body })).toMatchObject(answer);
    }
  });

  test.each<[string, unknown, object]>([
    [
      "not there",
      { fields: { Name: "x" } },
      airtableError(404, "MODEL_ID_NOT_FOUND", "Record not found"),
    ],
    [
      "not there, nothing to change",
      { fields: {} },
      airtableError(404, "MODEL_ID_NOT_FOUND", "Record not found"),
    ],
    ["no fields", {}, airtableError(422, "INVALID_REQUEST_MISSING_FIELDS")],
    [
      "a wrong value comes before a missing record",
      { fields: { Name: 1 } },
      airtableError(422, "INVALID_VALUE_FOR_COLUMN"),
    ],
    ["a computed field", { fields: { Number: 1 } }, airtableError(422, "INVALID_VALUE_FOR_COLUMN")],
  ])("one refused: %s", async (_name, body, answer) => {
    for (const method of ["PATCH", "PUT"]) {
      expect(await api.data(`${table}/${MISSING}`, { method, body })).toMatchObject(answer);
    }
  });
});

async function create(fields: object): Promise<string> {
  return createRecord(api, table, fields);
}

async function fieldsOf(id: string): Promise<unknown> {
  return (await api.data(`${table}/${id}`)).body["fields"];
}
