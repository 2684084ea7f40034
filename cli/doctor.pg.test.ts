import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, inject, test } from "vitest";
import { doctor } from "./doctor.ts";

let dataDir: string;
let lines: string[];

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), "basalt-doctor-"));
  lines = [];
});

afterEach(() => rm(dataDir, { recursive: true }));

async function examine(env: Record<string, string>): Promise<number> {
  const settings = {
    BASALT_DATA_DIR: dataDir,
    BASALT_PORT: "0",
    DATABASE_URL: inject("testServerUrl"),
    ...env,
  };
  const out = (line: string): void => {
    lines.push(line);
  };
  return doctor([], { out, err: out, env: settings, projectDir: dataDir });
}

test("a sound installation is found in order", async () => {
  expect(await examine({})).toBe(0);
  expect(lines.filter((line) => line.startsWith("ok "))).toHaveLength(6);
  expect(lines.at(-1)).toBe("Everything is in order.");
});

test("everything that is wrong is said, not only the first", async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
  const env = {
    BASALT_PORT: String(port),
    DATABASE_URL: "postgres://u:canary@no-such-host.invalid/x",
  };
  expect(await examine(env)).toBe(1);
  server.close();
  const wrong = lines.filter((line) => line.startsWith("wrong "));
  expect(wrong).toHaveLength(2);
  expect(wrong[0]).toContain("PostgreSQL: DATABASE_URL cannot be used: no-such-host.invalid/x");
  expect(wrong[1]).toContain(`port: BASALT_PORT ${port} on 127.0.0.1 cannot be used (EADDRINUSE).`);
  expect(lines.at(-1)).toBe("2 things are wrong.");
  expect(lines.join("\n")).not.toContain("canary");
});
