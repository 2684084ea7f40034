import { beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  airtableError,
  createRecord,
  invalidRequest,
  openTestApi,
  withKey,
  type TestAnswer,
  type TestApi,
  type TestCall,
} from "./testing/test-api.ts";

const world = testWorld();
let api: TestApi;
let base: string;

beforeAll(async () => {
  api = await openTestApi(world());
  base = `/v0/meta/bases/${api.baseId}`;
});

const tables = (path: string, call?: TestCall): Promise<TestAnswer> =>
  api.call(`${base}/tables${path}`, call);
const text = (name: string): object => ({ name, type: "singleLineText" });

describe("whoami", () => {
  test("a session sees its address, a key only with the scope; no scope is needed for the id", async () => {
    const { owner } = api.people;
    expect((await api.call("/v0/meta/whoami")).body).toEqual({
      id: owner.userId,
      email: owner.email,
    });
    const bare = await api.call("/v0/meta/whoami", { actor: withKey(owner, []) });
    expect(bare.body).toEqual({ id: owner.userId });
    const mail = await api.call("/v0/meta/whoami/?", {
      actor: withKey(owner, ["user.email:read"]),
    });
    expect(mail.body).toEqual({ id: owner.userId, email: owner.email });
  });
});

describe("bases", () => {
  test("list: with the caller's level; without the next page no offset", async () => {
    const list = async (actor: TestCall["actor"]): Promise<unknown> =>
      (await api.call("/v0/meta/bases?offset=", actor === undefined ? {} : { actor })).body;
    const one = (permissionLevel: string): object => ({
      bases: [{ id: api.baseId, name: "Base", permissionLevel }],
    });
    expect(await list(api.people.owner)).toEqual(one("create"));
    expect(await list(api.people.editor)).toEqual(one("edit"));
    expect(await list(api.people["read-only"])).toEqual(one("read"));
    expect(await list(api.people.stranger)).toEqual({ bases: [] });
    expect(await api.call("/v0/meta/bases?offset=nonsense")).toMatchObject(
      airtableError(422, "INVALID_OFFSET_VALUE", "The value of offset nonsense is invalid"),
    );
    const lacking = await api.call("/v0/meta/bases", { actor: withKey(api.people.owner, []) });
    expect(lacking).toMatchObject(airtableError(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"));
  });

  const newBase = (more: object = {}): object => ({
    name: "Made",
    workspaceId: api.workspaceId,
    tables: [
      {
        name: "T",
        description: "d",
        fields: [text("Name"), { name: "N", type: "number", options: { precision: 1 } }],
      },
    ],
    ...more,
  });

  test("create, then delete", async () => {
    const made = await api.call("/v0/meta/bases", { body: newBase(), actor: api.people.creator });
    expect(made).toMatchObject({
      status: 200,
      body: {
        id: expect.stringMatching(/^app[A-Za-z0-9]{14}$/),
        tables: [
          {
            name: "T",
            description: "d",
            fields: [
              { name: "Name", type: "singleLineText" },
              { name: "N", options: { precision: 1 } },
            ],
            views: [{ name: "Grid view", type: "grid" }],
          },
        ],
      },
    });
    const path = `/v0/meta/bases/${made.body["id"]}`;
    expect((await api.call(path, { method: "DELETE" })).body).toEqual({
      id: made.body["id"],
      deleted: true,
    });
    expect(await api.call(`${path}/tables`)).toMatchObject(
      airtableError(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
    );
  });

  test.each<[string, () => object, object]>([
    ["no name", () => newBase({ name: undefined }), invalidRequest(" name: is required")],
    ["an empty name", () => newBase({ name: " " }), invalidRequest(" name")],
    [
      "a malformed workspace",
      () => newBase({ workspaceId: "wsp1" }),
      invalidRequest(" workspaceId"),
    ],
    ["no tables", () => newBase({ tables: [] }), invalidRequest(" tables")],
    [
      "a table without fields",
      () => newBase({ tables: [{ name: "T", fields: [] }] }),
      invalidRequest(" tables.0.fields"),
    ],
    [
      "an unknown key",
      () => newBase({ color: "red" }),
      invalidRequest(" color: is not known here"),
    ],
    [
      "an unknown key inside",
      () => newBase({ tables: [{ name: "T", fields: [{ ...text("A"), x: 1 }] }] }),
      invalidRequest(" tables.0.fields.0.x: is not known here"),
    ],
    [
      "an unknown type",
      () => newBase({ tables: [{ name: "T", fields: [{ name: "A", type: "text" }] }] }),
      invalidRequest(" tables.0.fields.0.type: must be one of singleLineText, "),
    ],
    [
      "501 fields",
      () =>
        newBase({
          tables: [{ name: "T", fields: Array.from({ length: 501 }, (_, at) => text(`f${at}`)) }],
        }),
      invalidRequest(" tables.0.fields: must have at most 500 items"),
    ],
    [
      "a workspace that is not there",
      () => newBase({ workspaceId: "wspAAAAAAAAAAAAAA" }),
      airtableError(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
    ],
    [
      "the same field name twice",
      () => newBase({ tables: [{ name: "T", fields: [text("A"), text("a")] }] }),
      airtableError(
        422,
        "DUPLICATE_OR_EMPTY_FIELD_NAME",
        "Field names must be unique and non-empty",
      ),
    ],
  ])("refused: %s", async (_name, body, answer) => {
    expect(await api.call("/v0/meta/bases", { body: body() })).toMatchObject(answer);
  });

  test("an editor of the workspace may not", async () => {
    const answer = await api.call("/v0/meta/bases", { body: newBase(), actor: api.people.editor });
    expect(answer).toMatchObject(airtableError(403, "INVALID_PERMISSIONS"));
  });
});

describe("schema", () => {
  test("tables with fields and views; visible fields only when asked, in any dialect", async () => {
    const { body, headers } = await tables("");
    expect(body["tables"]).toMatchObject([
      {
        id: api.table.id,
        name: "Tasks/To do",
        primaryFieldId: api.field("Name").id,
        views: [{ type: "grid" }],
      },
      { id: api.other.id },
    ]);
    expect(headers.get("x-basalt-txn")).toMatch(/^\d+$/);
    expect(body["tables"]?.[0]?.["views"]?.[0]).not.toHaveProperty("visibleFieldIds");
    for (const search of [
      "include=visibleFieldIds",
      "include[]=visibleFieldIds",
      "include%5B0%5D=visibleFieldIds",
    ]) {
      const asked = await tables(`/?${search}`);
      expect(asked.body["tables"]?.[0]?.["views"]?.[0]?.["visibleFieldIds"]).toHaveLength(
        api.table.fields.length,
      );
    }
  });

  test("tables: create, rename by name, duplicate, delete", async () => {
    const made = await tables("", { body: { name: "New", fields: [text("Name")] } });
    expect(made).toMatchObject({
      status: 200,
      body: { name: "New", primaryFieldId: expect.any(String) },
    });
    const before = Number(made.headers.get("x-basalt-txn"));
    const renamed = await tables("/new", {
      method: "PATCH",
      body: { name: "A/B", description: "x" },
    });
    expect(renamed.body).toMatchObject({ id: made.body["id"], name: "A/B", description: "x" });
    expect(Number(renamed.headers.get("x-basalt-txn"))).toBeGreaterThan(before);
    expect(await tables("", { body: { name: "a/b", fields: [text("Name")] } })).toMatchObject(
      airtableError(422, "DUPLICATE_TABLE_NAME", "Cannot create table: table name already exists"),
    );
    expect(await tables("/A%2FB", { method: "PATCH", body: {} })).toMatchObject(invalidRequest());
    expect(await tables("/A%2FB", { method: "PATCH", body: { color: 1 } })).toMatchObject(
      invalidRequest(),
    );
    const gone = await tables("/A%2FB", { method: "DELETE" });
    expect(gone.body).toEqual({ id: made.body["id"], deleted: true });
    expect(await api.data("A%2FB")).toMatchObject(
      airtableError(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
    );
  });

  test("a refusal names the input and its rule", async () => {
    const { id } = api.table;
    const nul = { name: "A" + String.fromCharCode(0) };
    expect(await tables(`/${id}`, { method: "PATCH", body: nul })).toMatchObject(
      invalidRequest(" name: cannot hold the NUL character"),
    );
    expect(
      await tables(`/${id}`, { method: "PATCH", body: { name: "x".repeat(256) } }),
    ).toMatchObject(invalidRequest(" name: must have at most 255 characters"));
  });

  test("fields: create, rename, refuse, delete", async () => {
    const path = `/${api.other.id}/fields`;
    const made = await tables(path, { body: { ...text("Note"), description: "d" } });
    expect(made.body).toEqual({
      id: expect.any(String),
      name: "Note",
      type: "singleLineText",
      description: "d",
    });
    const own = `${path}/${made.body["id"]}`;
    const renamed = await tables(own, {
      method: "PATCH",
      body: { name: "Memo", description: null },
    });
    expect(renamed.body).toEqual({ id: made.body["id"], name: "Memo", type: "singleLineText" });
    for (const name of ["", " ", "NAME"]) {
      const refusal = airtableError(
        422,
        "DUPLICATE_OR_EMPTY_FIELD_NAME",
        "Field names must be unique and non-empty",
      );
      expect(await tables(path, { body: text(name) })).toMatchObject(refusal);
      expect(await tables(own, { method: "PATCH", body: { name } })).toMatchObject(refusal);
    }
    const wrong = [
      {},
      { dryRun: true },
      { type: "number", name: "x" },
      { type: "text" },
      { x: 1 },
      { name: 1 },
    ];
    for (const body of wrong) {
      expect(await tables(own, { method: "PATCH", body })).toMatchObject(invalidRequest());
    }
    expect(await tables(path, { body: { name: "X", type: "aiText" } })).toMatchObject(
      airtableError(422, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE"),
    );
    expect(await tables(path, { body: { name: "X", type: "number" } })).toMatchObject(
      airtableError(422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE"),
    );
    expect((await tables(own, { method: "DELETE" })).body).toEqual({
      id: made.body["id"],
      deleted: true,
    });
    expect(await tables(own, { method: "DELETE" })).toMatchObject(
      airtableError(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
    );
  });

  test("a field is converted; a dry run only counts", async () => {
    const field = await tables(`/${api.other.id}/fields`, { body: text("Amount") });
    const path = `/${api.other.id}/fields/${field.body["id"]}`;
    const good = await createRecord(api, api.other.id, { Amount: "12" });
    await createRecord(api, api.other.id, { Amount: "twelve" });
    const change = { type: "number", options: { precision: 0 } };
    const counted = await tables(path, { method: "PATCH", body: { ...change, dryRun: true } });
    expect(counted).toMatchObject({
      status: 200,
      body: { type: "number", conversion: { cells: 2, lost: 1 } },
    });
    expect((await api.data(`${api.other.id}/${good}`)).body["fields"]).toMatchObject({
      Amount: "12",
    });
    const done = await tables(path, { method: "PATCH", body: change });
    expect(done.body).toMatchObject({ type: "number", conversion: { cells: 2, lost: 1 } });
    expect((await api.data(`${api.other.id}/${good}`)).body["fields"]).toMatchObject({
      Amount: 12,
    });
  });

  test("views", async () => {
    const list = await api.call(`${base}/views?include[]=visibleFieldIds`);
    expect(list.body["views"]).toMatchObject([
      { name: "Grid view", type: "grid", visibleFieldIds: expect.any(Array) },
      { name: "Grid view" },
    ]);
    const id = list.body["views"]?.[0]?.["id"] ?? "";
    expect((await api.call(`${base}/views/${id}`)).body).toEqual({
      id,
      name: "Grid view",
      type: "grid",
    });
    expect(await api.call(`${base}/views/viwAAAAAAAAAAAAAA`)).toMatchObject(
      airtableError(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"),
    );
    expect((await api.call(`${base}/views/${id}`, { method: "DELETE" })).status).toBe(422);
  });
});

describe("change feed", () => {
  const feed = (search: string, call?: TestCall): Promise<TestAnswer> =>
    api.call(`/api/v1/bases/${api.baseId}/changes${search}`, call);

  test("from the beginning in steps: in order, without gaps, then nothing more", async () => {
    await createRecord(api, api.table.id, { Name: "noted" });
    const numbers: number[] = [];
    let after = 0;
    for (let more = true; more;) {
      const { status, body } = await feed(`?after=${after}&limit=3`);
      expect(status).toBe(200);
      const changes = body["changes"] as unknown as { txn: number }[];
      numbers.push(...changes.map(({ txn }) => txn));
      after = Number(body["cursor"]);
      more = String(body["mightHaveMore"]) === "true";
    }
    expect([...new Set(numbers)]).toEqual(Array.from({ length: after }, (_, at) => at + 1));
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    const last = await feed(`?after=${after - 1}`);
    expect(last.body["changes"]).toMatchObject([
      {
        baseId: api.baseId,
        name: "records.created",
        tableId: api.table.id,
        source: "api",
        cause: [],
      },
    ]);
    expect((await feed(`?after=${after}`)).body).toEqual({
      changes: [],
      cursor: after,
      mightHaveMore: false,
    });
  });

  test("refusals are problem+json", async () => {
    for (const search of [
      "?limit=0",
      "?limit=1001",
      "?after=-1",
      "?after=x",
      "?after=1.5",
      "?limit=NaN",
    ]) {
      expect(await feed(search)).toMatchObject({
        status: 422,
        body: { code: "records.bad-changes-query" },
      });
    }
    expect((await feed("", { actor: { kind: "anonymous" } })).status).toBe(401);
    expect((await feed("", { actor: api.people.stranger })).status).toBe(404);
    expect((await feed("", { actor: withKey(api.people.owner, []) })).status).toBe(403);
    expect((await api.call("/api/v1/bases/app1/changes")).status).toBe(404);
  });
});
