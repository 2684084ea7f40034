import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openMetrics, sql, type Actor, type UserActor, type World } from "#kernel";
import { openTestWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { type Gateway, openGateway } from "../gateway.ts";
import { ada } from "../testing/fake-world.ts";
import { type ToyUpstream, toyUpstream } from "../upstreams/testing/toy-upstream.ts";
import { type OpenUpstreams, openUpstreams } from "./open-upstreams.ts";
import { gatewayRoutes } from "./routes.ts";

let database: TestWorld;
let folder: string;
let file: string;
let old: ToyUpstream;
let fresh: ToyUpstream;
let isFreshWell = true;
const opened: { close(): Promise<void> }[] = [];
const root: UserActor = { ...(ada as UserActor), admin: true };

beforeAll(async () => {
  database = await openTestWorld();
  old = await toyUpstream("old", (_message, response) => response.end("old"));
  fresh = await toyUpstream("new", (_message, response) =>
    response.writeHead(isFreshWell ? 200 : 500).end("new"),
  );
});
afterAll(async () => {
  await old.close();
  await fresh.close();
  await database.close();
});
beforeEach(async () => {
  isFreshWell = true;
  folder = await mkdtemp(path.join(tmpdir(), "basalt-control-"));
  file = path.join(folder, "gateway.yaml");
  await database.db.script("delete from gateway.route_commands");
  await writeFile(file, yaml());
});
afterEach(async () => {
  database.setClock(null);
  for (const one of opened.splice(0).toReversed()) {
    await one.close();
  }
  await rm(folder, { recursive: true });
});

const yaml = (weights = [100, 0], cutOver = ""): string => `
upstreams: { old: { url: "${old.url}" }, new: { url: "${fresh.url}" } }
routes:
  - name: things
    path: /things
    sticky: none
    to: [{ upstream: old, weight: ${weights[0]} }, { upstream: new, weight: ${weights[1]} }]
    cutOver:
      from: old
      to: new
      rollback: { requestsMin: 20, checks: 1 }
      ${cutOver}
`;

interface Process {
  readonly gateway: Gateway;
  readonly routing: OpenUpstreams;
  readonly url: string;
  call(path: string, body?: unknown, as?: string): Promise<{ status: number; body: Answer }>;
  /** Which upstreams so many requests reach. */
  reached(times: number): Promise<Record<string, number>>;
}

interface Answer {
  readonly code?: string;
  readonly weightsFrom?: string;
  readonly targets?: readonly { readonly name: string; readonly weight: number }[];
  readonly file?: { readonly mistakes: readonly string[] };
  readonly routes?: readonly { readonly name: string }[];
}

async function start(world: World = { ...database, metrics: openMetrics() }): Promise<Process> {
  const actors: Record<string, Actor> = { "Bearer root": root, "Bearer ada": ada };
  const findActor = (authorization: string): Actor =>
    actors[authorization] ?? { kind: "anonymous" };
  const routing = await openUpstreams(world, { findActor, path: file, apiUrls: [] });
  const gateway = openGateway({
    world,
    actorOf: (_world, authorization) => findActor(authorization),
    mounts: [{ routes: gatewayRoutes(routing) }],
    operations: [],
    health: [],
    about: { version: "1", database: "a test" },
    upstreams: routing.upstreams,
  });
  routing.follow(gateway);
  const { url } = await gateway.listen();
  const close = async (): Promise<void> => {
    await gateway.close();
    await routing.close();
  };
  opened.push({ close });
  return {
    gateway,
    routing,
    url,
    call: async (where, body, as = "root") => {
      const answer = await fetch(`${url}/api/v1/admin/gateway${where}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { authorization: `Bearer ${as}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: JSON.parse((await answer.text()) || "{}") as Answer };
    },
    reached: async (times) => {
      const names: Record<string, number> = {};
      for (let turn = 0; turn < times; turn += 1) {
        const name = await (await fetch(`${url}/things`)).text();
        names[name] = (names[name] ?? 0) + 1;
      }
      return names;
    },
  };
}

const change = "/routes/things/changes";

describe("a change by an administrator", () => {
  test("holds at once, over a restart and in another process, and is written down", async () => {
    const one = await start();
    const secondWorld = await openTestWorld({ url: database.url });
    const two = await start(secondWorld);
    opened.splice(1, 0, secondWorld);
    expect(await one.reached(10)).toEqual({ old: 10 });
    const { status, body } = await one.call(change, { act: "cut-over", percent: 100 });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      weightsFrom: "command",
      targets: [{ weight: 0 }, { weight: 100 }],
    });
    expect(await one.reached(10)).toEqual({ new: 10 });
    await expect.poll(() => two.reached(5)).toEqual({ new: 5 });
    const again = await start();
    expect(await again.reached(5)).toEqual({ new: 5 });
    const acts = await database.db.all<{ act: string; target_name: string; details: unknown }>(
      sql`select act, target_name, details from acts.entries where act like 'gateway.%' order by seq`,
    );
    expect(acts.at(-1)).toMatchObject({
      act: "gateway.cut-over",
      target_name: "things",
      details: { before: { old: 100, new: 0 }, after: { old: 0, new: 100 } },
    });
  });

  test("goes in steps, is switched, and instantly back", async () => {
    const one = await start();
    await one.call(change, { act: "cut-over", percent: 50 });
    const { old: toOld = 0, new: toNew = 0 } = await one.reached(200);
    expect(Math.min(toOld, toNew)).toBeGreaterThan(60);
    await one.call(change, { act: "switch" });
    expect(await one.reached(10)).toEqual({ new: 10 });
    await one.call(change, { act: "roll-back", reason: "a test" });
    expect(await one.reached(10)).toEqual({ old: 10 });
    await one.call(change, { act: "weights", weights: { new: 100, old: 0 } });
    expect(await one.reached(10)).toEqual({ new: 10 });
    await one.call(change, { act: "hand-back" });
    expect(await one.reached(10)).toEqual({ old: 10 });
  });

  test("ends when the file says something else, not when it says the same in other words", async () => {
    const one = await start();
    await one.call(change, { act: "switch", to: "new" });
    await writeFile(file, `# a comment\n${yaml()}`);
    await one.routing.file.look();
    expect(await one.reached(5)).toEqual({ new: 5 });
    await writeFile(file, yaml([90, 0]));
    await one.routing.file.look();
    expect(await one.reached(5)).toEqual({ old: 5 });
    expect((await one.call("")).body.routes?.[0]).toMatchObject({ weightsFrom: "file" });
  });

  test.each<[unknown, number, string]>([
    [{ act: "cut-over", percent: 101 }, 422, "contract.invalid-body"],
    [{ act: "cut-over" }, 422, "contract.invalid-body"],
    [{ act: "explode" }, 422, "contract.invalid-body"],
    [{ act: "switch", to: "nowhere" }, 422, "gateway.no-such-target"],
    [{ act: "weights", weights: { nowhere: 1 } }, 422, "gateway.no-such-target"],
    [{ act: "weights", weights: { old: 0, new: 0 } }, 422, "gateway.no-weight"],
    [{ act: "weights", weights: { old: -1 } }, 422, "contract.invalid-body"],
  ])("%j is refused", async (body, status, code) => {
    const one = await start();
    expect(await one.call(change, body)).toMatchObject({ status, body: { code } });
    expect(await one.reached(5)).toEqual({ old: 5 });
  });

  test("is for administrators, on routes that there are", async () => {
    const one = await start();
    const body = { act: "switch" };
    expect((await one.call(change, body, "ada")).body.code).toBe("identity.administrator-required");
    expect((await one.call(change, body, "nobody")).status).toBe(401);
    expect((await one.call("", undefined, "ada")).status).toBe(403);
    expect((await one.call("", undefined, "nobody")).status).toBe(401);
    expect((await one.call("/routes/none/changes", body, "ada")).status).toBe(403);
    expect((await one.call("/routes/none/changes", body)).body.code).toBe(
      "gateway.no-such-route-name",
    );
    expect((await one.call("/upstreams/none/reset-breakers", {})).status).toBe(404);
    expect((await one.call("/upstreams/old/reset-breakers", {}, "ada")).status).toBe(403);
  });

  test("closes breakers, and sees why a file was refused", async () => {
    const one = await start();
    const [server] = one.routing.upstreams.upstream("old")?.endpoints ?? [];
    for (let turn = 0; turn < 10; turn += 1) {
      server?.breaker.failed(server.breaker.enter());
    }
    expect(server?.breaker.state).toBe("open");
    expect((await one.call("/upstreams/old/reset-breakers", {})).status).toBe(204);
    expect(server?.breaker.state).toBe("closed");
    await writeFile(file, "routes: [{ nme: x }]");
    await one.routing.file.look();
    expect((await one.call("")).body.file?.mistakes[0]).toMatch(/^line 1: routes\.0\./);
    expect(await one.reached(5)).toEqual({ old: 5 });
  });
});

