import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { beforeAll, describe, expect, test } from "vitest";
import { keyScopes } from "@basalt/contract";
import { makeKey, makeWorkspace, register } from "./api.ts";
import { journeyServer } from "./journey-server.ts";
import { isMissing, pyairtableInstalled, pyairtableVersion, python } from "./python-client.ts";

interface Outcome {
  readonly check: string;
  readonly ok: boolean;
  readonly detail?: string;
}

const script = path.join(import.meta.dirname, "pyairtable_journey.py");
const checks = [...readFileSync(script, "utf8").matchAll(/^@check\("(.+)"\)$/gm)].map(
  ([, name = ""]) => name,
);
const isThere = pyairtableInstalled === pyairtableVersion;

describe.skipIf(isMissing(isThere))(`pyairtable ${pyairtableVersion}`, () => {
  const running = journeyServer(() => ({
    env: { BASALT_EGRESS_ALLOW: "127.0.0.1", BASALT_REGISTRATION: "open" },
  }));
  const outcomes = new Map<string, Outcome>();

  beforeAll(async () => {
    expect(pyairtableInstalled, `${python} has pyairtable`).toBe(pyairtableVersion);
    const { url, owner, key, workspaceId } = running();
    const { key: readKey } = await makeKey(url, owner.session, { scopes: ["data.records:read"] });
    const manager = await makeKey(url, owner.session, { scopes: keyScopes });
    const { id, email } = owner;
    const given = {
      url,
      key,
      readKey,
      manageKey: manager.key,
      workspaceId,
      otherWorkspaceId: await makeWorkspace(url, owner.session, "Other"),
      owner: { id, email },
      guest: { id: (await register(url, "guest")).id },
    };
    const child = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] });
    child.stdin.end(JSON.stringify(given));
    for await (const line of createInterface({ input: child.stdout })) {
      const outcome = JSON.parse(line) as Outcome;
      outcomes.set(outcome.check, outcome);
    }
  }, 300_000);

  test.for(checks)("%s", (name) => {
    const outcome = outcomes.get(name);
    expect(outcome?.ok, outcome?.detail ?? "the program ended before this check").toBe(true);
  });
});
