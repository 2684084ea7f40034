import { expect, test } from "vitest";
import { newDataDir, startServer } from "../journeys/server-process.ts";
import { runCommand } from "./main.ts";

/** What a command prints, and how it ends. */
async function run(
  argv: readonly string[],
  env: Record<string, string>,
): Promise<{ readonly code: number; readonly out: string[]; readonly err: string[] }> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommand(argv, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    env,
    projectDir: "/nonexistent",
  });
  return { code, out, err };
}

test("restart replaces the processes of the instance on the data directory", async () => {
  const env = { BASALT_PROCESSES: "2" };
  const server = await startServer({ env });
  const places = async (): Promise<string[]> =>
    (await (await fetch(`${server.url}/metrics`)).text())
      .split("\n")
      .filter((line) => line.startsWith("processes_pid{"));
  const before = await places();
  expect(before).toHaveLength(3);
  const { code, out } = await run(["restart"], { BASALT_DATA_DIR: server.dataDir });
  expect({ code, out }).toEqual({ code: 0, out: ["Every process has been replaced."] });
  const after = await places();
  expect(after).toHaveLength(3);
  expect(after.filter((line) => before.includes(line))).toEqual([]);

  const second = await run(["start"], {
    ...env,
    BASALT_DATA_DIR: server.dataDir,
    BASALT_PORT: "0",
    BASALT_LOG_LEVEL: "silent",
  });
  expect(second.code).toBe(1);
  expect(second.err.join()).toMatch(/^Another Basalt with BASALT_PROCESSES runs on .*\.$/);
  await server.destroy();
}, 300_000);

test("where nobody supervises, restart says so", async () => {
  const BASALT_DATA_DIR = await newDataDir();
  const { code, err } = await run(["restart"], { BASALT_DATA_DIR });
  expect(code).toBe(1);
  expect(err.join()).toMatch(/^No Basalt with BASALT_PROCESSES runs on .*\.$/);
  expect((await run(["restart", "now"], { BASALT_DATA_DIR })).code).toBe(2);
});

test("more connections than the embedded PostgreSQL has are refused before anything starts", async () => {
  const { code, err } = await run(["start"], {
    BASALT_DATA_DIR: await newDataDir(),
    BASALT_PORT: "0",
    BASALT_PROCESSES: "8",
    BASALT_LOG_LEVEL: "silent",
  });
  expect(code).toBe(1);
  expect(err.join()).toContain("may need 108 connections, and the embedded PostgreSQL has 90");
});
