import { once } from "node:events";
import { connect, type Socket } from "node:net";
import pg from "pg";
import { expect, test } from "vitest";
import { loadConfig, openPostgres, silentLog } from "@basalt/server/kernel";
import { makeBase, makeKey, makeWorkspace, register } from "../journeys/api.ts";
import { outsideDatabase } from "../journeys/journey-server.ts";
import { startServer } from "../journeys/server-process.ts";

const clients = 5_000;
const processes = 2;
const poolMax = 5;
/** Beside its pool a process holds its way to the others, and one that looks whether the database answers. */
const besidePool = 2;
const together = 100;

test("5,000 clients of two processes hold no more connections to PostgreSQL than the pools have", async () => {
  const database = await outsideDatabase();
  const env = {
    BASALT_PROCESSES: String(processes),
    BASALT_DATABASE_POOL_MAX: String(poolMax),
    BASALT_LIMIT_ANONYMOUS: "none",
  };
  const server = await startServer({ databaseUrl: database?.url, env });
  const { session } = await register(server.url, "owner");
  const workspaceId = await makeWorkspace(server.url, session, "Many");
  const { key } = await makeKey(server.url, session);
  const tables = [{ name: "First", fields: [{ name: "Name", type: "singleLineText" }] }];
  const { id } = await makeBase(server.url, key, { workspaceId, name: "Base", tables });
  const postgres = await openPostgres(
    await loadConfig(
      { BASALT_DATA_DIR: server.dataDir, ...(database && { DATABASE_URL: database.url }) },
      { cwd: server.dataDir },
    ),
    silentLog,
  );
  const watching = new pg.Client({ connectionString: postgres.url });
  await watching.connect();
  let most = 0;
  const watch = setInterval(() => {
    watching
      .query(
        "select count(*)::int as n from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      )
      .then(({ rows }) => {
        most = Math.max(most, rows[0].n);
      })
      .catch(() => undefined);
  }, 20);
  const sockets: Socket[] = [];
  const statuses = new Map<string, number>();
  // A filter that no answer in memory knows, so that each has to ask the database.
  const ask = async (socket: Socket, turn: number): Promise<void> => {
    const filter = encodeURIComponent(`{Name} = "${turn}"`);
    socket.write(
      `GET /v0/${id}/First?filterByFormula=${filter} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\n\r\n`,
    );
    const [chunk] = (await once(socket, "data")) as [Buffer];
    const status = chunk.toString("latin1", 9, 12);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  };
  for (let from = 0; from < clients; from += together) {
    await Promise.all(
      Array.from({ length: together }, async (_, at) => {
        const socket = connect(server.port, "127.0.0.1");
        sockets.push(socket);
        await once(socket, "connect");
        await ask(socket, from + at);
      }),
    );
  }
  // All are open and ask once more.
  for (let from = 0; from < clients; from += together) {
    await Promise.all(sockets.slice(from, from + together).map((socket, at) => ask(socket, at)));
  }
  clearInterval(watch);
  const open = /^http_connections_open\{.*\} (\d+)$/gm;
  const figures = await (await fetch(`${server.url}/metrics`)).text();
  const held = [...figures.matchAll(open)].reduce((sum, [, count]) => sum + Number(count), 0);
  sockets.forEach((socket) => socket.destroy());
  await watching.end();
  await postgres.stop();
  await server.destroy();
  await database?.drop();
  expect(held).toBeGreaterThanOrEqual(clients);
  // A machine that is busy may turn some away; nobody is left without an answer.
  const answered = (statuses.get("200") ?? 0) + (statuses.get("503") ?? 0);
  expect(answered).toBe(clients * 2);
  expect(statuses.get("200")).toBeGreaterThan(clients);
  expect(most).toBeGreaterThan(processes);
  expect(most).toBeLessThanOrEqual((processes + 1) * (poolMax + besidePool));
}, 300_000);
