import { execFile } from "node:child_process";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { sql } from "../db/sql.ts";
import { silentLog } from "../log.ts";
import { embeddedProcess, type EmbeddedProcess } from "../testing/embedded-process.ts";
import { isAlive, readPidFile } from "./postmaster.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./start-embedded-postgres.ts";

const root = process.getuid?.() === 0;
const ordinaryUid = 65_534;

/** A data directory that has been used and stopped; copied, because making one takes seconds on a busy machine. */
let used: string;
let home: string;
let dataDir: string;
let open: EmbeddedPostgres[];
let processes: EmbeddedProcess[];

beforeAll(async () => {
  used = await mkdtemp(path.join(tmpdir(), "basalt-embedded-"));
  const { stop } = await startEmbeddedPostgres({ dataDir: used, log: silentLog });
  await stop();
});

afterAll(async () => {
  await rm(used, { recursive: true, force: true });
});

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "basalt-embedded-"));
  await chmod(home, 0o755);
  dataDir = path.join(home, "data");
  open = [];
  processes = [];
});

afterEach(async () => {
  for (const { stop } of processes) {
    await stop();
  }
  for (const { stop } of open) {
    await stop();
  }
  await rm(home, { recursive: true, force: true });
});

async function startHere(): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: silentLog });
  open.push(server);
  return server;
}

async function startThere(uid?: number): Promise<EmbeddedProcess> {
  const other = await embeddedProcess(dataDir, uid);
  processes.push(other);
  return other;
}

async function copyUsed(): Promise<void> {
  await promisify(execFile)("cp", ["-a", used, dataDir]);
}

async function ask(
  url: string,
  statement = sql`select current_user::text as who`,
): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query(statement);
    return rows;
  } finally {
    await client.end();
  }
}

