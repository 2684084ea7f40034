import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { accountsOf, closedFolder } from "./account.ts";
import { serverSettings } from "./server-settings.ts";

test("only root hands PostgreSQL to other accounts", () => {
  expect(accountsOf(1000)).toEqual({ initdb: null, server: null });
  expect(accountsOf(undefined)).toEqual({ initdb: null, server: null });
  const { initdb, server } = accountsOf(0);
  expect(server?.uid).toBeGreaterThan(0);
  expect(server?.uid).not.toBe(initdb?.uid);
});

test("the first folder that others may not enter is found", async () => {
  const home = await mkdtemp(path.join(tmpdir(), "basalt-closed-"));
  await chmod(home, 0o755);
  await mkdir(path.join(home, "a", "b"), { recursive: true });
  expect(await closedFolder(path.join(home, "a", "b"))).toBeUndefined();
  await chmod(path.join(home, "a"), 0o700);
  expect(await closedFolder(path.join(home, "a", "b"))).toBe(path.join(home, "a"));
  await rm(home, { recursive: true });
});

test.each([
  [0.25, "64MB"],
  [1, "128MB"],
  [4, "512MB"],
  [512, "1024MB"],
])("of %d GB of memory PostgreSQL shares %s", (gigabytes, buffers) => {
  expect(serverSettings("/run/x", gigabytes * 2 ** 30)["shared_buffers"]).toBe(buffers);
});
