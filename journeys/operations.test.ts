import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { call } from "./api.ts";
import { journeyServer } from "./journey-server.ts";
import { isMissing } from "./python-client.ts";

const folder = path.join(import.meta.dirname, "../docs/operations");
const read = (name: string): string => readFileSync(path.join(folder, name), "utf8");

interface Rules {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly runbook_url: string };
}

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
}

const rules = (parse(read("alerts.yaml")) as Rules).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read("dashboard.json")) as Dashboard;
/** Made by Prometheus itself, or only where an optional part is set. */
const elsewhere = new Set(["up", "redis_up", "circuit_breaker_state", "gateway_file_valid"]);
const server = journeyServer();

test("every metric that an alert or a panel asks for is there", async () => {
  const { url, key } = server();
  // Counters appear with their first count.
  await call(`${url}/v0/meta/bases`, { token: key });
  await call(`${url}/v0/appAAAAAAAAAAAAAA/x`);
  const { text } = await call(`${url}/metrics`);
  const there = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name));
  const asked = [
    ...rules.map(({ expr }) => expr),
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ].flatMap((expr) => [...expr.matchAll(/([a-z][a-z0-9_]+)\{/g)].map(([, name = ""]) => name));

  const missing = asked.filter(
    (name) => !there.has(name.replace(/_bucket$/, "")) && !elsewhere.has(name),
  );
  expect(asked.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

test.each(rules.map(({ alert, annotations }) => [alert, annotations.runbook_url]))(
  "%s has its runbook",
  (_alert, runbook) => {
    expect(existsSync(path.join(folder, runbook))).toBe(true);
  },
);

const promtool = spawnSync("promtool", ["--version"]).status === 0;

test.skipIf(isMissing(promtool))(
  "Prometheus takes the rules, and each alert fires when it should",
  () => {
    for (const words of [
      ["check", "rules", "alerts.yaml"],
      ["test", "rules", "alerts.test.yaml"],
    ]) {
      const { status, stdout, stderr } = spawnSync("promtool", words, {
        cwd: folder,
        encoding: "utf8",
      });
      expect(status, stdout + stderr).toBe(0);
    }
    const tried = new Set(
      [...read("alerts.test.yaml").matchAll(/alertname: (\w+)$/gm)].map(([, name]) => name),
    );
    expect(rules.map(({ alert }) => alert).filter((alert) => !tried.has(alert))).toEqual([]);
  },
);
