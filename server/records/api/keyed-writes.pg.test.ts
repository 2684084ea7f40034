import { beforeAll, describe, expect, test } from "vitest";
import { IdempotentReplay, ticketFor } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { createRecord, openTestApi, type TestApi } from "./testing/test-api.ts";

const world = testWorld();
let api: TestApi;
let table: string;

beforeAll(async () => {
  api = await openTestApi(world());
  table = api.table.id;
});

describe("a keyed write is answered again with the same bytes", () => {
  let keys = 0;
  const replayed = async (path: string, call: { method: string; body?: object }): Promise<void> => {
    const actor = api.people.owner;
    const key = `key ${(keys += 1)}`;
    const ticket = (): ReturnType<typeof ticketFor> =>
      ticketFor(world(), {
        key,
        actor,
        method: call.method,
        target: path,
        body: Buffer.from(JSON.stringify(call.body ?? "")),
      });
    const first = await api.data(path, { ...call, scope: { idempotency: ticket() } });
    expect(first.status).toBe(200);
    const again = await ticket()
      .look(world().db)
      .catch((thrown: unknown) => thrown);
    expect(again).toBeInstanceOf(IdempotentReplay);
    const { answer } = again as IdempotentReplay;
    expect(answer).toMatchObject({ status: 200, body: first.text });
    for (const name of ["x-basalt-txn", "content-type"]) {
      expect(answer.headers[name]).toBe(first.headers.get(name));
    }
  };

  test("create, update, upsert, delete, upload", async () => {
    const id = await create({ Name: "keyed" });
    const fields = { Name: "keyed again" };
    await replayed(table, { method: "POST", body: { fields } });
    await replayed(table, { method: "POST", body: { records: [{ fields }] } });
    await replayed(`${table}/${id}`, { method: "PATCH", body: { fields } });
    await replayed(table, { method: "PUT", body: { records: [{ id, fields }] } });
    const performUpsert = { fieldsToMergeOn: ["Count"] };
    await replayed(table, {
      method: "PATCH",
      body: { performUpsert, records: [{ fields: { Count: 991 } }] },
    });
    const file = { contentType: "text/plain", filename: "a.txt", file: "aGVsbG8=" };
    await replayed(`${id}/${api.field("Files").id}/uploadAttachment`, {
      method: "POST",
      body: file,
    });
    await replayed(`${table}/${id}`, { method: "DELETE" });
  });
});

async function create(fields: object): Promise<string> {
  return createRecord(api, table, fields);
}
