import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const program = path.join(import.meta.dirname, "main.ts");

let home: string;
let dataDir: string;
let running: ChildProcess[];

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "basalt-start-"));
  await chmod(home, 0o755);
  dataDir = path.join(home, "data");
  running = [];
});

afterEach(async () => {
  for (const child of running) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "close");
    }
  }
  await rm(home, { recursive: true, force: true });
});

interface Said {
  out: string;
  err: string;
}

function basalt(
  words: readonly string[],
  env: Record<string, string> = {},
): { child: ChildProcess; said: Said } {
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", program, ...words],
    {
      env: {
        PATH: "/usr/bin:/bin",
        BASALT_DATA_DIR: dataDir,
        BASALT_PORT: "0",
        BASALT_SAMPLE: "0",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  running.push(child);
  const said = { out: "", err: "" };
  child.stdout?.on("data", (chunk) => (said.out += String(chunk)));
  child.stderr?.on("data", (chunk) => (said.err += String(chunk)));
  return { child, said };
}

async function ended(
  words: readonly string[],
  env?: Record<string, string>,
): Promise<Said & { code: number | null }> {
  const { child, said } = basalt(words, env);
  const [code] = await once(child, "close");
  return { ...said, code };
}

async function ready(
  env?: Record<string, string>,
): Promise<{ child: ChildProcess; said: Said; url: string }> {
  const { child, said } = basalt(["start"], env);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on("data", () => {
      const found = /^Basalt is ready at (\S+)$/m.exec(said.out)?.[1];
      if (found) {
        resolve(found);
      }
    });
    child.once("close", () => reject(new Error(`it ended: ${said.err}`)));
  });
  return { child, said, url };
}

async function taken(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address ? address.port : 0 };
}

async function serverPid(): Promise<number> {
  return Number(
    (await readFile(path.join(dataDir, "postgres", "postmaster.pid"), "utf8")).split("\n")[0],
  );
}

describe("start", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "says where it is ready, answers, and %s ends it and its PostgreSQL",
    async (signal) => {
      const { child, url, said } = await ready();
      expect((await fetch(`${url}/health`)).status).toBe(200);
      const pid = await serverPid();
      child.kill(signal);
      expect(await once(child, "close")).toEqual([0, null]);
      expect(said.out.match(/Basalt is ready/g)).toHaveLength(1);
      expect(() => process.kill(pid, 0)).toThrow();
    },
  );

  test("starts again after kill -9 of itself and of PostgreSQL", async () => {
    const first = await ready();
    const pid = await serverPid();
    first.child.kill("SIGKILL");
    await once(first.child, "close");
    process.kill(pid, "SIGKILL");
    const second = await ready();
    expect((await fetch(`${second.url}/ready`)).status).toBe(200);
  });

  test("two processes share a data directory, and one goes on when the other stops", async () => {
    const [first, second] = await Promise.all([ready(), ready()]);
    first.child.kill("SIGTERM");
    await once(first.child, "close");
    expect((await fetch(`${second.url}/ready`)).status).toBe(200);
  });

  test("the secret is made once and is in no output", async () => {
    const { child, said } = await ready({ BASALT_LOG_LEVEL: "debug" });
    child.kill("SIGTERM");
    await once(child, "close");
    for (const name of ["secret", "postgres-password", "postgres-admin-password"]) {
      const secret = (await readFile(path.join(dataDir, "secrets", name), "utf8")).trim();
      expect(said.out + said.err).not.toContain(secret);
    }
  });
});

describe("refusals are one sentence and exit code 1", () => {
  async function refused(env: Record<string, string>): Promise<string> {
    const { code, out, err } = await ended(["start"], { BASALT_LOG_LEVEL: "silent", ...env });
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    return err;
  }

  test("a port that is taken", async () => {
    const { server, port } = await taken();
    expect(await refused({ BASALT_PORT: String(port) })).toBe(
      `Port ${port} on 127.0.0.1 is taken by another program: stop it, or set BASALT_PORT.\n`,
    );
    server.close();
  });

  test("an address that is not this machine's", async () => {
    expect(await refused({ BASALT_HOST: "192.0.2.1" })).toBe(
      "This machine has no address 192.0.2.1: correct BASALT_HOST.\n",
    );
  });

  test("a data directory that cannot be one", async () => {
    await writeFile(dataDir, "");
    expect(await refused({})).toMatch(/^BASALT_DATA_DIR .* cannot be written by this user/);
  });

  test("data of a newer PostgreSQL", async () => {
    await mkdir(path.join(dataDir, "postgres"), { recursive: true });
    await writeFile(path.join(dataDir, "postgres", "PG_VERSION"), "99\n");
    expect(await refused({})).toContain("was written by PostgreSQL 99");
  });

  test("an outside database that does not exist", async () => {
    expect(await refused({ DATABASE_URL: "postgres://u:canary@no-such-host.invalid/x" })).toMatch(
      /^DATABASE_URL cannot be used: no-such-host\.invalid\/x/,
    );
  });

  test("production without a secret", async () => {
    expect(await refused({ NODE_ENV: "production" })).toContain(
      "BASALT_SECRET must be set in production",
    );
  });

  test("a setting that does not exist", async () => {
    expect(await refused({ BASALT_PROT: "1" })).toBe(
      "BASALT_PROT is not a setting: did you mean BASALT_PORT?\n",
    );
  });
});

describe("migrate", () => {
  test("runs what is missing once, and leaves nothing running", async () => {
    expect(await ended(["migrate"])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+ migrations run\.\n$/),
    });
    expect(await ended(["migrate"])).toMatchObject({
      code: 0,
      out: "The database is up to date.\n",
    });
    await expect(serverPid()).rejects.toThrow();
  });
});
