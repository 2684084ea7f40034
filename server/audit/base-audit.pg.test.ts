import { baseAuditPage } from "@basalt/contract";
import { Hono } from "hono";
import { beforeAll, expect, test } from "vitest";
import { noteAct, publish, renderProblem, type HttpEnv, type Scope } from "#kernel";
import { testWorld } from "../kernel/testing/world.ts";
import { makeHouse, makeMember, makeUser, type House } from "../workspaces/testing/people.ts";
import { auditRoutes } from "./routes.ts";

const world = testWorld();
let house: House;

/** A change of the house's base, as the records engine writes it. */
async function change(txn: number, name: string, more: object = {}): Promise<void> {
  await world().db.transaction(async (tx) =>
    publish(tx, [
      {
        baseId: house.baseId,
        txn,
        seq: 0,
        at: world().now(),
        name,
        tableId: "tblAAAAAAAAAAAAAA",
        recordIds: ["recAAAAAAAAAAAAAA"],
        fieldIds: ["fldAAAAAAAAAAAAAA"],
        body: { before: [["a"]], after: [["b"]] },
        actorId: house.owner.actor.userId,
        source: "api",
        requestId: `req${txn}`,
        cause: [],
        address: "192.0.2.44",
        ...more,
      },
    ]),
  );
}

const start = Date.parse("2026-11-20T10:00:00Z");

beforeAll(async () => {
  world().setClock(new Date(start));
  house = await makeHouse(world());
  for (let txn = 1; txn <= 10; txn += 1) {
    world().setClock(new Date(start + txn * 1_000));
    await change(txn, "records.updated");
    world().setClock(new Date(start + txn * 1_000 + 500));
    await noteAct(house.owner, {
      act: "test.between",
      baseId: house.baseId,
      workspaceId: house.workspaceId,
      details: { txn },
    });
  }
  world().setClock(new Date(start + 11_000));
  await change(11, "records.created", {
    recordIds: Array.from({ length: 500 }, (_, at) => `rec${String(at).padStart(14, "0")}`),
    body: { after: [["x".repeat(100_000)]] },
  });
});

interface Page {
  readonly entries: readonly {
    readonly kind: string;
    readonly txn?: number;
    readonly act?: string;
    readonly details?: { readonly txn?: number };
  }[];
  readonly next?: string;
}

async function audit(scope: Scope, query = ""): Promise<{ status: number; page: Page }> {
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    c.set("scope", scope);
    await next();
  });
  app.route("/", auditRoutes());
  app.onError((error) => renderProblem(error, "problem", "req1"));
  const url = `http://basalt.test/api/v1/bases/${house.baseId}/audit${query}`;
  const response = await app.request(new Request(url));
  const page = (await response.json()) as Page;
  if (response.status === 200) {
    expect(baseAuditPage.safeParse(page).error).toBeUndefined();
  }
  return { status: response.status, page };
}

test("changes and acts are one story, newest first, with before, after, who and from where", async () => {
  const { page } = await audit(house.owner, "?limit=4");
  expect(page.entries).toMatchObject([
    { kind: "change", txn: 11, records: 500, bodyLeftOut: true, before: null, after: null },
    { kind: "act", act: "test.between", details: { txn: 10 } },
    {
      kind: "change",
      txn: 10,
      name: "records.updated",
      actor: { kind: "user", id: house.owner.actor.userId, name: "Somebody" },
      recordIds: ["recAAAAAAAAAAAAAA"],
      before: [["a"]],
      after: [["b"]],
      address: "192.0.2.44",
      requestId: "req10",
    },
    { kind: "act", details: { txn: 9 } },
  ]);
});

test.each([[1], [2], [3], [7]])("pages of %i neither repeat nor skip", async (limit) => {
  const seen: string[] = [];
  let cursor = "";
  do {
    const { page } = await audit(house.owner, `?limit=${limit}${cursor}`);
    seen.push(
      ...page.entries.map(({ txn, act, details }) => `${act ?? "txn"}${txn ?? details?.txn}`),
    );
    cursor = page.next === undefined ? "" : `&cursor=${page.next}`;
  } while (cursor !== "");
  const { page } = await audit(house.owner, "?limit=200");
  expect(seen).toEqual(
    page.entries.map(({ txn, act, details }) => `${act ?? "txn"}${txn ?? details?.txn}`),
  );
  expect(new Set(seen).size).toBe(seen.length);
});

test("one record's story is its changes alone", async () => {
  const { page } = await audit(house.owner, "?record=recAAAAAAAAAAAAAA&limit=200");
  expect(page.entries.map(({ txn }) => txn)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
});

test("it takes somebody who governs the base", async () => {
  const editor = await makeMember(world(), { baseId: house.baseId }, "editor");
  expect((await audit(editor)).status).toBe(403);
  expect((await audit(await makeUser(world()))).status).toBe(404);
  expect((await audit(house.owner, "?cursor=1.2")).status).toBe(422);
  expect((await audit(house.owner, "?limit=201")).status).toBe(422);
});
