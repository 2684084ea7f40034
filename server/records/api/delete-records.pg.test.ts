import { beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  MISSING,
  airtableError,
  createRecord,
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

describe("delete", () => {
  test("one", async () => {
    const id = await create({ Name: "gone" });
    const path = `${table}/${id}`;
    const stale = await api.data(path, { method: "DELETE", headers: { "if-match": '"1"' } });
    expect(stale).toMatchObject({ status: 412, body: { current: { id } } });
    const answer = await api.data(path, { method: "DELETE" });
    expect(answer).toMatchObject({ status: 200, text: `{"id":"${id}","deleted":true}` });
    expect(await api.data(path, { method: "DELETE" })).toMatchObject(
      airtableError(404, "MODEL_ID_NOT_FOUND", "Record not found"),
    );
  });

  test.each([
    ["brackets", (ids: string[]) => ids.map((id) => `records[]=${id}`)],
    ["indices", (ids: string[]) => ids.map((id, at) => `records%5B${at}%5D=${id}`)],
    ["repeated", (ids: string[]) => ids.map((id) => `records=${id}`)],
  ])("several: %s", async (_name, write) => {
    const ids = [await create({}), await create({})];
    const answer = await api.data(`${table}?${write(ids).join("&")}`, { method: "DELETE" });
    expect(answer.body).toEqual({ records: ids.map((id) => ({ id, deleted: true })) });
  });

  const IDS = "You must provide an array of up to 10 record IDs.";
  test.each<[string, string, object]>([
    ["none", "", airtableError(422, "INVALID_RECORDS", IDS)],
    ["an empty one", "records[]=", airtableError(422, "INVALID_RECORDS", IDS)],
    [
      "11",
      Array.from({ length: 11 }, () => `records[]=${MISSING}`).join("&"),
      airtableError(422, "INVALID_RECORDS", IDS),
    ],
    ["malformed", "records[]=rec1", airtableError(422, "INVALID_RECORDS", IDS)],
    [
      "twice the same",
      `records[]=${MISSING}&records[]=${MISSING}`,
      airtableError(422, "INVALID_RECORDS"),
    ],
    [
      "not there",
      `records[]=${MISSING}`,
      airtableError(422, "ROW_DOES_NOT_EXIST", `Record ID ${MISSING} does not exist in this table`),
    ],
  ])("refused: %s", async (_name, search, answer) => {
    expect(await api.data(`${table}?${search}`, { method: "DELETE" })).toMatchObject(answer);
  });

  test("all or nothing", async () => {
    const id = await create({});
    await api.data(`${table}?records[]=${id}&records[]=${MISSING}`, { method: "DELETE" });
    expect((await api.data(`${table}/${id}`)).status).toBe(200);
  });
});

async function create(fields: object): Promise<string> {
  return createRecord(api, table, fields);
}
