import { beforeAll, describe, expect, test } from "vitest";
import { recordsOperations, type Operation } from "@basalt/contract";
import { actionRules } from "#workspaces";
import { testWorld } from "../../kernel/testing/world.ts";
import { openTestApi, withKey, type TestApi } from "./testing/test-api.ts";

const world = testWorld();
let api: TestApi;

beforeAll(async () => {
  api = await openTestApi(world());
});

const operations = recordsOperations.filter(({ path }) => path.startsWith("/v0/"));
const inBase = operations.filter(({ path }) => path.includes("{baseId}"));
const inTable = inBase.filter(({ path }) => path.includes("{tableIdOrName}"));
const withBody = inBase.filter(({ body }) => body !== undefined);

const everyScope = [...new Set(Object.values(actionRules).map(({ scope }) => scope))];

const MODEL_NOT_FOUND = {
  status: 403,
  body: {
    error: {
      type: "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
      message:
        "Invalid permissions, or the requested model was not found. Check that both your user and your token have the required permissions, and that the model names and/or ids are correct.",
    },
  },
};
const AUTHENTICATION_REQUIRED = {
  status: 401,
  body: { error: { type: "AUTHENTICATION_REQUIRED", message: "Authentication required" } },
};
const TOO_WEAK = {
  status: 403,
  body: {
    error: {
      type: "INVALID_PERMISSIONS",
      message: "You are not permitted to perform this operation",
    },
  },
};
const UNPARSEABLE = {
  status: 422,
  body: { error: { type: "INVALID_REQUEST_BODY", message: "Could not parse request body" } },
};