test("limits of the file count for what is passed on, and end with it", async () => {
  const one = await start();
  const limit = "limits: [{ name: few, limit: 2, window: 60, per: address, classes: [upstream] }]";
  await writeFile(file, `${yaml()}\n${limit}`);
  await one.routing.file.look();
  const statuses = async (): Promise<number[]> => {
    const answers: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      answers.push((await fetch(`${one.url}/things`)).status);
    }
    return answers;
  };
  expect(await statuses()).toEqual([200, 200, 429]);
  await writeFile(file, yaml());
  await one.routing.file.look();
  expect(await statuses()).toEqual([200, 200, 200]);
});

test("the report of a shadow is read and begun anew by an administrator", async () => {
  await writeFile(file, `${yaml()}    shadow: { upstream: new }\n`);
  const one = await start();
  await one.reached(3);
  const where = "/routes/things/shadow";
  const report = async (): Promise<unknown> => (await one.call(where)).body;
  await expect.poll(report).toMatchObject({ sent: 3, different: 3, examples: { length: 3 } });
  expect((await one.call(where, undefined, "ada")).status).toBe(403);
  const cleared = await fetch(`${one.url}/api/v1/admin/gateway${where}`, {
    method: "DELETE",
    headers: { authorization: "Bearer root" },
  });
  expect(cleared.status).toBe(204);
  expect(await report()).toMatchObject({ sent: 0, examples: [] });
});

