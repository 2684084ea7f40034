import { beforeAll, describe, expect, test } from "vitest";
import { type AirtableBase, cells, clientOf, failure } from "./airtable-js-client.ts";
import { makeKey } from "./api.ts";
import { type JourneyBase, makeJourneyBase, TASKS } from "./journey-base.ts";
import { journeyServer } from "./journey-server.ts";

const running = journeyServer();
let made: JourneyBase;
let base: AirtableBase;

beforeAll(async () => {
  const { url, key, workspaceId } = running();
  made = await makeJourneyBase(url, key, workspaceId);
  base = clientOf({ url, key, baseId: made.id });
});

describe("errors are those that programs know", () => {
  const refusals = [
    ["an unknown field", cells({ Nope: 1 }), "UNKNOWN_FIELD_NAME", 'Unknown field name: "Nope"'],
    ["a wrong type", cells({ Count: "many" }), "INVALID_VALUE_FOR_COLUMN", 'Field "Count" cannot'],
    ["an unknown choice", cells({ State: "no" }), "INVALID_MULTIPLE_CHOICE_OPTIONS", '""no""'],
    ["a computed field", cells({ Number: 1 }), "INVALID_VALUE_FOR_COLUMN", "computed"],
    ["a text as link", cells({ Project: ["foo"] }), "INVALID_RECORD_ID", '"foo"'],
    [
      "a link to nothing",
      cells({ Project: ["recAAAAAAAAAAAAAA"] }),
      "ROW_DOES_NOT_EXIST",
      "recAAAAAAAAAAAAAA",
    ],
  ] as const;
  test.each(refusals)("422 for %s", async (...[, written, error, message]) => {
    expect(await failure(base(TASKS).create(written))).toMatchObject({
      error,
      message: expect.stringContaining(message),
      statusCode: 422,
    });
  });

  test("422 for eleven records, and for none of them written", async () => {
    const before = await base(TASKS).select().all();
    const list = Array.from({ length: 11 }, () => ({ fields: cells({ Name: "many" }) }));
    expect(await failure(base(TASKS).create(list))).toEqual({
      error: "INVALID_RECORDS",
      message: "A maximum of 10 records can be created per request but you have provided 11.",
      statusCode: 422,
    });
    expect(await base(TASKS).select().all()).toHaveLength(before.length);
  });

  test("422 for a formula that is none, for a bad page size, for an unknown view", async () => {
    const formula = base(TASKS).select({ filterByFormula: "{Count} >" }).all();
    expect(await failure(formula)).toMatchObject({
      error: "INVALID_FILTER_BY_FORMULA",
      statusCode: 422,
    });
    expect(await failure(base(TASKS).select({ pageSize: 101 }).all())).toMatchObject({
      error: "INVALID_REQUEST_UNKNOWN",
      statusCode: 422,
    });
    expect(await failure(base(TASKS).select({ view: "No view" }).all())).toMatchObject({
      error: "VIEW_NAME_NOT_FOUND",
      statusCode: 422,
    });
  });

  test("401 for a key that is none", async () => {
    const key = `pat${"A".repeat(14)}.${"0".repeat(64)}`;
    expect(
      await failure(
        clientOf({ url: running().url, key: key, baseId: made.id })(TASKS).select().all(),
      ),
    ).toMatchObject({
      error: "AUTHENTICATION_REQUIRED",
      statusCode: 401,
    });
  });

  test("403 for a missing scope, an unknown table, a base outside the key's reach", async () => {
    const { url, owner, workspaceId, key } = running();
    const refused = { error: "NOT_AUTHORIZED", statusCode: 403 };
    const reader = await makeKey(url, owner.session, { scopes: ["data.records:read"] });
    const writing = clientOf({ url: running().url, key: reader.key, baseId: made.id })(
      TASKS,
    ).create(cells({ Name: "no" }));
    expect(await failure(writing)).toMatchObject(refused);
    expect(await failure(base("No such table").select().all())).toMatchObject(refused);
    const other = await makeJourneyBase(url, key, workspaceId);
    const narrow = await makeKey(url, owner.session, { bases: [other.id] });
    expect(
      await failure(
        clientOf({ url: running().url, key: narrow.key, baseId: made.id })(TASKS).select().all(),
      ),
    ).toMatchObject(refused);
  });

  test("404 for a record that is not there, and for an id that is none", async () => {
    expect(await failure(base(TASKS).find("recAAAAAAAAAAAAAA"))).toMatchObject({
      error: "NOT_FOUND",
      message: "Record not found",
      statusCode: 404,
    });
    expect(await failure(base(TASKS).find("rec1"))).toMatchObject({
      error: "NOT_FOUND",
      statusCode: 404,
    });
  });

  test("413 for a body over the limit", async () => {
    const huge = base(TASKS).create(cells({ Notes: "x".repeat(3 * 1024 * 1024) }));
    expect(await failure(huge)).toMatchObject({ error: "REQUEST_TOO_LARGE", statusCode: 413 });
  });
});
