import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestDatabase } from "../server/kernel/testing/test-database.ts";
import { outsideDatabase } from "./journey-server.ts";
import { isMissing, pyairtableInstalled, pyairtableVersion, python } from "./python-client.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

const projectDir = path.join(import.meta.dirname, "..");
const readme = readFileSync(path.join(projectDir, "README.md"), "utf8");
const tour = /^## Five-minute tour\n([^]*?)^## /m.exec(readme)?.[1] ?? "";

/** The blocks of the tour in one language, in order. */
function blocks(language: string): string[] {
  return [...tour.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gm"))].map(
    ([, block = ""]) => block,
  );
}

const hasCurl = spawnSync("curl", ["--version"]).status === 0;
let server: ServerProcess;
let database: TestDatabase | undefined;
/** What the shell blocks leave in the environment. */
let environment: NodeJS.ProcessEnv;

async function run(
  program: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const child = spawn(program, argv, {
    cwd: projectDir,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, "exit")) as [number];
  const [out, err] = await said;
  expect(code, `${out}\n${err}`).toBe(0);
  return out;
}

describe.skipIf(isMissing(hasCurl))("the tour of the README, as a new user types it", () => {
  beforeAll(async () => {
    database = await outsideDatabase();
    server = await startServer({ databaseUrl: database?.url });
    const nodeDir = path.dirname(process.execPath);
    environment = {
      PATH: `${nodeDir}:${process.env["PATH"] ?? ""}`,
      HOME: process.env["HOME"] ?? "",
      BASALT: server.url,
    };
  }, 180_000);

  afterAll(async () => {
    await server?.destroy();
    await database?.drop();
  }, 60_000);

  test("the shell", async () => {
    expect(blocks("sh").length).toBeGreaterThan(1);
    const script = ["set -euo pipefail", ...blocks("sh"), "echo", "echo ---", "env"].join("\n");
    const out = await run("bash", ["-c", script], environment);
    const [shown = "", left = ""] = out.split("\n---\n");
    expect(shown).toContain('"Fern"');
    expect(shown).toContain('"records.created"');
    expect(shown.indexOf('"Rose"', shown.lastIndexOf('{"records"'))).toBeGreaterThan(-1);
    const kept = left.split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2));
    environment = { ...environment, ...Object.fromEntries(kept) };
    expect(environment["BASE"]).toMatch(/^app/);
  });

  test("airtable.js", async () => {
    const [program = ""] = blocks("js");
    const isModule = /^import /m.test(program);
    // A session of `node` takes `await` anywhere; a program of CommonJS does not.
    const argv = isModule
      ? ["--input-type=module", "-e", program]
      : ["-e", `(async () => {\n${program}\n})()`];
    const out = await run("node", argv, environment);
    expect(out.trim().split("\n")).toEqual(["Fern 40", "Moss 2", "Rose 90"]);
  });

  test.skipIf(isMissing(pyairtableInstalled === pyairtableVersion))("pyairtable", async () => {
    const [program = ""] = blocks("python");
    const out = await run(python, ["-c", program], environment);
    expect(out).toContain("'Height': 45");
    expect(out.indexOf("Rose")).toBeLessThan(out.indexOf("Fern"));
  });
});
