import { execFile } from "node:child_process";
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { silentLog } from "../log.ts";
import { embeddedProcess } from "../testing/embedded-process.ts";
import { createTestDatabase } from "../testing/test-database.ts";
import { findNative, usableNative } from "./native.ts";
import { openPostgres } from "./open-postgres.ts";
import { startEmbeddedPostgres } from "./start-embedded-postgres.ts";

const root = process.getuid?.() === 0;
const ordinaryUid = 65_534;
const run = promisify(execFile);

let home: string;
let dataDir: string;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), "basalt-refusals-"));
  await chmod(home, 0o755);
  dataDir = path.join(home, "data");
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

async function refusal(): Promise<string> {
  try {
    const { stop } = await startEmbeddedPostgres({ dataDir, log: silentLog });
    await stop();
  } catch (error) {
    return error instanceof Error && error.name === "StartError" ? error.message : String(error);
  }
  throw new Error("it started");
}

async function pretendCluster(version: string): Promise<void> {
  await mkdir(path.join(dataDir, "postgres"), { recursive: true });
  await writeFile(path.join(dataDir, "postgres", "PG_VERSION"), version);
}

describe("the data directory", () => {
  test("data of a newer PostgreSQL is named and left alone", async () => {
    await pretendCluster("19\n");
    expect(await refusal()).toBe(
      `The data in ${dataDir}/postgres was written by PostgreSQL 19, newer than the 18 of this Basalt: start a newer Basalt.`,
    );
    expect(await readdir(path.join(dataDir, "postgres"))).toEqual(["PG_VERSION"]);
  });

  test("data of an older PostgreSQL says how to bring it over", async () => {
    await pretendCluster("17\n");
    expect(await refusal()).toContain("export the bases with the older Basalt");
  });

  test("a damaged cluster is named with its log", async () => {
    await pretendCluster("18\n");
    const sentence = await refusal();
    expect(sentence).toContain(`PostgreSQL could not start on ${dataDir}/postgres`);
    expect(sentence).toContain(`${dataDir}/postgres.log`);
    expect(sentence.split("\n")).toHaveLength(1);
  });

  test("a file in its place is refused", async () => {
    await writeFile(dataDir, "");
    expect(await refusal()).toMatch(
      /^BASALT_DATA_DIR .* cannot be written by this user \(E\w+\)\.$/,
    );
  });

  test.runIf(root)("one that this user may not write is refused", async () => {
    await mkdir(dataDir, { mode: 0o755 });
    const other = await embeddedProcess(dataDir, ordinaryUid);
    await other.stop();
    expect(other.said.refusal).toBe(
      `BASALT_DATA_DIR ${dataDir} cannot be written by this user (EACCES).`,
    );
  });

  test.runIf(root)("one of another user is refused", async () => {
    const first = await embeddedProcess(dataDir);
    await first.stop();
    const other = await embeddedProcess(dataDir, ordinaryUid);
    await other.stop();
    expect(other.said.refusal).toContain(
      `BASALT_DATA_DIR ${dataDir} cannot be written by this user`,
    );
  });

  test.runIf(root)("one below a closed folder is refused when root runs Basalt", async () => {
    await chmod(home, 0o700);
    expect(await refusal()).toContain(`lies inside ${home}, which other users may not enter`);
  });

  test("secrets of another cluster do not open it, and the sentence names no password", async () => {
    const { stop } = await startEmbeddedPostgres({ dataDir, log: silentLog });
    await stop();
    for (const name of ["postgres-password", "postgres-admin-password"]) {
      await writeFile(path.join(dataDir, "secrets", name), "canary");
    }
    const sentence = await refusal();
    expect(sentence).toContain(`The passwords in ${dataDir}/secrets do not open the database`);
    expect(sentence).not.toContain("canary");
  });

  describe("with a path too long for a socket", () => {
    let socketDir: string;

    beforeEach(async () => {
      dataDir = path.join(home, "d".repeat(120), "data");
      const { stop, url } = await startEmbeddedPostgres({ dataDir, log: silentLog });
      await stop();
      socketDir = new URL(url).searchParams.get("host") ?? "";
    });

    afterEach(async () => {
      await rm(socketDir, { recursive: true });
    });

    test.runIf(root)(
      "a socket folder that another user made is refused and left alone",
      async () => {
        await chown(socketDir, ordinaryUid, ordinaryUid);
        expect(await refusal()).toContain(`${socketDir} belongs to another user`);
        expect((await stat(socketDir)).uid).toBe(ordinaryUid);
      },
    );

    test("a link in its place is refused and not followed", async () => {
      const target = path.join(home, "target");
      await mkdir(target);
      await chmod(target, 0o755);
      await rm(socketDir, { recursive: true });
      await symlink(target, socketDir);
      expect(await refusal()).toContain(`${socketDir} belongs to another user`);
      expect((await stat(target)).mode & 0o777).toBe(0o755);
    });
  });
});

