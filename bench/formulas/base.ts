import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { Agent } from "undici";
import { FIELDS, fixture, type Fixture, type Instance } from "../instance.ts";

/** What PostgreSQL is looked at how often while it computes behind the answers, milliseconds. */
const LOOK_MS = 5;
/** How long computing may take before the bench gives up, milliseconds. */
const COMPUTED_MAX_MS = 600_000;

/** A base of an instance, through the API and past it. */
export interface Base {
  readonly instance: Instance;
  /** The base with its first table, which has the fields of every bench. */
  readonly first: Fixture;
  readonly pool: pg.Pool;
  /** The answer to a call of the API; throws where it is refused. */
  call<Answer>(
    method: "GET" | "POST" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
  ): Promise<Answer>;
  addTable(name: string, fields: readonly object[]): Promise<Table>;
  addField(tableId: string, field: object): Promise<string>;
  dropField(tableId: string, fieldId: string): Promise<void>;
  /** Writes records, a thousand a call, and answers their ids. */
  write(
    method: "POST" | "PATCH",
    tableId: string,
    records: readonly object[],
  ): Promise<readonly string[]>;
  /** Waits until nothing is left to be computed. */
  computed(): Promise<void>;
  close(): Promise<void>;
}

export interface Table {
  readonly id: string;
  readonly fields: readonly { readonly id: string; readonly name: string }[];
}

export async function openBase(instance: Instance): Promise<Base> {
  const first = await fixture(instance.url);
  const pool = new pg.Pool({ connectionString: instance.databaseUrl, max: 4 });
  // Some calls compute a hundred thousand rows before they answer.
  const agent = new Agent({
    connections: 8,
    pipelining: 1,
    headersTimeout: COMPUTED_MAX_MS,
    bodyTimeout: COMPUTED_MAX_MS,
  });
  const headers = {
    authorization: `Bearer ${first.key}`,
    "content-type": "application/json",
    "x-basalt-limits": "extended",
  };
  const call: Base["call"] = async (method, path, body) => {
    const { statusCode, body: answer } = await agent.request({
      origin: instance.url,
      path,
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (statusCode !== 200) {
      throw new Error(`${method} ${path}: ${statusCode} ${await answer.text()}`);
    }
    return (await answer.json()) as never;
  };
  const tables = `/v0/meta/bases/${first.baseId}/tables`;
  return {
    instance,
    first,
    pool,
    call,
    addTable: async (name, fields) => call("POST", tables, { name, fields }),
    addField: async (tableId, field) =>
      (await call<{ id: string }>("POST", `${tables}/${tableId}/fields`, field)).id,
    dropField: async (tableId, fieldId) => call("DELETE", `${tables}/${tableId}/fields/${fieldId}`),
    write: async (method, tableId, records) => {
      const ids: string[] = [];
      for (let from = 0; from < records.length; from += 1000) {
        const answer = await call<{ records: { id: string }[] }>(
          method,
          `/v0/${first.baseId}/${tableId}`,
          {
            records: records.slice(from, from + 1000),
          },
        );
        ids.push(...answer.records.map(({ id }) => id));
      }
      return ids;
    },
    computed: async () => {
      const endMs = performance.now() + COMPUTED_MAX_MS;
      const left = {
        text: "select exists (select from records.backlog where base_id = $1) as behind",
        values: [first.baseId],
      };
      while ((await pool.query<{ behind: boolean }>(left)).rows[0]?.behind === true) {
        if (performance.now() > endMs) {
          throw new Error("computing does not end");
        }
        await sleep(LOOK_MS);
      }
    },
    close: async () => {
      await pool.end();
      await agent.close();
    },
  };
}

/** The fields of every bench without their ids. */
export const fields: readonly object[] = FIELDS;

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return (performance.now() - startedMs) / 1000;
}

export function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

export function listed(seconds: readonly number[]): string {
  return seconds.map((value) => value.toFixed(2)).join(", ");
}
