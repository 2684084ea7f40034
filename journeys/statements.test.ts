import { afterAll, beforeAll, expect, test } from "vitest";
import { StatementCount, type Statements } from "../faults/statement-count.ts";
import { openProxy, targetOf, throughProxy, type TcpProxy } from "../faults/tcp-proxy.ts";
import { createTestDatabase, type TestDatabase } from "../server/kernel/testing/test-database.ts";
import { type Call, call, expectOk, type RecordJson } from "./api.ts";
import { type JourneyBase, makeJourneyBase, sampleCells } from "./journey-base.ts";
import { type JourneyServer, openJourneyServer } from "./journey-server.ts";

const count = new StatementCount();
let database: TestDatabase;
let proxy: TcpProxy;
let running: JourneyServer & { close(): Promise<void> };
let base: JourneyBase;

beforeAll(async () => {
  database = await createTestDatabase();
  proxy = await openProxy(targetOf(database.url), count.tap);
  running = await openJourneyServer({ databaseUrl: throughProxy(database.url, proxy) });
  base = await makeJourneyBase(running.url, running.key, running.workspaceId);
}, 180_000);

afterAll(async () => {
  await running?.close();
  await proxy?.close();
  await database?.drop();
}, 60_000);

/** Rounds: caches fill in the first ones, and what runs beside a call now and then must not be counted as its own. */
const rounds = 4;

/** The fewest statements that one call took. */
async function statementsOf(path: string, next: Prepared["next"]): Promise<Statements> {
  let fewest: Statements | undefined;
  for (let round = 0; round < rounds; round += 1) {
    const { query = "", ...asked } = (await next?.()) ?? {};
    count.take();
    const answer = await call(`${running.url}${path}${query}`, { token: running.key, ...asked });
    expect(answer.status, answer.text).toBeLessThan(300);
    const taken = count.take();
    if (fewest === undefined || taken.texts.length < fewest.texts.length) {
      fewest = taken;
    }
  }
  return fewest ?? { texts: [], roundTrips: 0 };
}

async function fresh(number: number, table = base.tasks.id): Promise<string[]> {
  const records = Array.from({ length: number }, () => ({
    fields: table === base.tasks.id ? { ...sampleCells, Who: { id: running.owner.id } } : {},
  }));
  const made = call(`${running.url}/v0/${base.id}/${table}`, {
    body: { records },
    token: running.key,
    headers: { "x-basalt-limits": "extended" },
  });
  return (await expectOk<{ records: RecordJson[] }>(made)).records.map(({ id }) => id);
}

interface Row {
  readonly name: string;
  /** Statements of one call that read or write; those that open, close and say as whom are not counted. */
  readonly statements: number;
  /** Times that the call waits for the database. */
  readonly roundTrips: number;
  /** How many things the small call and the large one touch. */
  readonly sizes: readonly [number, number];
  prepare(size: number): Promise<Prepared> | Prepared;
}

interface Asked extends Call {
  readonly query?: string;
}

interface Prepared {
  readonly path: string;
  /** Makes what one call needs; its own statements are not counted. */
  next?(): Promise<Asked> | Asked;
}

const data = (): string => `/v0/${base.id}/${base.tasks.id}`;
const meta = (): string => `/v0/meta/bases/${base.id}`;
const batch = [1, 10] as const;
const page = [1, 100] as const;
const cellsOf = (at: number): object => ({ Name: `n${at}`, Count: at, Tags: ["red"] });
const rowsOf = (ids: readonly string[]): object[] =>
  ids.map((id, at) => ({ id, fields: cellsOf(at) }));
const cellsFor = (size: number): { fields: object }[] =>
  Array.from({ length: size }, (_, at) => ({ fields: cellsOf(at) }));

/** Records of which each links to one of as many projects. */
async function linked(size: number): Promise<object[]> {
  const projects = await fresh(size, base.projects.id);
  return projects.map((id) => ({ fields: { Name: "linked", Project: [id] } }));
}

async function setUp(path: string, body: unknown): Promise<void> {
  await expectOk(call(`${running.url}${path}`, { body, token: running.owner.session }));
}