describe("a full disk", () => {
  async function onSmallDisk(sizeMb: number, work: () => Promise<void>): Promise<boolean> {
    await mkdir(dataDir);
    try {
      await run("mount", ["-t", "tmpfs", "-o", `size=${sizeMb}m,mode=755`, "tmpfs", dataDir]);
    } catch {
      return false;
    }
    try {
      await work();
    } finally {
      await run("umount", [dataDir]);
    }
    return true;
  }

  test("on the first run is said, and leaves no half-made data", async ({ skip }) => {
    const mounted = await onSmallDisk(8, async () => {
      expect(await refusal()).toBe(
        `The disk that holds ${dataDir}/postgres is full: free some space, or point BASALT_DATA_DIR elsewhere.`,
      );
      expect(await readdir(dataDir)).not.toContain("postgres");
      expect(await readdir(dataDir)).not.toContain("postgres.half");
    });
    skip(!mounted, "this user may not mount a small disk");
  });

  test("on a later start is said, and starting works once there is space", async ({ skip }) => {
    const mounted = await onSmallDisk(200, async () => {
      const { stop } = await startEmbeddedPostgres({ dataDir, log: silentLog });
      await stop();
      const ballast = path.join(dataDir, "ballast");
      await run("dd", ["if=/dev/zero", `of=${ballast}`, "bs=4096"]).catch(() => undefined);
      expect(await refusal()).toContain("is full: free some space");
      await rm(ballast);
      const again = await startEmbeddedPostgres({ dataDir, log: silentLog });
      await again.stop();
    });
    skip(!mounted, "this user may not mount a small disk");
  });
});

describe("the programs", () => {
  test("a platform without a package is named", async () => {
    await expect(findNative("sunos", "sparc")).rejects.toThrow(
      "No PostgreSQL comes with Basalt for sunos-sparc (package @embedded-postgres/sunos-sparc is not installed): set DATABASE_URL",
    );
  });

  test("a tree that other users cannot reach is copied once, with its links", async () => {
    const hidden = path.join(home, "hidden");
    const native = await findNative();
    await mkdir(path.join(hidden, "native", "bin"), { recursive: true });
    await mkdir(path.join(hidden, "native", "lib"));
    await writeFile(path.join(hidden, "native", "bin", "postgres"), "");
    await writeFile(path.join(hidden, "native", "lib", "liba.so.1.2"), "a");
    const links = [{ source: "native/lib/liba.so.1.2", target: "native/lib/liba.so.1" }];
    await writeFile(path.join(hidden, "native", "pg-symlinks.json"), JSON.stringify(links));
    await chmod(hidden, 0o700);
    const use = { forOthers: true, copyFolder: path.join(home, "native") };
    const copied = await usableNative({ ...native, folder: path.join(hidden, "native") }, use);
    expect(copied.folder).toBe(path.join(home, "native", native.version));
    expect(await readFile(path.join(copied.folder, "lib", "liba.so.1"), "utf8")).toBe("a");
    await rm(hidden, { recursive: true });
    await mkdir(path.join(hidden, "native", "bin"), { recursive: true });
    await chmod(hidden, 0o700);
    expect(await usableNative({ ...native, folder: path.join(hidden, "native") }, use)).toEqual(
      copied,
    );
  });
});

describe("DATABASE_URL", () => {
  async function outside(databaseUrl: string): Promise<string> {
    try {
      await openPostgres({ databaseUrl, dataDir }, silentLog);
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    throw new Error("it opened");
  }

  test("one that answers is used as it is and left running", async () => {
    const { url, drop } = await createTestDatabase();
    const opened = await openPostgres({ databaseUrl: url, dataDir }, silentLog);
    expect(opened).toMatchObject({ url, embedded: false, version: expect.stringMatching(/^\d+/) });
    await opened.stop();
    await drop();
  });

  test("nobody listening is said without the password", async () => {
    const port = await freePort();
    expect(await outside(`postgres://u:canary@127.0.0.1:${port}/basalt`)).toBe(
      `DATABASE_URL cannot be used: 127.0.0.1:${port}/basalt (nobody listens there). Start that PostgreSQL or correct the setting; without it Basalt runs its own.`,
    );
  });

  test("a host that does not exist is said at once", async () => {
    expect(await outside("postgres://u:canary@no-such-host.invalid/basalt")).toMatch(
      /^DATABASE_URL cannot be used: no-such-host\.invalid\/basalt \(.*no-such-host/,
    );
  });

  test("a wrong password and a missing database are told apart", async () => {
    const url = new URL(inject("testServerUrl"));
    url.pathname = "/no_such_database";
    expect(await outside(url.href)).toContain('database "no_such_database" does not exist');
    url.password = "canary";
    const sentence = await outside(url.href);
    expect(sentence).toMatch(/password authentication failed|does not exist/);
    expect(sentence).not.toContain("canary");
  });

  test("a server that is not PostgreSQL is refused", async () => {
    const server = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const port = await new Promise<number>((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve(portOf(server)));
    });
    expect(await outside(`postgres://u:canary@127.0.0.1:${port}/x`)).toMatch(
      /^DATABASE_URL cannot be used: 127/,
    );
    server.close();
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const port = portOf(server);
      server.close(() => resolve(port));
    });
  });
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}
