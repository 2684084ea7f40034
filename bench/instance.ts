import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig, openPostgres, silentLog } from "@basalt/server/kernel";

/** A Basalt of its own in another process, on an empty data directory. */
export interface Instance {
  readonly url: string;
  /** The same PostgreSQL, for the bare comparison. */
  readonly databaseUrl: string;
  readonly pid: number;
  /** Milliseconds from spawn to the ready line. */
  readonly readyMs: number;
  readonly dataDir: string;
  stop(): Promise<void>;
}

/** Starts an instance; give the data directory of an earlier one to start on data that exists. */
export async function startInstance(
  options: {
    readonly dataDir?: string;
    readonly keep?: boolean;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<Instance> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "basalt-bench-")));
  const env = {
    ...process.env,
    BASALT_DATA_DIR: dataDir,
    BASALT_PORT: "0",
    BASALT_SAMPLE: "0",
    BASALT_LOG_LEVEL: "warn",
    BASALT_REGISTRATION: "open",
    // As bootstrap.mjs starts it.
    NODE_COMPILE_CACHE: join(import.meta.dirname, "../node_modules/.cache/basalt"),
    MALLOC_ARENA_MAX: "2",
    ...options.env,
  };
  const startedMs = performance.now();
  const child = spawn(
    process.execPath,
    [
      "--disable-warning=ExperimentalWarning",
      "--max-semi-space-size=8",
      `--import=${new URL("../cli/quick-imports.ts", import.meta.url)}`,
      "cli/main.ts",
      "start",
    ],
    {
      env,
      cwd: join(import.meta.dirname, ".."),
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const url = await readyUrl(child);
  const readyMs = performance.now() - startedMs;
  const config = await loadConfig(env, { cwd: process.cwd() });
  const postgres = await openPostgres(config, silentLog);
  return {
    url,
    databaseUrl: postgres.url,
    pid: child.pid ?? 0,
    readyMs,
    dataDir,
    stop: async () => {
      await postgres.stop();
      const ended = new Promise((resolve) => {
        child.once("exit", resolve);
      });
      child.kill("SIGTERM");
      await ended;
      if (options.keep !== true) {
        await rm(dataDir, { recursive: true, force: true });
      }
    },
  };
}

async function readyUrl(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    const url = /ready at (\S+)/.exec(text)?.[1];
    if (url !== undefined) {
      child.stdout?.resume();
      return url;
    }
  }
  throw new Error(`the instance did not start: ${text}`);
}

/** Resident memory of a process, megabytes. */
export async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

/** A signed-in caller with a base of one table of twelve fields. */
export interface Fixture {
  readonly key: string;
  readonly baseId: string;
  readonly tableId: string;
  readonly fieldIds: readonly string[];
}

/** The twelve fields that every bench uses. */
export const FIELDS = [
  { name: "Name", type: "singleLineText" },
  { name: "Notes", type: "multilineText" },
  { name: "Email", type: "email" },
  { name: "City", type: "singleLineText" },
  { name: "Amount", type: "number", options: { precision: 2 } },
  { name: "Price", type: "currency", options: { precision: 2, symbol: "€" } },
  { name: "Share", type: "percent", options: { precision: 1 } },
  { name: "Stars", type: "rating", options: { icon: "star", color: "yellowBright", max: 5 } },
  { name: "Done", type: "checkbox", options: { icon: "check", color: "greenBright" } },
  {
    name: "Status",
    type: "singleSelect",
    options: { choices: [{ name: "open" }, { name: "won" }, { name: "lost" }] },
  },
  { name: "Due", type: "date", options: { dateFormat: { name: "iso" } } },
  {
    name: "Seen",
    type: "dateTime",
    options: { timeZone: "utc", dateFormat: { name: "iso" }, timeFormat: { name: "24hour" } },
  },
];

/** Cells of the n-th record, as the API takes them. */
export function cellsOf(n: number): Record<string, unknown> {
  return {
    Name: `Record number ${n}`,
    ...(n % 4 === 0
      ? {}
      : { Notes: `Some words about record ${n}, long enough to be a line of text in a table.` }),
    Email: `person${n}@example.com`,
    City: ["Wien", "São Paulo", "Łódź", "New York"][n % 4],
    Amount: n * 1.25,
    Price: (n % 1000) + 0.99,
    ...(n % 3 === 0 ? {} : { Share: (n % 100) / 100 }),
    Stars: (n % 5) + 1,
    Done: n % 2 === 0,
    Status: ["open", "won", "lost"][n % 3],
    Due: `2026-0${(n % 9) + 1}-15`,
    Seen: `2026-03-0${(n % 9) + 1}T12:34:56.789Z`,
  };
}

/** Registers, makes a key and a base. */
export async function fixture(url: string): Promise<Fixture> {
  const call = async (
    path: string,
    token: string | undefined,
    body: unknown,
  ): Promise<Record<string, never>> => {
    const answer = await fetch(`${url}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) {
      throw new Error(`${path}: ${answer.status} ${text}`);
    }
    return JSON.parse(text);
  };
  const { token } = await call("/api/v1/register", undefined, {
    email: `bench${Math.random()}@example.com`,
    password: "a long password",
    name: "Bench",
  });
  const { id: workspaceId } = await call("/api/v1/workspaces", token, { name: "Bench" });
  const { key } = await call("/api/v1/api-keys", token, { name: "bench" });
  const base = (await call("/v0/meta/bases", key, {
    name: "Bench",
    workspaceId,
    tables: [{ name: "Things", fields: FIELDS }],
  })) as unknown as {
    id: string;
    tables: { id: string; fields: { id: string }[] }[];
  };
  const [table] = base.tables;
  return {
    key: key as unknown as string,
    baseId: base.id,
    tableId: table?.id ?? "",
    fieldIds: table?.fields.map((field) => field.id) ?? [],
  };
}

/** Creates records through the API, a thousand a call. */
export async function fill(
  url: string,
  { key, baseId, tableId }: Fixture,
  count: number,
): Promise<void> {
  for (let from = 0; from < count; from += 1000) {
    const records = Array.from({ length: Math.min(1000, count - from) }, (_, at) => ({
      fields: cellsOf(from + at),
    }));
    const answer = await fetch(`${url}/v0/${baseId}/${tableId}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${key}`,
        "x-basalt-limits": "extended",
      },
      body: JSON.stringify({ records }),
    });
    if (!answer.ok) {
      throw new Error(await answer.text());
    }
    await answer.arrayBuffer();
  }
}
