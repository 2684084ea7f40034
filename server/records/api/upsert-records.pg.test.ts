import { beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  MISSING,
  airtableError,
  countRecords,
  createRecord,
  invalidRequest,
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

describe("upsert", () => {
  const upsert = (
    records: unknown,
    fieldsToMergeOn: unknown = ["Name"],
    method = "PATCH",
  ): Promise<TestAnswer> =>
    api.data(table, { method, body: { performUpsert: { fieldsToMergeOn }, records } });

  test("creates, changes, and tells which; both lists always", async () => {
    const id = await create({ Name: "upsert me", Count: 1 });
    const answer = await upsert([
      { fields: { Name: "upsert me", Count: 2 } },
      { fields: { Name: "upsert new" } },
      { id, fields: { Done: true } },
    ]).then(async () =>
      upsert([{ fields: { Name: "upsert me", Count: 3 } }, { fields: { Name: "upsert newer" } }]),
    );
    expect(answer.status).toBe(200);
    const ids = (answer.body["records"] as unknown as { id: string }[]).map((record) => record.id);
    expect(answer.body["updatedRecords"]).toEqual([id]);
    expect(answer.body["createdRecords"]).toEqual([ids[1]]);
    const none = await upsert([{ id, fields: {} }]);
    expect(none.body).toMatchObject({ createdRecords: [], updatedRecords: [id] });
  });

  test("two matches fail the whole call in words that clients look for", async () => {
    await create({ Name: "double" });
    await create({ Name: "double" });
    const before = await count();
    const answer = await upsert([{ fields: { Name: "fresh" } }, { fields: { Name: "double" } }]);
    expect(answer).toMatchObject({
      status: 422,
      body: {
        error: {
          type: "INVALID_REQUEST_UNKNOWN",
          message: expect.stringContaining("Cannot update more than one record"),
        },
      },
    });
    expect(await count()).toBe(before);
  });

  test.each<[string, unknown, unknown, object]>([
    ["no merge fields", [{ fields: {} }], [], invalidRequest(" performUpsert.fieldsToMergeOn")],
    ["four merge fields", [{ fields: {} }], ["Name", "Count", "Done", "State"], invalidRequest()],
    ["the same field twice", [{ fields: {} }], ["Name", "Name"], invalidRequest()],
    ["merge fields as text", [{ fields: {} }], "Name", invalidRequest()],
    ["a number as a merge field", [{ fields: {} }], [1], invalidRequest()],
    [
      "an unknown merge field",
      [{ fields: {} }],
      ["Nope"],
      airtableError(422, "UNKNOWN_FIELD_NAME", 'Unknown field name: "Nope"'),
    ],
    [
      "an unknown id",
      [{ id: MISSING, fields: {} }],
      ["Name"],
      airtableError(422, "ROW_DOES_NOT_EXIST", `Record ID ${MISSING} does not exist in this table`),
    ],
    ["a malformed id", [{ id: "x", fields: {} }], ["Name"], airtableError(422, "INVALID_RECORDS")],
    ["no list", {}, ["Name"], airtableError(422, "INVALID_RECORDS")],
  ])("refused: %s", async (_name, ...[records, mergeOn, answer]) => {
    for (const method of ["PATCH", "PUT"]) {
      expect(await upsert(records, mergeOn, method)).toMatchObject(answer);
    }
  });
});

async function create(fields: object): Promise<string> {
  return createRecord(api, table, fields);
}

async function count(): Promise<number> {
  return countRecords(api, table);
}
