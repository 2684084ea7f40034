import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sealActs } from "@basalt/server/audit";
import { noteAct } from "@basalt/server/kernel";
import { openTestWorld, type TestWorld } from "../server/kernel/testing/world.ts";
import { runCommand } from "./main.ts";

let folder: string;
let world: TestWorld;
const secret = "a secret of this test that is long enough";

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-cli-audit-"));
  world = await openTestWorld({ config: { secret } });
  await noteAct(world.system, { act: "test.done" });
  await sealActs(world.system);
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

async function check(
  given: string,
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly out: string }> {
  const out: string[] = [];
  const code = await runCommand(["audit", "check", ...words], {
    out: (line) => void out.push(line),
    err: () => undefined,
    env: { BASALT_DATA_DIR: folder, DATABASE_URL: world.url, BASALT_SECRET: given },
    projectDir: folder,
  });
  return { code, out: out.join("\n") };
}

test("acts under seals that hold are in order", async () => {
  const { code, out } = await check(secret);
  expect(code).toBe(0);
  expect(out).toMatch(/^1 acts hold under 1 seals; \d+ are not sealed yet\.\nNewest seal: 1 of /);
});

test("seals that do not hold are told one by one", async () => {
  const { code, out } = await check("another secret that is long enough as well");
  expect(code).toBe(1);
  expect(out).toContain("wrong  seal 1, acts {[1,2)}: it was made under another BASALT_SECRET");
});

test("it takes no arguments", async () => {
  expect((await check(secret, "now")).code).not.toBe(0);
});
