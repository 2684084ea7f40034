import { beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  MISSING,
  airtableError,
  createRecord,
  invalidRequest,
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

describe("get", () => {
  let id: string;
  beforeAll(async () => {
    id = await createRecord(api, table, { Name: "A", Count: 1_234, Done: true });
  });

  test("by field id, and as text", async () => {
    const byId = await api.data(`${table}/${id}?returnFieldsByFieldId=1`);
    expect(byId.body["fields"]).toMatchObject({ [api.field("Name").id]: "A" });
    const shown = await api.data(
      `${table}/${id}/?cellFormat=string&timeZone=Europe%2FBerlin&userLocale=en-gb`,
    );
    expect(shown.body["fields"]).toMatchObject({ Name: "A", Done: "checked" });
    expect((await api.data(`${table}/${id}?timeZone=x&userLocale=y`)).status).toBe(200);
  });

  test("304 where If-None-Match names the version", async () => {
    const etag = (await api.data(`${table}/${id}`)).headers.get("etag") ?? "";
    for (const tag of [etag, `W/${etag}`, `"0", ${etag}`, "*"]) {
      const known = await api.data(`${table}/${id}`, { headers: { "if-none-match": tag } });
      expect(known).toMatchObject({ status: 304, text: "" });
      expect(known.headers.get("etag")).toBe(etag);
    }
    const other = await api.data(`${table}/${id}`, { headers: { "if-none-match": '"0"' } });
    expect(other.status).toBe(200);
  });

  test.each<[string, string, object]>([
    ["not there", MISSING, airtableError(404, "MODEL_ID_NOT_FOUND", "Record not found")],
    ["a malformed id", "recA", { status: 404, body: { error: "NOT_FOUND" } }],
    [
      "fields",
      `${MISSING}?fields[]=Name`,
      invalidRequest(" fields: is not supported for a single record"),
    ],
    [
      "string without zone",
      `${MISSING}?cellFormat=string&userLocale=en`,
      invalidRequest(" timeZone"),
    ],
    [
      "string without locale",
      `${MISSING}?cellFormat=string&timeZone=utc`,
      invalidRequest(" userLocale"),
    ],
    [
      "a bad zone",
      `${MISSING}?cellFormat=string&timeZone=Mars/Base&userLocale=en`,
      invalidRequest(" timeZone"),
    ],
    [
      "a bad locale",
      `${MISSING}?cellFormat=string&timeZone=utc&userLocale=_`,
      invalidRequest(" userLocale"),
    ],
    ["a bad format", `${MISSING}?cellFormat=xml`, invalidRequest(" cellFormat")],
    [
      "a bad flag",
      `${MISSING}?returnFieldsByFieldId=yes`,
      invalidRequest(" returnFieldsByFieldId"),
    ],
  ])("refused: %s", async (_name, path, answer) => {
    expect(await api.data(`${table}/${path}`)).toMatchObject(answer);
  });

  test("a record of another table is not found", async () => {
    expect(await api.data(`${api.other.id}/${id}`)).toMatchObject(
      airtableError(404, "MODEL_ID_NOT_FOUND", "Record not found"),
    );
  });
});

describe("list", () => {
  beforeAll(async () => {
    const records = Array.from({ length: 10 }, (_, at) => ({
      fields: { Name: `n${at}`, Count: at % 3 },
    }));
    for (const at of [0, 1]) {
      await api.data(api.other.id, {
        body: { records: records.map((_, i) => ({ fields: { Name: `o${at}${i}` } })) },
      });
    }
  });

  test("pages until offset is absent; every record once; no key for no offset", async () => {
    const seen: string[] = [];
    let offset: string | undefined;
    const sizes: number[] = [];
    do {
      const next = offset === undefined ? "&offset=" : `&offset=${encodeURIComponent(offset)}`;
      const page = await api.data(`${api.other.id}?pageSize=8${next}`);
      const records = page.body["records"] as unknown as { id: string }[];
      sizes.push(records.length);
      seen.push(...records.map(({ id }) => id));
      expect(page.headers.get("x-basalt-txn")).toMatch(/^\d+$/);
      offset = page.body["offset"];
    } while (offset !== undefined);
    expect(sizes).toEqual([8, 8, 4]);
    expect(new Set(seen).size).toBe(20);
    const whole = await api.data(`${api.other.id}?`);
    expect(Object.keys(whole.body)).toEqual(["records"]);
  });

  test("maxRecords over all pages", async () => {
    const first = await api.data(`${api.other.id}?pageSize=4&maxRecords=6`);
    expect(first.body["records"]).toHaveLength(4);
    const offset = encodeURIComponent(first.body["offset"] ?? "");
    const second = await api.data(`${api.other.id}?pageSize=4&maxRecords=6&offset=${offset}`);
    expect(second.body["records"]).toHaveLength(2);
    expect(second.body).not.toHaveProperty("offset");
  });

  test("fields, sort, metadata, by id; the same by POST", async () => {
    const search =
      "fields%5B%5D=Name&sort%5B0%5D%5Bfield%5D=Name&sort%5B0%5D%5Bdirection%5D=desc&pageSize=2" +
      "&recordMetadata%5B%5D=commentCount&recordMetadata%5B%5D=version&returnFieldsByFieldId=true&typo=1";
    const byGet = await api.data(`${api.other.id}?${search}`);
    const [nameId] = api.other.fields.map((field) => field.id);
    expect(byGet.body["records"]).toMatchObject([
      { fields: { [nameId ?? ""]: "o19" }, commentCount: 0, version: expect.any(Number) },
      { fields: { [nameId ?? ""]: "o18" } },
    ]);
    const byPost = await api.data(`${api.other.id}/listRecords?timeZone=utc&userLocale=en`, {
      body: {
        fields: ["Name"],
        sort: [{ field: "Name", direction: "desc" }],
        pageSize: 2,
        recordMetadata: ["commentCount", "version"],
        returnFieldsByFieldId: true,
        method: "post",
        timeZone: "utc",
        offset: "",
        view: "",
      },
    });
    expect(byPost.body["records"]).toEqual(byGet.body["records"]);
  });

  test("by view name and id", async () => {
    const [view] = api.table.views;
    expect((await api.data(`${table}?view=Grid+view`)).status).toBe(200);
    expect((await api.data(`${table}?view=${view?.id}`)).status).toBe(200);
  });

  const ofOther = (): string => api.other.views[0]?.id ?? "";
  test.each<[string, string | (() => string), object]>([
    ["pageSize 101", "pageSize=101", invalidRequest(" pageSize: must be from 1 to 100")],
    ["pageSize 0", "pageSize=0", invalidRequest(" pageSize")],
    ["pageSize -1", "pageSize=-1", invalidRequest(" pageSize")],
    ["pageSize ten", "pageSize=ten", invalidRequest(" pageSize")],
    ["limit 101", "limit=101", invalidRequest(" pageSize")],
    ["maxRecords 0", "maxRecords=0", invalidRequest(" maxRecords")],
    ["cellFormat xml", "cellFormat=xml", invalidRequest(" cellFormat")],
    ["string without a zone", "cellFormat=string", invalidRequest(" timeZone")],
    [
      "unknown field",
      "fields[]=Nope",
      airtableError(422, "UNKNOWN_FIELD_NAME", 'Unknown field name: "Nope"'),
    ],
    [
      "unknown sort",
      "sort[0][field]=Nope",
      airtableError(422, "UNKNOWN_FIELD_NAME", 'Unknown field name: "Nope"'),
    ],
    ["sort direction", "sort[0][field]=Name&sort[0][direction]=up", invalidRequest(" sort")],
    ["sort without field", "sort[0][direction]=asc", invalidRequest(" sort")],
    ["metadata", "recordMetadata[]=secrets", invalidRequest(" recordMetadata")],
    [
      "unknown view name",
      "view=Nope",
      airtableError(422, "VIEW_NAME_NOT_FOUND", "View Nope not found"),
    ],
    [
      "unknown view id",
      "view=viwAAAAAAAAAAAAAA",
      airtableError(422, "VIEW_ID_NOT_FOUND", "View viwAAAAAAAAAAAAAA not found"),
    ],
    [
      "a view of another table",
      () => `view=${ofOther()}`,
      airtableError(422, "FAILED_STATE_CHECK"),
    ],
    [
      "offset that is none",
      "offset=abc",
      airtableError(422, "INVALID_OFFSET_VALUE", "The value of offset abc is invalid"),
    ],
    [
      "a formula that is none",
      "filterByFormula=1%2B",
      airtableError(
        422,
        "INVALID_FILTER_BY_FORMULA",
        "The formula for filtering records is invalid: Invalid formula. Please check your formula text.",
      ),
    ],
    [
      "fields that are not there",
      "filterByFormula=AND({First+Name},{LastName})",
      airtableError(
        422,
        "INVALID_FILTER_BY_FORMULA",
        "The formula for filtering records is invalid: Unknown field names: first name, lastname",
      ),
    ],
    [
      "a function that is not there",
      "filterByFormula=IFERROR(1,2)",
      airtableError(
        422,
        "INVALID_FILTER_BY_FORMULA",
        "The formula for filtering records is invalid: Unknown function names: IFERROR",
      ),
    ],
    ["NUL in a field name", "fields[]=a%00b", airtableError(422, "UNKNOWN_FIELD_NAME")],
  ])("refused: %s", async (_name, search, answer) => {
    const text = typeof search === "string" ? search : search();
    expect(await api.data(`${table}?${text}`)).toMatchObject(answer);
  });

  test.each<[string, object]>([
    ["pageSize as text", { pageSize: "10" }],
    ["pageSize 101", { pageSize: 101 }],
    ["sort with an object for a field", { sort: [{ field: { raw: "1" } }] }],
    ["sort with a direction of its own", { sort: [{ field: "Name", direction: "up" }] }],
    ["fields as an object", { fields: {} }],
    ["metadata", { recordMetadata: ["secrets"] }],
    ["flag as text", { returnFieldsByFieldId: "true" }],
    ["view as a number", { view: 1 }],
  ])("refused by POST: %s", async (_name, body) => {
    expect(await api.data(`${table}/listRecords`, { body })).toMatchObject(invalidRequest());
  });

  test("an offset of another table, or one that was touched, is no live iterator", async () => {
    const page = await api.data(`${api.other.id}?pageSize=3`);
    const offset = page.body["offset"] ?? "";
    const elsewhere = await api.data(`${table}?pageSize=3&offset=${encodeURIComponent(offset)}`);
    expect(elsewhere).toMatchObject(airtableError(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"));
    expect(elsewhere.body["error"]).not.toHaveProperty("message");
  });
});
