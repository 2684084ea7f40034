import { mobileHome, mobileRecords } from "@basalt/contract";
import { Hono } from "hono";
import { beforeAll, expect, test } from "vitest";
import { renderProblem, type HttpEnv, type Scope, type UserActor } from "#kernel";
import { createBase, createRecords, type BaseSchema } from "#records";
import { createWorkspace } from "#workspaces";
import { testWorld } from "../kernel/testing/world.ts";
import { firstTable, makeTestBase, textField } from "../records/testing/test-base.ts";
import { byKey, makeUser } from "../workspaces/testing/people.ts";
import { webBffRoutes } from "../web-bff/routes.ts";
import { mobileBffRoutes } from "./routes.ts";

const world = testWorld();
type Person = Scope & { readonly actor: UserActor };
let owner: Person;
let base: BaseSchema;

beforeAll(async () => {
  owner = await makeUser(world());
  base = await makeTestBase(owner, [
    { name: "Orders", fields: ["Name", "Note", "City", "Street", "Country"].map(textField) },
  ]);
  const { id: workspaceId } = await createWorkspace(owner, { name: "Second" });
  for (let count = 0; count < 30; count += 1) {
    const made = await createBase(owner, {
      workspaceId,
      name: `Base ${count}`,
      tables: [{ name: "Things", fields: [textField("Name")] }],
    });
    await get(owner, `/bff/web/bases/${made.baseId}/tables/Things`);
  }
  const fields = {
    Name: "Somebody",
    Note: "A note of some length, as notes are",
    City: "Berlin",
    Street: "Unter den Linden 1",
    Country: "Germany",
  };
  for (let count = 0; count < 20; count += 1) {
    await createRecords(owner, {
      table: firstTable(base),
      rows: Array.from({ length: 10 }, () => ({ fields })),
      typecast: false,
      shape: { byFieldId: true, cellFormat: "json", commentCount: false, version: false },
    });
  }
}, 120_000);

async function get(
  scope: Scope,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    c.set("scope", scope);
    await next();
  });
  app.route("/", mobileBffRoutes());
  app.route("/", webBffRoutes());
  app.onError((error) => renderProblem(error, "problem", "req1"));
  return app.request(new Request(`http://basalt.test${path}`, { headers }));
}

const records = (query = ""): string =>
  `/bff/mobile/bases/${base.baseId}/tables/${firstTable(base).id}/records${query}`;
const sizeOf = async (path: string): Promise<number> => {
  const response = await get(owner, path);
  return (await response.text()).length;
};

test("home is the same in less than a fifth of the bytes", async () => {
  const home = mobileHome.parse(await (await get(owner, "/bff/mobile/home")).json());
  expect(home.bases).toHaveLength(20);
  expect(home.moreBases).toBe(true);
  expect(home.recent?.[0]?.[2]).toBe("Things");
  expect(await sizeOf("/bff/mobile/home")).toBeLessThan((await sizeOf("/bff/web/home")) / 5);
});

test("only the parts that are asked for are given", async () => {
  const home = await (await get(owner, "/bff/mobile/home?parts=me,notices")).json();
  expect(home).toEqual({
    me: { id: owner.actor.userId, name: "Somebody" },
    notices: ["email-not-verified"],
  });
  expect((await get(owner, "/bff/mobile/home?parts=all")).status).toBe(422);
});

test("a page of records is less than a fifth of the web's, and pages go to the end", async () => {
  const web = `/bff/web/bases/${base.baseId}/tables/${firstTable(base).id}`;
  expect(await sizeOf(records())).toBeLessThan((await sizeOf(web)) / 5);
  const seen = new Set<unknown>();
  let cursor = "";
  do {
    const page = mobileRecords.parse(
      await (await get(owner, records(`?limit=70${cursor}`))).json(),
    );
    page.rows.forEach(([id]) => seen.add(id));
    cursor = page.cursor === undefined ? "" : `&cursor=${encodeURIComponent(page.cursor)}`;
  } while (cursor !== "");
  expect(seen.size).toBe(200);
});

test("chosen fields come in the order asked for", async () => {
  const [name = "", note = ""] = firstTable(base).fields.map(({ id }) => id);
  const page = mobileRecords.parse(
    await (await get(owner, records(`?fields=${note},${name}&limit=1`))).json(),
  );
  expect(page.columns).toEqual([note, name]);
  expect(page.rows[0]?.slice(1)).toEqual(["A note of some length, as notes are", "Somebody"]);
});

test.each([
  ["?fields=fldAAAAAAAAAAAAAA"],
  ["?fields=Name"],
  ["?limit=201"],
  ["?limit=0"],
  ["?cursor=made-up"],
  ["?view=nothing"],
  ["?other=1"],
])("%s is refused", async (query) => {
  expect((await get(owner, records(query))).status).toBe(422);
});

test.each([["/bff/mobile/home"], ["records"], ["sync"]])(
  "%s is answered 304 while nothing has changed",
  async (name) => {
    const paths: Readonly<Record<string, string>> = {
      records: records(),
      sync: `/bff/mobile/sync?base=${base.baseId}`,
    };
    const path = paths[name] ?? name;
    const etag = (await get(owner, path)).headers.get("etag") ?? "";
    expect((await get(owner, path, { "if-none-match": etag })).status).toBe(304);
  },
);

test("strangers, nobody and weak keys are refused", async () => {
  const stranger = await makeUser(world());
  const sync = `/bff/mobile/sync?base=${base.baseId}`;
  for (const path of [records(), sync]) {
    expect((await get(stranger, path)).status).toBe(404);
    expect((await get(world().scopeFor({ kind: "anonymous" }), path)).status).toBe(401);
    expect((await get(byKey(owner, { scopes: ["schema.bases:read"] }), path)).status).toBe(403);
    expect((await get(byKey(owner, { scopes: ["data.records:read"] }), path)).status).toBe(200);
  }
  expect((await get(owner, "/bff/mobile/sync?base=app1")).status).toBe(422);
  expect((await get(owner, `${sync}&tables=Things`)).status).toBe(422);
});
