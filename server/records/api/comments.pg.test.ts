import { beforeAll, describe, expect, test } from "vitest";
import { readEvents } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  airtableError,
  createRecord,
  invalidRequest,
  MISSING,
  openTestApi,
  type TestApi,
} from "./testing/test-api.ts";

const world = testWorld();
let api: TestApi;
let path: string;
let recordId: string;

beforeAll(async () => {
  api = await openTestApi(world());
  recordId = await createRecord(api, api.table.id, { Name: "A" });
  path = `${api.table.id}/${recordId}/comments`;
});

const NO_COMMENT = "comAAAAAAAAAAAAAA";

test("create, list, change, delete: objects as clients expect them, the log tells each", async () => {
  const { commenter } = api.people;
  const made = await api.data(path, { body: { text: "hello" }, actor: commenter });
  expect(made).toMatchObject({
    status: 200,
    body: {
      id: expect.stringMatching(/^com[A-Za-z0-9]{14}$/),
      author: { id: commenter.userId, email: commenter.email, name: commenter.name },
      text: "hello",
      createdTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      lastUpdatedTime: null,
    },
  });
  expect(made.body).not.toHaveProperty("mentioned");
  expect(made.body).not.toHaveProperty("parentCommentId");
  const id = made.body["id"] ?? "";
  const reply = await api.data(path, { body: { text: "answer", parentCommentId: id } });
  expect(reply.body).toMatchObject({ parentCommentId: id });
  const listed = await api.data(`${path}/`, { actor: api.people["read-only"] });
  expect(listed.body).toEqual({
    comments: expect.arrayContaining([made.body, reply.body]),
    offset: null,
  });
  const counted = await api.data(`${api.table.id}?recordMetadata[]=commentCount`);
  expect(counted.body["records"]).toMatchObject([{ commentCount: 2 }]);

  const changed = await api.data(`${path}/${id}`, {
    method: "PATCH",
    body: { text: "hello again" },
    actor: commenter,
  });
  expect(changed.body).toMatchObject({
    id,
    text: "hello again",
    lastUpdatedTime: expect.any(String),
  });
  const gone = await api.data(`${path}/${id}`, { method: "DELETE", actor: commenter });
  expect(gone).toMatchObject({ status: 200, body: { id, deleted: true } });
  const rest = await api.data(path);
  expect(rest.body["comments"]).toMatchObject([{ id: reply.body["id"], text: "answer" }]);
  expect(rest.body["comments"]?.[0]).not.toHaveProperty("parentCommentId");

  const log = await readEvents(world().db, { baseId: api.baseId, after: 0, limit: 1_000 });
  const ours = log.filter(({ name }) => name.startsWith("comments."));
  expect(ours.map(({ name }) => name)).toEqual([
    "comments.created",
    "comments.created",
    "comments.updated",
    "comments.deleted",
  ]);
  expect(ours.at(-1)).toMatchObject({
    txn: Number(gone.headers.get("x-basalt-txn")),
    tableId: api.table.id,
    recordIds: [recordId],
    actorId: commenter.userId,
  });
});

test("newest first, page by page, although comments come and go meanwhile", async () => {
  const at = await createRecord(api, api.table.id, {});
  const own = `${api.table.id}/${at}/comments`;
  const noon = Date.UTC(2030, 0, 1, 12);
  for (let minute = 0; minute < 7; minute += 1) {
    // The last three in the same millisecond.
    world().setClock(new Date(noon + Math.min(minute, 4) * 60_000));
    await api.data(own, { body: { text: `c${minute}` } });
  }
  world().setClock(new Date(noon + 3_600_000));
  const seen: string[] = [];
  let offset = "";
  for (let page = 0; page < 3; page += 1) {
    const answer = await api.data(`${own}?pageSize=3&offset=${encodeURIComponent(offset)}`);
    seen.push(...(answer.body["comments"] ?? []).map((comment) => comment["text"] ?? ""));
    offset = answer.body["offset"] ?? "";
    await api.data(own, { body: { text: "newer than the page" } });
  }
  world().setClock(null);
  expect(offset).toBe("");
  expect(seen.slice(0, 3).sort()).toEqual(["c4", "c5", "c6"]);
  expect(seen.slice(3)).toEqual(["c3", "c2", "c1", "c0"]);
});

