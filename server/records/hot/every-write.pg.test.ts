import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { restoreBase, trashBase } from "#workspaces";
import { openTestWorld, testWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { openTestApi, type TestAnswer, type TestApi } from "../api/testing/test-api.ts";
import { deleteBase } from "../bases/delete-base.ts";
import { essence, isHot, throughWorld, txnOf } from "./testing/two-worlds.ts";

const world = testWorld();
let api: TestApi;
/** Another process that keeps nothing: what it reads is what there is. */
let bare: TestWorld;
let truth: TestApi;
/** Another process that writes, and tells nobody. */
let elsewhere: TestWorld;
let stranger: TestApi;

const ids = { first: "", second: "", other: "", view: "", comment: "", link: "" };
let reads: readonly string[] = [];

beforeAll(async () => {
  api = await openTestApi(world());
  bare = await openTestWorld({ url: world().url, config: { hotCacheMaxBytes: 0 } });
  elsewhere = await openTestWorld({ url: world().url, config: { hotCacheMaxBytes: 0 } });
  truth = throughWorld(api, bare);
  stranger = throughWorld(api, elsewhere);
  await buildBase();
  const { table, other } = api;
  reads = [
    table.id,
    `${encodeURIComponent("Tasks/To do")}?pageSize=2`,
    `${table.id}?recordMetadata[]=commentCount&recordMetadata[]=version`,
    `${table.id}?sort[0][field]=Name&sort[0][direction]=desc`,
    `${table.id}?view=${ids.view}`,
    `${table.id}?filterByFormula=${encodeURIComponent("{Count}>1")}`,
    `${table.id}?cellFormat=string&timeZone=utc&userLocale=en`,
    `${table.id}?maxRecords=1&fields[]=Name`,
    `${table.id}/${ids.first}`,
    `${table.id}/${ids.first}?returnFieldsByFieldId=1`,
    `${table.id}/${ids.first}?cellFormat=string&timeZone=utc&userLocale=en`,
    `${table.id}/${ids.second}`,
    other.id,
    `${other.id}/${ids.other}`,
  ];
});

afterAll(async () => {
  await bare.close();
  await elsewhere.close();
});

/** Fields that read other rows and other tables, people, and the number of comments. */
async function buildBase(): Promise<void> {
  const { table, other } = api;
  const field = async (tableId: string, name: string, type: string, options?: object) =>
    ok(
      await api.call(`/v0/meta/bases/${api.baseId}/tables/${tableId}/fields`, {
        body: { name, type, ...(options !== undefined && { options }) },
      }),
    );
  const link = await field(table.id, "Links", "multipleRecordLinks", { linkedTableId: other.id });
  ids.link = link.body["id"] ?? "";
  const name = other.fieldsByName.get("Name")?.id;
  const through = { recordLinkFieldId: ids.link, fieldIdInLinkedTable: name };
  await field(table.id, "Their names", "multipleLookupValues", through);
  await field(table.id, "How many", "count", { recordLinkFieldId: ids.link });
  await field(table.id, "Twice", "formula", { formula: "{Count}*2" });
  await field(table.id, "Changed by", "lastModifiedBy");
  await field(table.id, "Made by", "createdBy");
  const made = ok(await create(other.id, { Name: "theirs" }));
  ids.other = idOf(made);
  ids.first = idOf(ok(await create(table.id, { Name: "a", Count: 1, Links: [ids.other] })));
  ids.second = idOf(ok(await create(table.id, { Name: "b", Count: 2 })));
  const options = {
    filters: {
      conjunction: "and",
      filterSet: [{ fieldId: api.field("Count").id, operator: ">", value: 0 }],
    },
  };
  const views = `/api/v1/bases/${api.baseId}/tables/${table.id}/views`;
  ids.view = idOf(ok(await api.call(views, { body: { name: "Positive", type: "grid", options } })));
}

const idOf = (answer: TestAnswer): string => answer.body["id"] ?? "";

function ok(answer: TestAnswer): TestAnswer {
  expect([200, 201], answer.text).toContain(answer.status);
  return answer;
}

const create = (table: string, fields: object, through = api): Promise<TestAnswer> =>
  through.data(table, { body: { fields } });

const change = (path: string, method: string, body?: unknown) => async (through: TestApi) =>
  ok(await through.data(path, { method, ...(body !== undefined && { body }) }));

const meta = (path: string, method: string, body: unknown) => async (through: TestApi) =>
  ok(await through.call(`/v0/meta/bases/${api.baseId}/${path}`, { method, body }));

/** Every kind of write. Those that need an id are made when it is known. */
function writes(): readonly (readonly [string, (through: TestApi) => Promise<unknown>])[] {
  const { table, other } = api;
  const { first, second, link } = ids;
  const comments = `${table.id}/${first}/comments`;
  const count = api.field("Count").id;
  return [
    ["a record is made", async (through) => ok(await create(table.id, { Name: "c" }, through))],
    [
      "a record is made with a link",
      async (through) => ok(await create(table.id, { Name: "d", Links: [ids.other] }, through)),
    ],
    ["a record is changed", change(`${table.id}/${first}`, "PATCH", { fields: { Count: 7 } })],
    [
      "a record is put",
      change(`${table.id}/${second}`, "PUT", { fields: { Name: "bb", Count: 3 } }),
    ],
    [
      "several are changed",
      change(table.id, "PATCH", {
        records: [first, second].map((id) => ({ id, fields: { Done: true } })),
      }),
    ],
    [
      "one is changed or made",
      change(table.id, "PATCH", {
        performUpsert: { fieldsToMergeOn: ["Name"] },
        records: [{ fields: { Name: "bb", Count: 30 } }, { fields: { Name: "new", Count: 4 } }],
      }),
    ],
    [
      "what others look up is changed",
      change(`${other.id}/${ids.other}`, "PATCH", { fields: { Name: "ours" } }),
    ],
    ["a link is taken away", change(`${table.id}/${first}`, "PATCH", { fields: { Links: [] } })],
    [
      "a link is made",
      change(`${table.id}/${second}`, "PATCH", { fields: { Links: [ids.other] } }),
    ],
    [
      "a choice is made by typecast",
      change(`${table.id}/${first}`, "PATCH", { fields: { State: "never seen" }, typecast: true }),
    ],
    [
      "a keyed write",
      async (through) =>
        ok(
          await through.data(`${table.id}/${first}`, {
            method: "PATCH",
            body: { fields: { Count: 8 } },
            headers: { "idempotency-key": crypto.randomUUID() },
          }),
        ),
    ],
    [
      "a comment is made",
      async (through) => {
        ids.comment = idOf(ok(await through.data(comments, { body: { text: "hello" } })));
      },
    ],
    [
      "a comment is changed",
      async (through) =>
        ok(
          await through.data(`${comments}/${ids.comment}`, {
            method: "PATCH",
            body: { text: "bye" },
          }),
        ),
    ],
    [
      "a comment is deleted",
      async (through) => ok(await through.data(`${comments}/${ids.comment}`, { method: "DELETE" })),
    ],
    [
      "a file is appended",
      async (through) =>
        ok(
          await through.data(`${first}/Files/uploadAttachment`, {
            body: { contentType: "text/plain", filename: "a.txt", file: btoa("hello") },
          }),
        ),
    ],
    [
      "a field is made",
      meta(`tables/${table.id}/fields`, "POST", {
        name: `Late ${crypto.randomUUID()}`,
        type: "singleLineText",
      }),
    ],
    ["a field is renamed", meta(`tables/${table.id}/fields/${count}`, "PATCH", { name: "Amount" })],
    ["and back", meta(`tables/${table.id}/fields/${count}`, "PATCH", { name: "Count" })],
    ["a computed field is changed", async (through) => changeFormula(through)],
    ["a table is renamed", meta(`tables/${other.id}`, "PATCH", { name: "Others" })],
    [
      "a view is changed",
      async (through) =>
        ok(
          await through.call(`/api/v1/bases/${api.baseId}/views/${ids.view}`, {
            method: "PATCH",
            body: { options: { sort: [{ fieldId: count, direction: "desc" }] } },
          }),
        ),
    ],
    ["a link field of the other table is renamed", async (through) => renameInverse(through, link)],
    ["a record is deleted", async (through) => deleteNamed(through, "c")],
    [
      "a row that others link to is deleted and another made",
      async (through) => {
        await change(`${other.id}/${ids.other}`, "DELETE")(through);
        ids.other = idOf(ok(await create(other.id, { Name: "again" }, through)));
      },
    ],
  ];
}

async function changeFormula(through: TestApi): Promise<void> {
  const { tables } = ok(await through.call(`/v0/meta/bases/${api.baseId}/tables`)).body;
  const fields = tables?.find(({ id }) => id === api.table.id)?.["fields"];
  const twice = fields?.find(({ name }) => name === "Twice")?.["id"];
  const path = `tables/${api.table.id}/fields/${twice}`;
  const current = fields?.find(({ name }) => name === "Twice")?.["options"]?.["formula"];
  const formula = String(current).includes("3") ? "{Count}*2" : "{Count}*3";
  await meta(path, "PATCH", { options: { formula } })(through);
}

async function renameInverse(through: TestApi, link: string): Promise<void> {
  const { tables } = ok(await through.call(`/v0/meta/bases/${api.baseId}/tables`)).body;
  const inverse = tables
    ?.find(({ id }) => id === api.other.id)
    ?.["fields"]?.find((field) => field["options"]?.["inverseLinkFieldId"] === link);
  await meta(`tables/${api.other.id}/fields/${inverse?.["id"]}`, "PATCH", {
    name: `Back ${crypto.randomUUID()}`,
  })(through);
}

async function deleteNamed(through: TestApi, name: string): Promise<void> {
  const search = encodeURIComponent(`{Name}="${name}"`);
  const found = ok(await through.data(`${api.table.id}?filterByFormula=${search}`));
  await change(`${api.table.id}/${found.body["records"]?.[0]?.["id"]}`, "DELETE")(through);
}

/** Reads everything until memory answers it. */
async function warm(): Promise<void> {
  for (const path of reads) {
    await vi.waitFor(async () => {
      const answer = await api.data(path);
      if (answer.status === 200) {
        expect(isHot(world(), api, path), path).toBe(true);
      }
    }, 5_000);
  }
}

async function compareAll(): Promise<void> {
  for (const path of reads) {
    const [ours, real] = [await api.data(path), await truth.data(path)];
    expect(essence(ours), path).toEqual(essence(real));
  }
}

test("after every kind of write of this process, what it reads is what there is, at once", async () => {
  for (const [name, write] of writes()) {
    await warm();
    await write(api);
    for (const path of reads) {
      const ours = await api.data(path);
      expect({ name, path, ...essence(ours) }).toEqual({
        name,
        path,
        ...essence(await truth.data(path)),
      });
    }
  }
}, 120_000);

test("after every kind of write of another process that tells nobody, within a second", async () => {
  for (const [name, write] of writes()) {
    await warm();
    await write(stranger);
    const beganMs = performance.now();
    await vi.waitFor(compareAll, { timeout: 5_000, interval: 20 });
    expect({ name, late: performance.now() - beganMs > 2_500 }).toEqual({ name, late: false });
  }
}, 180_000);

test("with the number of the write, another process's write is read at once", async () => {
  const path = `${api.table.id}/${ids.first}`;
  for (let count = 0; count < 20; count += 1) {
    await warm();
    const written = await change(path, "PATCH", { fields: { Count: 100 + count } })(stranger);
    const headers = { "x-basalt-min-txn": String(txnOf(written)) };
    expect(isHot(world(), api, path, txnOf(written))).toBe(false);
    const read = await api.data(path, { headers });
    expect(read.body["fields"]).toMatchObject({ Count: 100 + count });
    expect(txnOf(read)).toBeGreaterThanOrEqual(txnOf(written));
    // And nothing that is read from now on is older.
    expect(txnOf(await api.data(api.other.id))).toBeGreaterThanOrEqual(txnOf(written));
  }
}, 60_000);

test("what follows the clock and signed links are not kept too long", async () => {
  const clock = `${api.table.id}?filterByFormula=${encodeURIComponent("NOW()>CREATED_TIME()")}`;
  ok(await api.data(clock));
  ok(await api.data(clock));
  expect(isHot(world(), api, clock)).toBe(false);

  const path = `${api.table.id}/${ids.first}`;
  await warm();
  try {
    world().setClock(new Date(Date.now() + 11 * 60_000));
    expect(isHot(world(), api, path)).toBe(false);
    // Of a record without files nothing ends, but for the permission that is asked again.
    expect(ok(await api.data(path)).text).toContain("e=");
  } finally {
    world().setClock(null);
  }
  // What was read in the future.
  await change(path, "PATCH", { fields: { Count: 1 } })(api);
});

test("pages with an offset are made anew each minute; offsets work", async () => {
  const path = `${api.table.id}?pageSize=2`;
  await api.data(path);
  const page = ok(await api.data(path));
  const offset = page.body["offset"] ?? "";
  const next = `${path}&offset=${encodeURIComponent(offset)}`;
  const second = ok(await api.data(next));
  expect(second.body["records"]?.map(({ id }) => id)).not.toEqual(
    page.body["records"]?.map(({ id }) => id),
  );
  await api.data(next);
  expect(isHot(world(), api, next)).toBe(true);
  try {
    world().setClock(new Date(Date.now() + 61_000));
    expect(isHot(world(), api, path)).toBe(false);
    expect(isHot(world(), api, next)).toBe(false);
  } finally {
    world().setClock(null);
  }
});

test("a base in the trash is gone at once, and back again as it is", async () => {
  const owner = world().scopeFor(api.people.owner);
  const { baseId } = api;
  const place = { baseId };
  await warm();
  await deleteBase(owner, place);
  for (const path of reads) {
    expect((await api.data(path)).status).toBe(403);
    expect(isHot(world(), api, path)).toBe(false);
  }
  await restoreBase(owner, baseId);
  await compareAll();
  await warm();
  await trashBase(owner, baseId);
  expect(isHot(world(), api, api.table.id)).toBe(false);
  await restoreBase(owner, baseId);
});