const control = /^\s*(begin|commit|set local role|reset role)\b/;

/** Every endpoint that may touch several things, with what it costs whatever their number. */
const table: readonly Row[] = [
  {
    name: "list records",
    statements: 2,
    roundTrips: 1,
    sizes: page,
    prepare: async (size) => {
      await fresh(size);
      return { path: `${data()}?pageSize=${size}` };
    },
  },
  {
    name: "list records, sorted, by POST, with counts of comments",
    statements: 4,
    roundTrips: 3,
    sizes: page,
    prepare: (size) => ({
      path: `${data()}/listRecords`,
      next: () => ({
        body: { pageSize: size, sort: [{ field: "Name" }], recordMetadata: ["commentCount"] },
      }),
    }),
  },
  {
    name: "list records with links as text",
    statements: 5,
    roundTrips: 4,
    sizes: batch,
    prepare: async (size) => {
      await setUp(data(), { records: await linked(size) });
      const shape = "cellFormat=string&timeZone=Europe/Berlin&userLocale=de";
      return {
        path: `${data()}?pageSize=${size}&sort[0][field]=Number&sort[0][direction]=desc&${shape}`,
      };
    },
  },
  {
    name: "get a record",
    statements: 2,
    roundTrips: 1,
    sizes: [1, 1],
    prepare: async () => ({ path: `${data()}/${(await fresh(1))[0]}` }),
  },
  {
    name: "create records",
    statements: 3,
    roundTrips: 1,
    sizes: batch,
    prepare: (size) => ({
      path: data(),
      next: () => ({ body: { records: cellsFor(size) } }),
    }),
  },
  {
    name: "create records with links",
    statements: 8,
    roundTrips: 7,
    sizes: batch,
    prepare: (size) => ({
      path: data(),
      next: async () => ({ body: { records: await linked(size) } }),
    }),
  },
  {
    name: "create records with links by name",
    statements: 10,
    roundTrips: 9,
    sizes: batch,
    prepare: (size) => ({
      path: data(),
      next: () => ({
        body: {
          typecast: true,
          records: cellsFor(size).map(() => ({ fields: { Project: [crypto.randomUUID()] } })),
        },
      }),
    }),
  },
  {
    name: "create records with people",
    statements: 4,
    roundTrips: 2,
    sizes: batch,
    prepare: (size) => ({
      path: data(),
      next: () => {
        const people = { Who: { id: running.owner.id }, Team: [{ email: running.owner.email }] };
        return { body: { records: cellsFor(size).map(() => ({ fields: people })) } };
      },
    }),
  },
  {
    name: "update records",
    statements: 4,
    roundTrips: 5,
    sizes: batch,
    prepare: (size) => ({
      path: data(),
      next: async () => ({ method: "PATCH", body: { records: rowsOf(await fresh(size)) } }),
    }),
  },
  {
    name: "replace records",
    statements: 6,
    roundTrips: 6,
    sizes: batch,
    prepare: (size) => ({
      path: data(),
      next: async () => ({ method: "PUT", body: { records: rowsOf(await fresh(size)) } }),
    }),
  },
  {
    name: "delete records",
    statements: 7,
    roundTrips: 7,
    sizes: batch,
    prepare: (size) => ({
      path: data(),
      next: async () => {
        const ids = await fresh(size);
        return { method: "DELETE", query: `?${ids.map((id) => `records[]=${id}`).join("&")}` };
      },
    }),
  },
  {
    name: "upsert records that are new",
    statements: 4,
    roundTrips: 5,
    sizes: batch,
    prepare: (size) => ({
      path: data(),
      next: () => ({
        method: "PATCH",
        body: {
          performUpsert: { fieldsToMergeOn: ["Name"] },
          records: cellsFor(size).map(() => ({ fields: { Name: crypto.randomUUID() } })),
        },
      }),
    }),
  },
  {
    name: "upsert records that are there",
    statements: 5,
    roundTrips: 6,
    sizes: batch,
    prepare: async (size) => {
      const names = Array.from({ length: size }, () => crypto.randomUUID());
      await setUp(data(), { records: names.map((Name) => ({ fields: { Name } })) });
      let round = 0;
      return {
        path: data(),
        next: () => {
          round += 1;
          const records = names.map((Name) => ({ fields: { Name, Count: round } }));
          return {
            method: "PATCH",
            body: { performUpsert: { fieldsToMergeOn: ["Name"] }, records },
          };
        },
      };
    },
  },
  {
    name: "list comments",
    statements: 3,
    roundTrips: 3,
    sizes: batch,
    prepare: async (size) => {
      const [id] = await fresh(1);
      for (let at = 0; at < size; at += 1) {
        await setUp(`${data()}/${id}/comments`, { text: `@[${running.owner.id}] ${at}` });
      }
      return { path: `${data()}/${id}/comments` };
    },
  },
  {
    name: "read changes",
    statements: 2,
    roundTrips: 2,
    sizes: page,
    prepare: (size) => ({ path: `/api/v1/bases/${base.id}/changes?limit=${size}` }),
  },
  {
    name: "read the schema",
    statements: 1,
    roundTrips: 1,
    sizes: batch,
    prepare: async (size) => {
      for (let at = 0; at < size; at += 1) {
        const fields = [{ name: "Name", type: "singleLineText" }];
        await setUp(`${meta()}/tables`, { name: crypto.randomUUID(), fields });
      }
      return { path: `${meta()}/tables?include[]=visibleFieldIds` };
    },
  },
  {
    name: "list views",
    statements: 1,
    roundTrips: 1,
    sizes: [1, 1],
    prepare: () => ({ path: `${meta()}/views` }),
  },
  {
    name: "list bases",
    statements: 1,
    roundTrips: 1,
    sizes: [1, 5],
    prepare: async (size) => {
      for (let at = 0; at < size; at += 1) {
        const tables = [{ name: "T", fields: [{ name: "F", type: "singleLineText" }] }];
        await setUp("/v0/meta/bases", { workspaceId: running.workspaceId, name: "More", tables });
      }
      return { path: "/v0/meta/bases" };
    },
  },
  {
    name: "list workspaces",
    statements: 1,
    roundTrips: 1,
    sizes: batch,
    prepare: async (size) => {
      for (let at = 0; at < size; at += 1) {
        await setUp("/api/v1/workspaces", { name: "More" });
      }
      return { path: "/api/v1/workspaces" };
    },
  },
  {
    name: "take events that have ids",
    statements: 2,
    roundTrips: 2,
    sizes: [1, 500],
    prepare: (size) => ({
      path: "/api/v1/events",
      next: () => ({
        body: {
          workspaceId: running.workspaceId,
          events: Array.from({ length: size }, () => ({ id: crypto.randomUUID(), name: "seen" })),
        },
      }),
    }),
  },
  {
    name: "take events without ids",
    statements: 1,
    roundTrips: 1,
    sizes: [1, 500],
    prepare: (size) => ({
      path: "/api/v1/events",
      next: () => ({
        body: {
          workspaceId: running.workspaceId,
          events: Array.from({ length: size }, () => ({ name: "seen" })),
        },
      }),
    }),
  },
  {
    name: "list invitations",
    statements: 1,
    roundTrips: 1,
    sizes: batch,
    prepare: async (size) => {
      const path = `/api/v1/workspaces/${running.workspaceId}/invitations`;
      for (let at = 0; at < size; at += 1) {
        await setUp(path, { role: "editor" });
      }
      return { path };
    },
  },
];

test.for(table)("$name", async ({ prepare, sizes, statements, roundTrips }) => {
  const taken: Statements[] = [];
  for (const size of sizes) {
    const { path, next } = await prepare(size);
    taken.push(await statementsOf(path, next));
  }
  for (const { texts, roundTrips: waits } of taken) {
    const working = texts.filter((text) => !control.test(text));
    expect([working.length, waits], texts.join("\n")).toEqual([statements, roundTrips]);
  }
});
