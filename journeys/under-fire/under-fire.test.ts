import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Seeded } from "../../faults/seeded.ts";
import { outsideDatabase } from "../journey-server.ts";
import { type ServerProcess, startServer } from "../server-process.ts";
import { Clients } from "./clients.ts";
import { type FieldOfFire, makeFieldOfFire, versionsOf } from "./field-of-fire.ts";
import { violations } from "./verify.ts";

/** `.ci/run` gives a minute. */
const seconds = Number(process.env["BASALT_TEST_FIRE_SECONDS"] ?? 8);
const seed = Number(process.env["BASALT_TEST_SEED"] ?? 1);
const count = 3;
const openRegistration = { BASALT_REGISTRATION: "open" };

let database: Awaited<ReturnType<typeof outsideDatabase>>;
let dataDir: string;
const servers: ServerProcess[] = [];
let field: FieldOfFire;

beforeAll(async () => {
  database = await outsideDatabase();
  const env = openRegistration;
  const first = await startServer({ databaseUrl: database?.url, env });
  servers.push(first);
  dataDir = first.dataDir;
  while (servers.length < count) {
    servers.push(await startServer({ dataDir, databaseUrl: database?.url, env }));
  }
  field = await makeFieldOfFire([first.url, ...servers.slice(1).map(({ url }) => url)]);
}, 180_000);

afterAll(async () => {
  const [first, ...others] = servers;
  await Promise.all(others.map((server) => server.end("SIGTERM")));
  await first?.destroy();
  await database?.drop();
}, 60_000);

test(
  `8 clients at 3 processes for ${seconds} s, each now and then killed: nothing is seen that was not so`,
  async () => {
    console.log(`seed ${seed}`);
    const clients = new Clients(field, seed);
    clients.start();
    const kills = await killNowAndThen(new Seeded(seed), performance.now() + seconds * 1000);
    await clients.stop();

    const { versions, missing } = await versionsOf(field);
    const found = violations(clients.history, versions);
    const counts = Object.groupBy(clients.history, ({ kind, status }) => `${kind} ${status}`);
    console.log(
      `${kills} kills; ${Object.entries(counts)
        .map(([what, all]) => `${all?.length} × ${what}`)
        .toSorted()
        .join(", ")}`,
    );
    expect(missing).toEqual([]);
    expect(found.slice(0, 10)).toEqual([]);
    expect(kills).toBeGreaterThan(0);
    expect(counts["page 200"]?.length).toBeGreaterThan(20);
  },
  (seconds + 120) * 1000,
);

/** kill -9 of one of the processes, which then starts again at its address on what is there. */
async function killNowAndThen(random: Seeded, untilMs: number): Promise<number> {
  let kills = 0;
  while (performance.now() < untilMs) {
    await sleep(random.whole(1_000, 3_000));
    const at = random.whole(0, count - 1);
    const server = servers[at];
    if (server === undefined || performance.now() >= untilMs) {
      break;
    }
    await server.end("SIGKILL");
    kills += 1;
    servers[at] = await startServer({
      dataDir,
      databaseUrl: database?.url,
      port: server.port,
      env: openRegistration,
    });
  }
  return kills;
}
