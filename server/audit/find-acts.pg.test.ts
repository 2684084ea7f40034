import { actsPage } from "@basalt/contract";
import { Hono } from "hono";
import { beforeAll, describe, expect, test } from "vitest";
import { noteAct, renderProblem, type HttpEnv, type Scope, type UserActor } from "#kernel";
import { testWorld } from "../kernel/testing/world.ts";
import {
  byKey,
  makeHouse,
  makeMember,
  makeUser,
  type House,
} from "../workspaces/testing/people.ts";
import { auditRoutes } from "./routes.ts";

const world = testWorld();
type Person = Scope & { readonly actor: UserActor };
let admin: Person;
let house: House;
let other: House;
let editor: Person;

beforeAll(async () => {
  admin = await makeUser(world(), { admin: true });
  house = await makeHouse(world());
  other = await makeHouse(world());
  editor = await makeMember(world(), { workspaceId: house.workspaceId }, "editor");
  await noteAct(
    { ...editor, address: "198.51.100.9" },
    {
      act: "test.done",
      target: { kind: "user", id: house.owner.actor.userId, name: "=cmd|' /C calc'!A0" },
      workspaceId: house.workspaceId,
      details: { before: { name: "Häuser" }, after: { name: 'a "quoted", text' } },
    },
  );
});

interface Found {
  readonly status: number;
  readonly acts: readonly {
    readonly act: string;
    readonly seq: number;
    readonly address: string;
  }[];
  readonly next?: string;
  readonly code?: string;
}

async function answer(scope: Scope, path: string): Promise<Response> {
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    c.set("scope", scope);
    await next();
  });
  app.route("/", auditRoutes());
  app.onError((error) => renderProblem(error, "problem", "req1"));
  return app.request(new Request(`http://basalt.test${path}`));
}

async function find(scope: Scope, query = ""): Promise<Found> {
  const response = await answer(scope, `/api/v1/audit${query}`);
  const body = (await response.json()) as Omit<Found, "status">;
  if (response.status === 200) {
    expect(actsPage.safeParse(body).error).toBeUndefined();
  }
  return { ...body, status: response.status };
}

const names = ({ acts }: Found): string[] => acts.map(({ act }) => act);

describe("who sees what", () => {
  test("an administrator sees the acts of all", async () => {
    const found = await find(admin, "?limit=1000");
    expect(names(found)).toContain("test.done");
    expect(names(found).filter((act) => act === "workspaces.base-created")).toHaveLength(2);
  });

  test("who governs a workspace sees its acts and no others", async () => {
    const found = await find(house.owner, `?workspace=${house.workspaceId}`);
    expect(names(found)).toContain("workspaces.workspace-created");
    expect(names(found)).toContain("test.done");
    for (const refused of [
      await find(house.owner, `?workspace=${other.workspaceId}`),
      await find(house.owner, `?base=${other.baseId}`),
      await find(house.owner, "?workspace=wspAAAAAAAAAAAAAA"),
    ]) {
      expect(refused).toMatchObject({
        status: 404,
        code: "workspaces.not-found-or-not-allowed",
      });
    }
  });

  test("an editor does not govern; without a place everybody sees what concerns them", async () => {
    expect(await find(editor, `?workspace=${house.workspaceId}`)).toMatchObject({ status: 403 });
    const own = await find(editor);
    expect(own.acts.map(({ act, address }) => [act, address])).toContainEqual([
      "test.done",
      "198.51.100.9",
    ]);
    const ofOwner = await find(house.owner);
    expect(ofOwner.acts.find(({ act }) => act === "test.done")?.address).toBe("");
    expect(names(await find(other.owner))).not.toContain("test.done");
    expect(names(await find(admin, "?mine=true"))).not.toContain("test.done");
  });

  test("a key needs the scope, and one that is limited to places reaches no further", async () => {
    expect(await find(byKey(admin, { scopes: ["data.records:read"] }))).toMatchObject({
      status: 403,
      code: "identity.scope-required",
    });
    const limited = byKey(admin, {
      scopes: ["enterprise.auditLogs:read"],
      workspaces: [house.workspaceId],
    });
    expect(await find(limited)).toMatchObject({ status: 403, code: "audit.key-limited" });
    expect(await find(limited, `?workspace=${other.workspaceId}`)).toMatchObject({ status: 403 });
    expect(names(await find(limited, `?workspace=${house.workspaceId}`))).toContain("test.done");
    expect((await find(world().scopeFor({ kind: "anonymous" }))).status).toBe(401);
  });
});

