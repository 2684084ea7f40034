import { beforeAll, test } from "vitest";
import { call, expectOk } from "./api.ts";
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

const batch = [1, 10] as const;
const page = [1, 100] as const;

/** The cursor of a phone that has everything. */
async function caughtUp(path: string): Promise<string> {
  let cursor = "";
  for (;;) {
    const from = cursor === "" ? "" : `&cursor=${cursor}`;
    const answer = await expectOk<{ cursor: string; more: boolean }>(
      call(`${running.url}${path}${from}`, { token: running.key }),
    );
    ({ cursor } = answer);
    if (!answer.more) {
      return cursor;
    }
  }
}

/** Every answer that is put together for a screen, and what is read of the log of acts. */
const table: readonly Row[] = [
  {
    name: "acts of a workspace",
    statements: 1,
    roundTrips: 1,
    sizes: batch,
    prepare: async (size) => {
      for (let at = 0; at < size; at += 1) {
        await setUp(`/api/v1/workspaces/${running.workspaceId}/invitations`, { role: "editor" });
      }
      const path = `/api/v1/audit?workspace=${running.workspaceId}`;
      return { path, next: () => ({ token: running.owner.session }) };
    },
  },
  {
    name: "audit of a base",
    statements: 2,
    roundTrips: 2,
    sizes: batch,
    prepare: async (size) => {
      await fresh(size);
      const path = `/api/v1/bases/${base.id}/audit`;
      return { path, next: () => ({ token: running.owner.session }) };
    },
  },
  {
    name: "home of the web",
    statements: 5,
    roundTrips: 5,
    sizes: [1, 5],
    prepare: async (size) => {
      for (let at = 0; at < size; at += 1) {
        await setUp("/api/v1/workspaces", { name: "More" });
      }
      return { path: "/bff/web/home" };
    },
  },
  {
    name: "a base's screen",
    statements: 2,
    roundTrips: 2,
    sizes: [1, 1],
    prepare: () => ({ path: `/bff/web/bases/${base.id}` }),
  },
  {
    name: "a table's screen",
    statements: 2,
    roundTrips: 1,
    sizes: page,
    prepare: async (size) => {
      await fresh(size);
      return { path: `/bff/web/bases/${base.id}/tables/${base.tasks.id}` };
    },
  },
  {
    name: "the account's screen",
    statements: 3,
    roundTrips: 3,
    sizes: [1, 1],
    prepare: () => ({
      path: "/bff/web/settings",
      next: () => ({ token: running.owner.session }),
    }),
  },
  {
    name: "home of the phone",
    statements: 4,
    roundTrips: 4,
    sizes: [1, 1],
    prepare: () => ({ path: "/bff/mobile/home" }),
  },
  {
    name: "records for the phone",
    statements: 2,
    roundTrips: 1,
    sizes: page,
    prepare: async (size) => {
      await fresh(size);
      return { path: `/bff/mobile/bases/${base.id}/tables/${base.tasks.id}/records?limit=${size}` };
    },
  },
  {
    name: "what has changed for the phone",
    statements: 4,
    roundTrips: 3,
    sizes: batch,
    prepare: (size) => {
      const path = `/bff/mobile/sync?base=${base.id}&tables=${base.tasks.id}`;
      return {
        path,
        next: async () => {
          const cursor = await caughtUp(path);
          await fresh(size);
          return { query: `&cursor=${cursor}` };
        },
      };
    },
  },
];

test.for(table)("$name", (row) => journey().expectCost(row));
