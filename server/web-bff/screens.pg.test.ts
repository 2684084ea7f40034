import { webBase, webBffOperations, webHome, webSettings, webTable } from "@basalt/contract";
import { Hono } from "hono";
import { beforeAll, describe, expect, test } from "vitest";
import { createRecords, type BaseSchema } from "#records";
import { renderProblem, type HttpEnv, type Scope, type UserActor } from "#kernel";
import { testWorld } from "../kernel/testing/world.ts";
import { firstTable, makeTestBase, textField } from "../records/testing/test-base.ts";
import { byKey, makeMember, makeUser } from "../workspaces/testing/people.ts";
import { webBffRoutes } from "./routes.ts";

const world = testWorld();
type Person = Scope & { readonly actor: UserActor };
let owner: Person;
let base: BaseSchema;

beforeAll(async () => {
  owner = await makeUser(world(), { admin: true });
  base = await makeTestBase(owner, [
    { name: "Orders", fields: [textField("Name"), textField("Note")] },
    { name: "Customers", fields: [textField("Name")] },
  ]);
  const table = firstTable(base);
  const [name = "", note = ""] = table.fields.map(({ id }) => id);
  for (let from = 0; from < 250; from += 10) {
    const rows = Array.from({ length: 10 }, (_, at) => ({
      fields: { [name]: `order ${from + at}`, [note]: "<b>" },
    }));
    await createRecords(owner, {
      table,
      rows,
      typecast: false,
      shape: { byFieldId: true, cellFormat: "json", commentCount: false, version: false },
    });
  }
});

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
  app.route("/", webBffRoutes());
  app.onError((error) => renderProblem(error, "problem", "req1"));
  return app.request(new Request(`http://basalt.test${path}`, { headers }));
}

const tablePath = (query = ""): string =>
  `/bff/web/bases/${base.baseId}/tables/${firstTable(base).id}${query}`;

describe("one answer for a screen", () => {
  test("home shows who, where, what was opened, what was used and what to do", async () => {
    await get(owner, tablePath());
    const home = webHome.parse(await (await get(owner, "/bff/web/home")).json());
    expect(home.me.id).toBe(owner.actor.userId);
    expect(home.workspaces).toHaveLength(1);
    expect(home.bases).toMatchObject([{ id: base.baseId, permissionLevel: "create" }]);
    expect(home.recent).toMatchObject([
      { baseId: base.baseId, baseName: "Test", tableName: "Orders" },
    ]);
    expect(home.usage).toMatchObject({ workspaces: 1, bases: 1, month: { reads: 0 } });
    expect(home.notices.map(({ code }) => code)).toContain("email-not-verified");
  });

  test("a base shows its schema, the caller's level and counts", async () => {
    const shown = webBase.parse(await (await get(owner, `/bff/web/bases/${base.baseId}`)).json());
    expect(shown.tables.map(({ name }) => name)).toEqual(["Orders", "Customers"]);
    expect(shown.counts.map(({ records, exact }) => [records, exact])).toEqual([
      [250, true],
      [0, true],
    ]);
  });

  test("a table shows the first page of a view, and the rest is one call to its list away", async () => {
    const response = await get(owner, tablePath());
    const shown = webTable.parse(await response.json());
    expect(shown.records).toHaveLength(200);
    expect(shown.records[0]?.fields).toEqual(
      Object.fromEntries(
        firstTable(base).fields.map(({ id, name }) => [id, name === "Note" ? "<b>" : "order 0"]),
      ),
    );
    expect(shown.view?.name).toBe(firstTable(base).views[0]?.name);
    expect(shown.offset).toBeTypeOf("string");
    expect(response.headers.get("x-basalt-txn")).toBe(String(shown.txn));
  });

  test("settings are for somebody signed in", async () => {
    expect(webSettings.parse(await (await get(owner, "/bff/web/settings")).json()).keys).toEqual(
      [],
    );
    const key = byKey(owner, { scopes: ["workspacesAndBases:read"] });
    expect((await get(key, "/bff/web/settings")).status).toBe(403);
  });
});

describe("ETag", () => {
  test.each([["/bff/web/home"], ["/bff/web/settings"], ["base"], ["table"]])(
    "%s is answered 304 while nothing has changed",
    async (name) => {
      const base_ = `/bff/web/bases/${base.baseId}`;
      const path = name === "base" ? base_ : name === "table" ? tablePath() : name;
      await get(owner, path);
      const first = await get(owner, path);
      const etag = first.headers.get("etag") ?? "";
      expect(etag).toMatch(/^W\/"/);
      const again = await get(owner, path, { "if-none-match": `"other", ${etag}` });
      expect([again.status, await again.text()]).toEqual([304, ""]);
      expect((await get(owner, path, { "if-none-match": '"other"' })).status).toBe(200);
    },
  );

  test("a write changes it", async () => {
    const etag = (await get(owner, tablePath())).headers.get("etag") ?? "";
    const table = firstTable(base);
    await createRecords(owner, {
      table,
      rows: [{ fields: {} }],
      typecast: false,
      shape: { byFieldId: true, cellFormat: "json", commentCount: false, version: false },
    });
    expect((await get(owner, tablePath(), { "if-none-match": etag })).status).toBe(200);
  });
});

describe("permissions", () => {
  test("a stranger finds nothing, an editor what is theirs, and who was removed has no recent items", async () => {
    const stranger = await makeUser(world());
    expect((await get(stranger, `/bff/web/bases/${base.baseId}`)).status).toBe(404);
    expect((await get(stranger, tablePath())).status).toBe(404);
    const home = webHome.parse(await (await get(stranger, "/bff/web/home")).json());
    expect([home.bases, home.recent]).toEqual([[], []]);

    const editor = await makeMember(world(), { baseId: base.baseId }, "editor");
    const shown = webTable.parse(await (await get(editor, tablePath())).json());
    expect(shown.permissionLevel).toBe("edit");
    const { removeMember } = await import("#workspaces");
    await removeMember(owner, { baseId: base.baseId }, editor.actor.userId);
    const after = webHome.parse(await (await get(editor, "/bff/web/home")).json());
    expect(after.recent).toEqual([]);
  });

  test("nobody and weak keys are refused", async () => {
    const nobody = world().scopeFor({ kind: "anonymous" });
    for (const path of ["/bff/web/home", "/bff/web/settings", tablePath()]) {
      expect((await get(nobody, path)).status).toBe(401);
    }
    const weak = byKey(owner, { scopes: ["data.records:read"] });
    expect((await get(weak, "/bff/web/home")).status).toBe(403);
    expect((await get(weak, tablePath())).status).toBe(403);
  });

  test.each([
    ["?view=nothing", 422],
    ["?view=", 422],
    ["?other=1", 422],
    [`?view=viwAAAAAAAAAAAAAA`, 422],
  ])("%s is refused", async (query, status) => {
    expect((await get(owner, tablePath(query))).status).toBe(status);
  });

  test("a base or table that is no id is not there", async () => {
    expect((await get(owner, "/bff/web/bases/app1")).status).toBe(404);
    expect((await get(owner, `/bff/web/bases/${base.baseId}/tables/none`)).status).toBe(404);
  });
});

test("every operation of the contract has been asked", () => {
  expect(webBffOperations.map(({ path }) => path)).toEqual([
    "/bff/web/home",
    "/bff/web/bases/{baseId}",
    "/bff/web/bases/{baseId}/tables/{tableIdOrName}",
    "/bff/web/settings",
  ]);
});