describe("filters", () => {
  test.each([
    ["act=test.done", 1],
    ["act=test.*", 1],
    ["act=test.*&outcome=ok", 1],
    ["act=test.*&outcome=refused", 0],
    ["act=test%25", 0],
    ["text=H%C3%84USER", 1],
    ["text=%25", 0],
    ["address=198.51.100.9", 1],
    ["act=test.done&since=2000-01-01T00:00:00Z", 1],
    ["act=test.done&until=2000-01-01T00:00:00Z", 0],
    ["act='%20or%201=1%20--", 0],
  ])("%s finds %i", async (query, count) => {
    const found = await find(admin, `?${query}`);
    expect(found, JSON.stringify(found)).toMatchObject({ status: 200 });
    expect(found.acts).toHaveLength(count);
  });

  test.each([
    ["limit=0"],
    ["limit=1001"],
    ["cursor=abc"],
    ["cursor=-1"],
    ["since=yesterday"],
    ["outcome=maybe"],
    ["workspace=1"],
    ["unknown=1"],
    ["text="],
    ["text=%00"],
  ])("%s is refused in words", async (query) => {
    expect(await find(admin, `?${query}`)).toMatchObject({ status: 422, code: "audit.bad-query" });
  });

  test("pages neither repeat nor skip while acts are added", async () => {
    const whole = names(await find(admin, "?limit=1000"));
    const paged: string[] = [];
    let cursor = "";
    do {
      const page = await find(admin, `?limit=3${cursor}`);
      paged.push(...names(page));
      cursor = page.next === undefined ? "" : `&cursor=${page.next}`;
      await noteAct(world().system, { act: "test.meanwhile" });
    } while (cursor !== "");
    expect(paged).toEqual(whole);
  });
});

describe("export", () => {
  test("JSON lines are the acts of the list, and the export is an act itself", async () => {
    const place = `workspace=${house.workspaceId}`;
    const listed = (await find(house.owner, `?${place}&limit=1000`)).acts;
    const response = await answer(house.owner, `/api/v1/audit/export?${place}`);
    const text = await response.text();
    const lines = text.trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { act: string }).act)).toEqual([
      "audit.exported",
      ...listed.map(({ act }) => act),
    ]);
  });

  test("a name that a spreadsheet would run is quoted", async () => {
    const response = await answer(admin, "/api/v1/audit/export?format=csv&act=test.done");
    const [heading, line] = (await response.text()).split("\r\n");
    expect(heading?.startsWith("seq,at,act")).toBe(true);
    expect(line).toContain(",'=cmd|' /C calc'!A0,");
    expect(line).toContain(String.raw`""a \""quoted\"", text""`);
    expect(response.headers.get("content-disposition")).toContain("audit.csv");
  });

  test("more than a page goes out whole, and a stranger's workspace not at all", async () => {
    for (let count = 0; count < 25; count += 1) {
      await Promise.all(
        Array.from({ length: 50 }, () => noteAct(world().system, { act: "test.bulk" })),
      );
    }
    const response = await answer(admin, "/api/v1/audit/export?act=test.bulk&format=csv");
    expect((await response.text()).trim().split("\r\n")).toHaveLength(1 + 1_250);
    const foreign = await answer(
      house.owner,
      `/api/v1/audit/export?workspace=${other.workspaceId}`,
    );
    expect(foreign.status).toBe(404);
  });
});
