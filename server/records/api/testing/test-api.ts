import type { RoleName } from "@basalt/contract";
import { Hono } from "hono";
import { expect } from "vitest";
import { createUser } from "#identity";
import {
  databaseFailure,
  Problem,
  renderProblem,
  surfaceOf,
  type Actor,
  type HttpEnv,
  type Scope,
  type UserActor,
} from "#kernel";
import { addMember, createWorkspace } from "#workspaces";
import type { TestWorld } from "../../../kernel/testing/world.ts";
import { createBase } from "../../bases/create-base.ts";
import type { Field, Table } from "../../schema/base-schema.ts";
import { changeRoutes } from "../change-routes.ts";
import { explainRoutes } from "../explain-routes.ts";
import { metaRoutes } from "../meta-routes.ts";
import { commentRoutes, recordRoutes } from "../record-routes.ts";
import { viewRoutes } from "../view-routes.ts";

/** For tests: what was asked. */
export interface TestCall {
  readonly method?: string;
  /** JSON, or the text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly actor?: Actor;
  readonly scope?: Partial<Scope>;
}

/** For tests: what was answered. */
export interface TestAnswer {
  readonly status: number;
  readonly text: string;
  readonly body: TestJson;
  readonly headers: Headers;
}

/** JSON whose shape the test knows. */
export interface TestJson {
  readonly [key: string]: TestJson & string & readonly TestJson[];
}

/** A base with one table, people of every role, and a way to call the API as one of them. */
export interface TestApi {
  readonly baseId: string;
  readonly workspaceId: string;
  readonly table: Table;
  readonly other: Table;
  field(name: string): Field;
  readonly people: Readonly<Record<RoleName | "stranger", UserActor>>;
  call(path: string, call?: TestCall): Promise<TestAnswer>;
  /** Below the base's own path. */
  data(path: string, call?: TestCall): Promise<TestAnswer>;
}

/** A well-formed id of no record. */
export const MISSING = "recAAAAAAAAAAAAAA";

/** An answer with Airtable's error; any message where none is given. */
export function airtableError(status: number, type: string, message?: string): object {
  return { status, body: { error: message === undefined ? { type } : { type, message } } };
}

/** The answer to a request of the wrong shape; what follows Airtable's sentence names the input and the rule. */
export function invalidRequest(rest = ""): object {
  const begin = "Invalid request: parameter validation failed. Check your request data.";
  return {
    status: 422,
    body: {
      error: {
        type: "INVALID_REQUEST_UNKNOWN",
        message: expect.stringContaining(`${begin}${rest}`) as string,
      },
    },
  };
}

/** So many records without cells, as a body holds them. */
export function manyBlank(count: number): { fields: object }[] {
  return Array.from({ length: count }, () => ({ fields: {} }));
}

/** Adds a record and answers its id. */
export async function createRecord(api: TestApi, table: string, fields: object): Promise<string> {
  const { status, body, text } = await api.data(table, { body: { fields } });
  if (status !== 200) {
    throw new Error(text);
  }
  return body["id"] ?? "";
}

/** Records of a table, counted by listing them all. */
export async function countRecords(api: TestApi, table: string): Promise<number> {
  let total = 0;
  let offset = "";
  const headers = { "x-basalt-limits": "extended" };
  do {
    const search = `fields[]=Name&pageSize=1000&offset=${encodeURIComponent(offset)}`;
    const { body } = await api.data(`${table}?${search}`, { headers });
    total += body["records"]?.length ?? 0;
    offset = body["offset"] ?? "";
  } while (offset !== "");
  return total;
}

/** The same person with a token of these scopes. */
export function withKey(
  person: UserActor,
  scopes: readonly string[],
  bases: readonly string[] | null = null,
): UserActor {
  return {
    ...person,
    credential: {
      kind: "key",
      keyId: "patAAAAAAAAAAAAAA",
      scopes: new Set(scopes),
      bases: bases === null ? null : new Set(bases),
      workspaces: null,
    },
  };
}

/** Makes the base and the people. */
export async function openTestApi(world: TestWorld): Promise<TestApi> {
  const { system } = world;
  const people = await makePeople(world);
  const workspace = await createWorkspace(system, { name: "Test", ownerId: people.owner.userId });
  for (const role of ["creator", "editor", "commenter", "read-only"] as const) {
    const place = { workspaceId: workspace.id };
    await addMember(system, place, { userId: people[role].userId, role });
  }
  const base = await createBase(system, {
    workspaceId: workspace.id,
    name: "Base",
    tables: [
      { name: "Tasks/To do", fields: taskFields },
      {
        name: "Other",
        fields: [
          taskFields[0] ?? { name: "Name", type: "singleLineText" },
          taskFields[3] ?? { name: "Files", type: "multipleAttachments" },
        ],
      },
    ],
  });
  const [table, other] = base.tables;
  if (table === undefined || other === undefined) {
    throw new Error("the base was made without its tables");
  }
  const app = appFor();
  const call = async (path: string, { method, body, headers, actor, scope }: TestCall = {}) => {
    const as = actor ?? people.owner;
    const verb = method ?? (body === undefined ? "GET" : "POST");
    const request = new Request(`http://basalt.test${path}`, {
      method: verb,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const response = await app.fetch(request, { scope: world.scopeFor(as, scope) });
    const text = await response.text();
    const json: unknown = text === "" ? {} : JSON.parse(text);
    return { status: response.status, text, body: json as TestJson, headers: response.headers };
  };
  return {
    baseId: base.baseId,
    workspaceId: workspace.id,
    table,
    other,
    people,
    call,
    data: (path, options) => call(`/v0/${base.baseId}/${path}`, options),
    field: (name) => {
      const field = table.fieldsByName.get(name);
      if (field === undefined) {
        throw new Error(`the test table has no field ${name}`);
      }
      return field;
    },
  };
}

const taskFields = [
  { name: "Name", type: "singleLineText" },
  { name: "Count", type: "number", options: { precision: 0 } },
  { name: "Done", type: "checkbox", options: { icon: "check", color: "greenBright" } },
  { name: "Files", type: "multipleAttachments" },
  {
    name: "State",
    type: "singleSelect",
    options: { choices: [{ name: "open" }, { name: "closed" }] },
  },
  { name: "Number", type: "autoNumber" },
] as const;

async function makePeople({ system }: TestWorld): Promise<TestApi["people"]> {
  const make = async (name: string): Promise<UserActor> => {
    const { id, email } = await createUser(system, { email: `${name}@basalt.test`, name });
    return {
      kind: "user",
      userId: id,
      email,
      name,
      admin: false,
      credential: { kind: "session", sessionId: "sesAAAAAAAAAAAAAA" },
    };
  };
  return {
    owner: await make("owner"),
    creator: await make("creator"),
    editor: await make("editor"),
    commenter: await make("commenter"),
    "read-only": await make("read-only"),
    stranger: await make("stranger"),
  };
}

interface TestEnv extends HttpEnv {
  readonly Bindings: { readonly scope: Scope };
}

function appFor(): Hono<TestEnv> {
  const app = new Hono<TestEnv>({ strict: false });
  app.use("*", async (c, next) => {
    c.set("scope", c.env.scope);
    await next();
  });
  for (const routes of [
    recordRoutes(),
    commentRoutes(),
    metaRoutes(),
    changeRoutes(),
    explainRoutes(),
    viewRoutes(),
  ]) {
    app.route("/", routes);
  }
  app.notFound((c) => {
    const problem = new Problem("not-found", "test.no-route", { message: "no route" });
    return renderProblem(problem, surfaceOf(c.req.path), "test");
  });
  app.onError((error, c) => {
    if (!(databaseFailure(error) instanceof Problem)) {
      // A bug: the test shall show it, not a bare 500.
      throw error;
    }
    return renderProblem(error, surfaceOf(c.req.path), "test");
  });
  return app;
}