/** A path with ids that exist where it matters, and well-formed made-up ones elsewhere. */
function pathOf(operation: Operation, change: Readonly<Record<string, string>> = {}): string {
  const values: Record<string, string> = {
    baseId: api.baseId,
    tableIdOrName: api.table.id,
    recordId: "recAAAAAAAAAAAAAA",
    fieldIdOrName: "Files",
    fieldId: api.field("Files").id,
    viewId: "viwAAAAAAAAAAAAAA",
    commentId: "comAAAAAAAAAAAAAA",
    workspaceId: api.workspaceId,
    collaboratorId: "usrAAAAAAAAAAAAAA",
    ...change,
  };
  return operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

const named = (list: readonly Operation[]): [string, Operation][] =>
  list.map((operation) => [`${operation.method.toUpperCase()} ${operation.path}`, operation]);

const BROKEN = '{"fields": {';

function send(operation: Operation, path: string, more: object = {}): ReturnType<TestApi["call"]> {
  const body = operation.body === undefined ? {} : { body: BROKEN };
  return api.call(path, { method: operation.method.toUpperCase(), ...body, ...more });
}

describe("1. an unknown path or a malformed id is 404 before anything else, even without a token", () => {
  const ids = [
    "baseId",
    "workspaceId",
    "recordId",
    "fieldId",
    "viewId",
    "commentId",
    "collaboratorId",
  ];
  const cases = operations.flatMap((operation) =>
    ids
      .filter((id) => operation.path.includes(`{${id}}`))
      .map((id): [string, Operation, string] => [
        `${operation.method.toUpperCase()} ${operation.path}: ${id}`,
        operation,
        id,
      ]),
  );
  test.each(cases)("%s", async (_name, operation, id) => {
    for (const malformed of [
      "rec",
      "appAAAAAAAAAAAAA",
      "appAAAAAAAAAAAAA-",
      "appAAAAAAAAAAAAAAA",
    ]) {
      const path = pathOf(operation, { [id]: malformed });
      const answer = await send(operation, path, { actor: { kind: "anonymous" } });
      expect(answer).toMatchObject({ status: 404, body: { error: "NOT_FOUND" } });
    }
  });

  test("unknown paths", async () => {
    for (const path of [
      "/v0/x",
      "/v0/meta/x",
      `/v0/${api.baseId}`,
      `/v0/meta/bases/${api.baseId}/x`,
    ]) {
      const answer = await api.call(path, { actor: { kind: "anonymous" } });
      expect(answer).toMatchObject({ status: 404, body: { error: "NOT_FOUND" } });
    }
  });

  test("a method that the path does not have is 405 in one of the two shapes", async () => {
    const answer = await api.call("/v0/meta/whoami", {
      method: "DELETE",
      actor: { kind: "anonymous" },
    });
    expect(answer).toMatchObject({ status: 405, body: { error: { type: "METHOD_NOT_ALLOWED" } } });
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
  });
});

test.each(named(operations))("2. no token is 401: %s", async (_name, operation) => {
  const answer = await send(operation, pathOf(operation), { actor: { kind: "anonymous" } });
  expect(answer).toMatchObject(AUTHENTICATION_REQUIRED);
});

describe("3. what the caller may not know of looks like what does not exist", () => {
  test.each(named(inBase))("a stranger: %s", async (_name, operation) => {
    const mine = await send(operation, pathOf(operation), { actor: api.people.stranger });
    expect(mine).toMatchObject(MODEL_NOT_FOUND);
    const nowhere = await send(operation, pathOf(operation, { baseId: "appAAAAAAAAAAAAAA" }));
    expect(nowhere).toMatchObject(MODEL_NOT_FOUND);
    expect(mine.text).toBe(nowhere.text);
  });

  test.each(named(inBase))("a token without the scope: %s", async (_name, operation) => {
    const scopes = everyScope.filter((scope) => scope !== operation.scope);
    const actor = withKey(api.people.owner, scopes);
    expect(await send(operation, pathOf(operation), { actor })).toMatchObject(MODEL_NOT_FOUND);
  });

  test.each(named(inBase))("a token for another base: %s", async (_name, operation) => {
    const actor = withKey(api.people.owner, everyScope, ["appBBBBBBBBBBBBBB"]);
    expect(await send(operation, pathOf(operation), { actor })).toMatchObject(MODEL_NOT_FOUND);
  });

  test.each(named(inTable))("no such table, also for a weak role: %s", async (_name, operation) => {
    for (const tableIdOrName of ["tblAAAAAAAAAAAAAA", "Nobody's"]) {
      const path = pathOf(operation, { tableIdOrName });
      expect(await send(operation, path)).toMatchObject(MODEL_NOT_FOUND);
      const weak = await send(operation, path, { actor: api.people["read-only"] });
      expect(weak).toMatchObject(MODEL_NOT_FOUND);
    }
  });
});

describe("4. a role that is too weak is told before the body is read", () => {
  const writing = inBase.filter(({ scope }) => scope?.endsWith(":read") !== true);
  test.each(named(writing))("read-only: %s", async (_name, operation) => {
    const answer = await send(operation, pathOf(operation), { actor: api.people["read-only"] });
    expect(answer).toMatchObject(TOO_WEAK);
  });

  const schema = inBase.filter(({ scope }) => scope === "schema.bases:write");
  test.each(named(schema))("an editor may not change the schema: %s", async (_name, operation) => {
    const answer = await send(operation, pathOf(operation), { actor: api.people.editor });
    expect(answer).toMatchObject(TOO_WEAK);
  });

  const records = inBase.filter(({ scope }) => scope === "data.records:write");
  test.each(named(records))("a commenter may not write records: %s", async (_name, operation) => {
    const answer = await send(operation, pathOf(operation), { actor: api.people.commenter });
    expect(answer).toMatchObject(TOO_WEAK);
  });
});

describe("5. a body that cannot be read is 422", () => {
  const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
  test.each(named(withBody))("%s", async (_name, operation) => {
    const path = pathOf(operation);
    const method = operation.method.toUpperCase();
    for (const body of [
      BROKEN,
      '{"fields":{"Count":NaN}}',
      "",
      deep(1_000),
      `{"fields":{"Name":${deep(1_000)}}}`,
    ]) {
      const answer = await api.call(path, { method, body });
      expect(answer).toMatchObject(UNPARSEABLE);
    }
    for (const type of ["text/plain", "application/xml", "application/x-www-form-urlencoded"]) {
      const headers = { "content-type": type };
      expect(await api.call(path, { method, body: "{}", headers })).toMatchObject(UNPARSEABLE);
    }
    for (const body of ["[]", "null", "1", '"text"']) {
      const answer = await api.call(path, { method, body });
      expect(answer).toMatchObject({
        status: 422,
        body: { error: { type: "INVALID_REQUEST_UNKNOWN" } },
      });
    }
  });

  test.each(named(withBody))("too large: %s", async (_name, operation) => {
    const body = JSON.stringify({ fields: { Name: "x".repeat(10 * 1024 * 1024) } });
    const answer = await api.call(pathOf(operation), {
      method: operation.method.toUpperCase(),
      body,
    });
    expect(answer).toMatchObject({
      status: 413,
      body: { error: { type: "REQUEST_TOO_LARGE", message: "Request body is too large" } },
    });
  });

  test.each(named(withBody))(
    "keys that mean something to JavaScript do no harm: %s",
    async (_name, operation) => {
      const body =
        '{"__proto__":{"fields":{},"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
      const answer = await api.call(pathOf(operation), {
        method: operation.method.toUpperCase(),
        body,
      });
      expect(answer.status).toBeGreaterThanOrEqual(200);
      expect(answer.status).toBeLessThan(500);
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    },
  );
});
