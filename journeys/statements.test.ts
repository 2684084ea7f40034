import { beforeAll, test } from "vitest";
import type { JourneyBase } from "./journey-base.ts";
import type { JourneyServer } from "./journey-server.ts";
import { statementJourney, type StatementRow as Row } from "./statement-journey.ts";

const journey = statementJourney();
let running: JourneyServer;
let base: JourneyBase;
beforeAll(() => {
  ({ running, base } = journey());
});
const fresh = (number: number, table?: string): Promise<string[]> => journey().fresh(number, table);
const setUp = (path: string, body: unknown): Promise<void> => journey().setUp(path, body);

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
    statements: 5,
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
    statements: 6,
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

test.for(table)("$name", (row) => journey().expectCost(row));
