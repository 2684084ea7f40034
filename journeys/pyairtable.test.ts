import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, test } from "vitest";
import { makeKey } from "./api.ts";
import { journeyServer } from "./journey-server.ts";

interface Outcome {
  readonly check: string;
  readonly ok?: boolean;
  readonly skipped?: string;
  readonly detail?: string;
}

const script = path.join(import.meta.dirname, "pyairtable_journey.py");
const checks = [...readFileSync(script, "utf8").matchAll(/^@check\("(.+)"\)$/gm)].map(
  ([, name = ""]) => name,
);
const python = process.env["BASALT_TEST_PYTHON"] || "python3";
const needed = /==(\S+)/.exec(
  readFileSync(path.join(import.meta.dirname, "requirements.txt"), "utf8"),
)?.[1];
const installed = spawnSync(python, ["-c", "import pyairtable; print(pyairtable.__version__)"], {
  encoding: "utf8",
}).stdout?.trim();
/** Whoever wants every test run says so; for others a client that is not installed is a skip that is counted. */
const isNeeded = process.env["BASALT_TEST_REQUIRE_ALL"] === "1";

describe.skipIf(installed !== needed && !isNeeded)(`pyairtable ${needed}`, () => {
  const running = journeyServer(() => ({ env: { BASALT_EGRESS_ALLOW: "127.0.0.1" } }));
  const outcomes = new Map<string, Outcome>();

  beforeAll(async () => {
    expect(installed, `${python} has pyairtable`).toBe(needed);
    const { url, owner, key, workspaceId } = running();
    const { key: readKey } = await makeKey(url, owner.session, { scopes: ["data.records:read"] });
    const { id, email } = owner;
    const child = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end(JSON.stringify({ url, key, readKey, workspaceId, owner: { id, email } }));
    for await (const line of createInterface({ input: child.stdout })) {
      const outcome = JSON.parse(line) as Outcome;
      outcomes.set(outcome.check, outcome);
    }
  }, 300_000);

  test.for(checks)("%s", (name, { skip }) => {
    const outcome = outcomes.get(name);
    skip(outcome?.skipped !== undefined, outcome?.skipped);
    expect(outcome?.ok, outcome?.detail ?? "the program ended before this check").toBe(true);
  });
});