describe("mentions", () => {
  const write = async (text: string): Promise<Record<string, unknown>> =>
    (await api.data(path, { body: { text } })).body;

  test("by id and by e-mail in any case: stored by id, named under both keys", async () => {
    const { editor, creator } = api.people;
    const made = await write(`Hi @[${editor.userId}] and @[${creator.email.toUpperCase()}]`);
    const person = ({ userId, email, name }: typeof editor): object => ({
      type: "user",
      id: userId,
      displayName: name,
      name,
      email,
    });
    expect(made).toMatchObject({
      text: `Hi @[${editor.userId}] and @[${creator.userId}]`,
      mentioned: { [editor.userId]: person(editor), [creator.userId]: person(creator) },
    });
  });

  test("nobody, strangers to the base and groups stay plain text and say nothing about them", async () => {
    const { stranger } = api.people;
    const text = `@[${stranger.userId}] @[${stranger.email}] @[ugpAAAAAAAAAAAAAA] @[] @[a b] @[__proto__]`;
    const made = await write(text);
    expect(made["text"]).toBe(text);
    expect(made).not.toHaveProperty("mentioned");
  });
});

describe("refused", () => {
  let id: string;
  beforeAll(async () => {
    const { body } = await api.data(path, { body: { text: "mine" }, actor: api.people.editor });
    id = body["id"] ?? "";
  });

  test("somebody else's comment, even for the owner", async () => {
    const refusal = airtableError(
      403,
      "INVALID_PERMISSIONS",
      "You are not permitted to perform this operation",
    );
    const change = { method: "PATCH", body: { text: "x" } };
    expect(await api.data(`${path}/${id}`, change)).toMatchObject(refusal);
    expect(await api.data(`${path}/${id}`, { method: "DELETE" })).toMatchObject(refusal);
    expect((await api.data(path)).text).toContain(id);
  });

  test("a record that is not there", async () => {
    const refusal = airtableError(404, "MODEL_ID_NOT_FOUND", "Record not found");
    const own = `${api.table.id}/${MISSING}/comments`;
    expect(await api.data(own)).toMatchObject(refusal);
    expect(await api.data(own, { body: { text: "x" } })).toMatchObject(refusal);
    expect(await api.data(`${own}/${id}`, { method: "DELETE" })).toMatchObject(refusal);
    expect(await api.data(`${api.other.id}/${recordId}/comments`)).toMatchObject(refusal);
  });

  test("a comment that is not there, or on another record", async () => {
    const refusal = airtableError(404, "MODEL_ID_NOT_FOUND", "Comment not found");
    const change = { method: "PATCH", body: { text: "x" }, actor: api.people.editor };
    expect(await api.data(`${path}/${NO_COMMENT}`, change)).toMatchObject(refusal);
    expect(await api.data(`${path}/${NO_COMMENT}`, { method: "DELETE" })).toMatchObject(refusal);
    const other = await createRecord(api, api.table.id, {});
    expect(await api.data(`${api.table.id}/${other}/comments/${id}`, change)).toMatchObject(
      refusal,
    );
  });

  test.each<[string, unknown]>([
    ["no text", {}],
    ["text as a number", { text: 1 }],
    ["text as an object", { text: { raw: "x" } }],
    ["an empty text", { text: "" }],
    ["blanks only", { text: " \n" }],
    ["NUL", { text: "a\0b" }],
    ["100,001 characters", { text: "😀".repeat(100_001) }],
    ["a parent of another shape", { text: "x", parentCommentId: "abc" }],
    ["a parent that is not there", { text: "x", parentCommentId: NO_COMMENT }],
  ])("%s", async (_name, body) => {
    expect(await api.data(path, { body })).toMatchObject(invalidRequest());
  });

  test("100,000 characters and half a surrogate pair are taken", async () => {
    const long = "😀".repeat(100_000);
    expect((await api.data(path, { body: { text: long } })).body["text"]).toBe(long);
    const broken = await api.data(path, { body: '{"text":"a\\ud800b"}' });
    expect(broken.body["text"]).toBe("a\ufffdb");
  });

  test.each(["pageSize=101", "pageSize=0", "pageSize=x"])("%s", async (search) => {
    expect(await api.data(`${path}?${search}`)).toMatchObject(invalidRequest(" pageSize"));
  });

  test.each(["abc", `1/${MISSING}`, `x/${NO_COMMENT}`, `99999999999999999999/${NO_COMMENT}`])(
    "offset %s",
    async (offset) => {
      expect(await api.data(`${path}?offset=${encodeURIComponent(offset)}`)).toMatchObject(
        airtableError(422, "INVALID_OFFSET_VALUE", `The value of offset ${offset} is invalid`),
      );
    },
  );
});