async function askUntilAnswered(url: string): Promise<unknown> {
  for (;;) {
    try {
      return await ask(url);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function serverPid(): Promise<number> {
  return (await readPidFile(path.join(dataDir, "postgres")))?.pid ?? -1;
}

describe("one process", () => {
  test("the first run makes a database of our own role, no superuser, and the data outlives a stop", async () => {
    const first = await startHere();
    expect(first).toMatchObject({ adopted: false, version: expect.stringMatching(/^18\./) });
    expect(await ask(first.url)).toEqual([{ who: "basalt" }]);
    await expect(ask(first.url, sql`select pg_read_file('/etc/hostname')`)).rejects.toMatchObject({
      code: "42501",
    });
    await ask(first.url, sql`create table kept as select 7 as seven`);
    const pid = await serverPid();
    await first.stop();
    expect(isAlive(pid)).toBe(false);
    await expect(ask(first.url)).rejects.toThrow();
    const second = await startHere();
    expect(second.url).toBe(first.url);
    expect(await ask(second.url, sql`select seven from kept`)).toEqual([{ seven: 7 }]);
  });

  test("UTF-8, byte order by default and ICU at hand, checksums on", async () => {
    await copyUsed();
    const { url } = await startHere();
    const answer = await ask(
      url,
      sql`select current_setting('server_encoding') as encoding, current_setting('data_checksums') as checksums, 'é' > 'f' collate "C" as bytes`,
    );
    expect(answer).toEqual([{ encoding: "UTF8", checksums: "on", bytes: true }]);
  });

  test("secrets and data are for their owner only", async () => {
    await copyUsed();
    await startHere();
    for (const name of ["postgres", "run", "secrets", "locks"]) {
      expect((await stat(path.join(dataDir, name))).mode & 0o777, name).toBe(0o700);
    }
    expect((await stat(path.join(dataDir, "secrets", "postgres-password"))).mode & 0o777).toBe(
      0o600,
    );
  });

  test.runIf(root)(
    "as root the cluster belongs to a private user, not to root and not to nobody",
    async () => {
      await copyUsed();
      await startHere();
      const { uid } = await stat(path.join(dataDir, "postgres", "global", "pg_control"));
      expect([0, 65_534]).not.toContain(uid);
      expect(await readFile(`/proc/${await serverPid()}/status`, "utf8")).toMatch(
        new RegExp(`^Uid:\\s+${uid}\\s`, "m"),
      );
    },
  );

  test.runIf(root)("as an ordinary user everything is that user's", async () => {
    await mkdir(dataDir);
    await chown(dataDir, ordinaryUid, ordinaryUid);
    const other = await startThere(ordinaryUid);
    expect(other.said.refusal).toBeUndefined();
    expect(await ask(other.said.url ?? "")).toEqual([{ who: "basalt" }]);
    expect((await stat(path.join(dataDir, "postgres"))).uid).toBe(ordinaryUid);
  });

  test("the server's log holds no statement and no value of a user", async () => {
    await copyUsed();
    const { url } = await startHere();
    await expect(ask(url, sql`select 'canary-statement'::int`)).rejects.toThrow();
    await expect(ask(url, sql`select ${"canary-value"}::int`)).rejects.toThrow();
    expect(await readFile(path.join(dataDir, "postgres.log"), "utf8")).not.toContain("canary");
  });

  test("a long path gets a socket elsewhere", async () => {
    dataDir = path.join(home, "d".repeat(120), "data");
    const { url, stop } = await startHere();
    const socketDir = new URL(url).searchParams.get("host") ?? "";
    expect(socketDir).toMatch(/^\/tmp\/basalt-/);
    expect(await ask(url)).toEqual([{ who: "basalt" }]);
    await stop();
    await rm(socketDir, { recursive: true });
  });

  test("blanks, quotes and accents in the path are fine", async () => {
    dataDir = path.join(home, "mis données 'à moi' %20");
    const { url } = await startHere();
    expect(await ask(url)).toEqual([{ who: "basalt" }]);
  });

  test("an interrupted first run is made anew", async () => {
    await mkdir(path.join(dataDir, "postgres.half", "base"), { recursive: true });
    await writeFile(path.join(dataDir, "postgres.half", "PG_VERSION"), "18\n");
    expect(await ask((await startHere()).url)).toEqual([{ who: "basalt" }]);
  });

  test("a lost password of the role is mended", async () => {
    await copyUsed();
    await rm(path.join(dataDir, "secrets", "postgres-password"));
    expect(await ask((await startHere()).url)).toEqual([{ who: "basalt" }]);
  });
});

describe("crashes", () => {
  test("a server that is killed comes back at the same URL with what it had acknowledged", async () => {
    await copyUsed();
    const { url } = await startHere();
    await ask(url, sql`create table kept as select 7 as seven`);
    const pid = await serverPid();
    process.kill(pid, "SIGKILL");
    expect(await askUntilAnswered(url)).toEqual([{ who: "basalt" }]);
    expect(await ask(url, sql`select seven from kept`)).toEqual([{ seven: 7 }]);
    expect(await serverPid()).not.toBe(pid);
  });

  test("it comes back every time", async () => {
    await copyUsed();
    const { url } = await startHere();
    for (let round = 0; round < 3; round += 1) {
      const pid = await serverPid();
      process.kill(pid, "SIGKILL");
      while (isAlive(pid)) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(await askUntilAnswered(url)).toEqual([{ who: "basalt" }]);
    }
  });

  test("data that disappeared while it was in use is not made anew", async () => {
    await copyUsed();
    const errors: unknown[] = [];
    const log = { ...silentLog, error: (fields: object) => void errors.push(fields) };
    const server = await startEmbeddedPostgres({ dataDir, log });
    open.push(server);
    const pid = await serverPid();
    await rename(path.join(dataDir, "postgres"), path.join(dataDir, "moved"));
    process.kill(pid, "SIGKILL");
    await expect.poll(() => errors).not.toHaveLength(0);
    expect(errors[0]).toMatchObject({
      err: expect.objectContaining({ message: expect.stringContaining("has disappeared") }),
    });
    await rename(path.join(dataDir, "moved"), path.join(dataDir, "postgres"));
    expect(await askUntilAnswered(server.url)).toEqual([{ who: "basalt" }]);
  });

  test("stopping while it is coming back leaves nothing running", async () => {
    await copyUsed();
    const { stop } = await startHere();
    process.kill(await serverPid(), "SIGKILL");
    await stop();
    // Until its parent has noticed, a killed process still has its number.
    await expect.poll(async () => isAlive(await serverPid())).toBe(false);
  });

  test("a server that outlived its process is adopted, and stopped at the end", async () => {
    await copyUsed();
    const other = await startThere();
    const pid = await serverPid();
    other.process.kill("SIGKILL");
    await other.stop();
    expect(isAlive(pid)).toBe(true);
    const { adopted, url, stop } = await startHere();
    expect(adopted).toBe(true);
    expect(url).toBe(other.said.url);
    expect(await serverPid()).toBe(pid);
    await stop();
    expect(isAlive(pid)).toBe(false);
  });

  test("a process number that belongs to another program by now is no hindrance", async () => {
    await copyUsed();
    const { stop } = await startHere();
    const file = path.join(dataDir, "postgres", "postmaster.pid");
    const lines = (await readFile(file, "utf8")).split("\n");
    await stop();
    const bystander = await embeddedProcess(path.join(home, "elsewhere"));
    processes.push(bystander);
    await writeFile(file, [bystander.process.pid, ...lines.slice(1)].join("\n"));
    const again = await startHere();
    expect(again.adopted).toBe(false);
    expect(await ask(again.url)).toEqual([{ who: "basalt" }]);
    await again.stop();
    expect(bystander.process.exitCode).toBeNull();
  });
});

describe("several processes", () => {
  test("the second adopts, whoever stops first leaves the server to the other", async () => {
    await copyUsed();
    const other = await startThere();
    expect(other.said.adopted).toBe(false);
    const here = await startHere();
    expect(here.adopted).toBe(true);
    const pid = await serverPid();
    await other.stop();
    expect(await ask(here.url)).toEqual([{ who: "basalt" }]);
    expect(await serverPid()).toBe(pid);
    await here.stop();
    expect(isAlive(pid)).toBe(false);
  });

  test("many that start at once on an empty directory share one server", async () => {
    const started = await Promise.all([startHere(), startThere(), startHere(), startThere()]);
    const urls = started.map((one) => ("url" in one ? one.url : one.said.url));
    expect(new Set(urls).size).toBe(1);
    const adopted = started.filter((one) => ("adopted" in one ? one.adopted : one.said.adopted));
    expect(adopted).toHaveLength(3);
  });

  test("one that adopted starts the server again when its parent was killed and then the server too", async () => {
    await copyUsed();
    const other = await startThere();
    const here = await startHere();
    other.process.kill("SIGKILL");
    await other.stop();
    const pid = await serverPid();
    process.kill(pid, "SIGKILL");
    expect(await askUntilAnswered(here.url)).toEqual([{ who: "basalt" }]);
    expect(await serverPid()).not.toBe(pid);
  });

  test("both see a killed server come back once", async () => {
    await copyUsed();
    const other = await startThere();
    const here = await startHere();
    process.kill(await serverPid(), "SIGKILL");
    expect(await askUntilAnswered(here.url)).toEqual([{ who: "basalt" }]);
    const pid = await serverPid();
    await other.stop();
    expect(await ask(here.url)).toEqual([{ who: "basalt" }]);
    expect(await serverPid()).toBe(pid);
  });
});