describe("a cut-over goes back by itself", () => {
  test("when the new target fails more than the old one, and not again by what it did before", async () => {
    const one = await start();
    await one.reached(30);
    await one.routing.cutOvers.judge();
    await one.call(change, { act: "cut-over", percent: 50 });
    isFreshWell = false;
    await one.reached(100);
    await one.routing.cutOvers.judge();
    expect(await one.reached(10)).toEqual({ old: 10 });
    const shown = (await one.call("")).body.routes?.[0];
    expect(shown).toMatchObject({
      command: { reason: expect.stringMatching(/^rolled back: 100 %/) as string },
    });
    isFreshWell = true;
    await one.call(change, { act: "cut-over", percent: 100 });
    await one.routing.cutOvers.judge();
    expect(await one.reached(10)).toEqual({ new: 10 });
  });

  test("automatic steps: ten more each time up to fifty, then all; a command takes over", async () => {
    await writeFile(file, yaml([100, 0], "automatic: { everyMs: 10000 }"));
    let nowMs = Date.parse("2026-06-01T00:00:00Z");
    database.setClock(new Date(nowMs));
    const one = await start();
    const percent = (): number | undefined => one.routing.upstreams.route("things")?.percent();
    const later = async (ms: number): Promise<number | undefined> => {
      nowMs += ms;
      database.setClock(new Date(nowMs));
      await one.routing.cutOvers.judge();
      return percent();
    };
    expect(await later(60_000)).toBe(0);
    await one.call(change, { act: "resume" });
    expect(await later(1)).toBe(10);
    expect(await later(60_000)).toBe(10);
    const seen: (number | undefined)[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      for (let request = 0; request < 20; request += 1) {
        one.routing.upstreams.route("things")?.targets[1]?.window.add(false, 1);
      }
      seen.push(await later(9_000), await later(1_000));
    }
    // Too few requests held the second step up; the next ones come ten seconds after the one before.
    expect(seen).toEqual([20, 20, 30, 30, 40, 40, 50, 50, 100, 100]);
    await one.call(change, { act: "cut-over", percent: 30 });
    expect(await later(600_000)).toBe(30);
  });
});
