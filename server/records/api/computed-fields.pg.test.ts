import { fieldExplanation } from "@basalt/contract";
import { beforeAll, expect, test } from "vitest";
import type { Scope } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { ROWS_PER_WRITE_MAX } from "../computed/propagate.ts";
import { backlogWorker } from "../computed/work-off-backlog.ts";
import { createField } from "../fields/create-field.ts";
import { createRecords } from "../rows/create-records.ts";
import { tableById } from "../schema/find.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { createTable } from "../tables/create-table.ts";
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

const WAIT = { prefer: "wait=computed" };

/** A project with more tasks than a write computes; each shows its name aloud, and the project what they say. */
async function wideCascade(): Promise<{
  readonly scope: Scope;
  readonly project: string;
  readonly tableId: string;
  readonly tasks: string;
}> {
  const scope = world().scopeFor(api.people.owner);
  const { baseId } = api;
  const named = { baseId, fields: [{ name: "Name", type: "singleLineText" }] };
  const projects = await createTable(scope, { ...named, name: "Wide projects" });
  const tasks = await createTable(scope, { ...named, name: "Wide tasks" });
  const link = await createField(scope, {
    baseId,
    tableId: tasks.id,
    name: "Project",
    type: "multipleRecordLinks",
    options: { linkedTableId: projects.id },
  });
  const { inverseLinkFieldId = "" } = link.options as { inverseLinkFieldId?: string };
  const many = Array.from({ length: ROWS_PER_WRITE_MAX + 500 }, (_, at) => ({ Name: `t${at}` }));
  const shape = {
    byFieldId: false,
    cellFormat: "json",
    commentCount: false,
    version: false,
  } as const;
  const table = async (id: string) => tableById(await schemaOf(scope, baseId), id);
  const made = await createRecords(scope, {
    table: await table(projects.id),
    rows: [{ fields: { Name: "old" } }],
    typecast: false,
    shape,
  });
  const [project = ""] = made.ids;
  for (let at = 0; at < many.length; at += 500) {
    await createRecords(scope, {
      table: await table(tasks.id),
      rows: many.slice(at, at + 500).map((cells) => ({ fields: { ...cells, Project: [project] } })),
      typecast: false,
      shape,
    });
  }
  const shout = await createField(scope, {
    baseId,
    tableId: tasks.id,
    name: "Shout",
    type: "formula",
    options: { formula: "UPPER({Project})" },
  });
  await createField(scope, {
    baseId,
    tableId: projects.id,
    name: "Shouts",
    type: "rollup",
    options: {
      recordLinkFieldId: inverseLinkFieldId,
      fieldIdInLinkedTable: shout.id,
      formula: 'ARRAYJOIN(ARRAYUNIQUE(values), "/")',
    },
  });
  return { scope, project, tableId: projects.id, tasks: tasks.id };
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
  const headers = WAIT;
  const answer = await api.data(`${api.table.id}?maxRecords=1`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("x-basalt-computing")).toBeNull();
  const written = await api.data(api.table.id, { body: { fields: { Name: "w" } }, headers });
  expect(written.status).toBe(200);
  const stranger = await api.data(api.table.id, { headers, actor: api.people.stranger });
  expect(stranger.status).toBe(403);
});

test("a large cascade shows that it is being computed, and a write that waits answers what was computed", async () => {
  const { scope, project, tasks, tableId } = await wideCascade();
  const path = `${tableId}/${project}`;
  const change = async (name: string, headers: Record<string, string> = {}): Promise<TestAnswer> =>
    api.data(path, { method: "PATCH", body: { fields: { Name: name } }, headers });
  const hurried = await change("new");
  expect(hurried.status).toBe(200);
  expect(hurried.headers.get("x-basalt-computing")).toBe("true");
  expect(hurried.body["fields"]).toMatchObject({ Name: "new", Shouts: "OLD" });
  const meanwhile = await api.data(`${tasks}?maxRecords=1`);
  expect(meanwhile.headers.get("x-basalt-computing")).toBe("true");
  const counted = `/api/v1/bases/${api.baseId}/tables/${tasks}/groups?groupBy[]=Shout`;
  expect((await api.call(counted)).headers.get("x-basalt-computing")).toBe("true");
  const worker = world().parts.of(backlogWorker);
  await worker.start();
  const groups = await api.call(counted, { headers: WAIT });
  expect(groups.headers.get("x-basalt-computing")).toBeNull();
  expect(groups.body["groups"]).toMatchObject([{ value: "NEW" }]);
  const waited = await api.data(`${tasks}?maxRecords=1`, { headers: WAIT });
  expect(waited.headers.get("x-basalt-computing")).toBeNull();
  await expect
    .poll(async () => (await api.data(`${tasks}?maxRecords=1`)).headers.get("x-basalt-computing"))
    .toBeNull();
  for (const [name, shouts] of [
    ["newer", "NEWER"],
    ["newest", "NEWEST"],
  ] as const) {
    const patient = await change(name, WAIT);
    expect(patient.headers.get("x-basalt-computing")).toBeNull();
    expect(patient.body["fields"]).toMatchObject({ Name: name, Shouts: shouts });
    const [etag, txn] = ["etag", "x-basalt-txn"].map((header) => patient.headers.get(header));
    const read = await api.data(path);
    expect([read.headers.get("etag"), read.headers.get("x-basalt-txn")]).toEqual([etag, txn]);
    expect(read.body).toEqual(patient.body);
  }
  // Another name that is as loud: computing finds nothing to write, and the mark goes all the same.
  expect((await change("Newest")).headers.get("x-basalt-computing")).toBe("true");
  for (const page of [`${tasks}?maxRecords=1`, path, `${tableId}?maxRecords=1`]) {
    await api.data(page);
    await expect
      .poll(async () => (await api.data(page)).headers.get("x-basalt-computing"), {
        timeout: 10_000,
      })
      .toBeNull();
  }
  const many = await api.data(tableId, {
    method: "PATCH",
    body: { records: [{ id: project, fields: { Name: "last" } }] },
    headers: WAIT,
  });
  expect(many.body["records"]?.[0]?.["fields"]).toMatchObject({ Shouts: "LAST" });
  await worker.idle();
  await worker.stop();
  // Nobody works it off any more: the wait ends in time for the answer, which tells.
  const short = { ...scope.config, requestTimeoutMs: 3_200 };
  const inVain = await api.call(`/v0/${api.baseId}/${path}`, {
    method: "PATCH",
    body: { fields: { Name: "again" } },
    headers: WAIT,
    scope: { config: short },
  });
  expect(inVain.status).toBe(200);
  expect(inVain.headers.get("x-basalt-computing")).toBe("true");
  expect(inVain.body["fields"]).toMatchObject({ Name: "again", Shouts: "LAST" });
}, 60_000);
