import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Hono } from "hono";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { renderProblem, sql, type HttpEnv, type Scope } from "#kernel";
import { addMember, listBases } from "#workspaces";
import { openTestWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { newOwner } from "../testing/new-base.ts";
import { baseFileRoutes } from "./routes.ts";
import { fullBase } from "./testing/full-base.ts";

let dataDir: string;
let world: TestWorld;
let scope: Scope;
let workspaceId: string;
let baseId: string;
let file: ArrayBuffer;

beforeAll(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), "basalt-routes-"));
  world = await openTestWorld({ config: { dataDir } });
  ({ scope, workspaceId } = await newOwner(world));
  baseId = await fullBase(scope, workspaceId);
  file = await (await call(scope, `/api/v1/bases/${baseId}/export`)).arrayBuffer();
});
afterAll(async () => {
  await world.close();
  await rm(dataDir, { recursive: true });
});
afterEach(async () => {
  expect(await readdir(path.join(dataDir, "spool")).catch(() => [])).toEqual([]);
});

async function call(as: Scope, target: string, init: RequestInit = {}): Promise<Response> {
  const app = new Hono<HttpEnv>();
  app.use("*", async (c, next) => {
    c.set("scope", as);
    await next();
  });
  app.onError((error) => renderProblem(error, "problem", "req"));
  app.route("/", baseFileRoutes({ program: "basalt test" }));
  return app.request(new Request(`http://basalt.test${target}`, init));
}

async function send(
  as: Scope,
  {
    query = "",
    type = "application/zip",
    body = file,
  }: { query?: string; type?: string; body?: BodyInit } = {},
): Promise<Response> {
  const headers = { "content-type": type };
  const target = `/api/v1/workspaces/${workspaceId}/import${query}`;
  return call(as, target, { method: "POST", body, headers });
}

test("an export is an attachment that can be imported", async () => {
  const answer = await call(scope, `/api/v1/bases/${baseId}/export`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/zip");
  expect(answer.headers.get("content-disposition")).toBe(
    `attachment; filename="base.zip"; filename*=UTF-8''Test.zip`,
  );
  await answer.body?.cancel();
  const imported = await send(scope, { query: "?name=Second" });
  expect(imported.status).toBe(201);
  expect(await imported.json()).toMatchObject({
    id: expect.stringMatching(/^app/),
    name: "Second",
    workspaceId,
    tables: 2,
    records: 4,
    comments: 2,
    files: 1,
  });
});

test.each([
  ["kept ids that are taken", { query: "?keepIds=true" }, 409, "workspaces.base-exists"],
  ["a parameter that there is not", { query: "?keepids=true" }, 422, "contract.invalid-body"],
  ["a yes that is none", { query: "?keepIds=yes" }, 422, "contract.invalid-body"],
  ["JSON", { type: "application/json", body: "{}" }, 415, "records.base-file-type"],
  ["no body", { body: "" }, 422, "records.bad-base-file"],
  ["something else", { body: "PK, but no more than that" }, 422, "records.bad-base-file"],
])("%s is refused", async (_what, sent, status, code) => {
  const before = await listBases(scope);
  const answer = await send(scope, sent);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ code });
  expect(await listBases(scope)).toEqual(before);
});

test("a body that says that it is too large is refused before it is read", async () => {
  const answer = await call(scope, `/api/v1/workspaces/${workspaceId}/import`, {
    method: "POST",
    headers: { "content-type": "application/zip", "content-length": "99999999999" },
    body: "x",
  });
  expect(answer.status).toBe(413);
});

test("takes a creator; strangers and nobody are refused", async () => {
  const editor = await newOwner(world, "Ed");
  await addMember(scope, { workspaceId }, { userId: editor.userId, role: "editor" });
  const stranger = await newOwner(world, "Eve");
  const anonymous = world.scopeFor({ kind: "anonymous" });
  const target = `/api/v1/bases/${baseId}/export`;
  const answers = [editor.scope, stranger.scope, anonymous].map(async (as) => [
    (await call(as, target)).status,
    (await send(as)).status,
  ]);
  expect(await Promise.all(answers)).toEqual([
    [403, 403],
    [404, 404],
    [401, 401],
  ]);
});

test("a third export at once is asked to wait", async () => {
  const target = `/api/v1/bases/${baseId}/export`;
  const answers = await world.db.transaction(async (tx) => {
    // No export gets further than this while the lock is held.
    await tx.run(sql`lock table records.tables in access exclusive mode`);
    return [await call(scope, target), await call(scope, target), await call(scope, target)];
  });
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 503]);
  await Promise.all(answers.map((answer) => answer.arrayBuffer()));
});
