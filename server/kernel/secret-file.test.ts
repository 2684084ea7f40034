import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "./config.ts";
import { readSecretFile, secretFile } from "./secret-file.ts";

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), "basalt-secret-"));
});
afterEach(() => rm(dataDir, { recursive: true }));

test("a secret is made once, for its owner only, and kept", async () => {
  expect(await readSecretFile(dataDir, "secret")).toBeUndefined();
  const made = await secretFile(dataDir, "secret");
  expect(made).toMatch(/^[\w-]{43}$/);
  expect(await secretFile(dataDir, "secret")).toBe(made);
  expect((await stat(path.join(dataDir, "secrets", "secret"))).mode & 0o777).toBe(0o600);
  expect((await stat(path.join(dataDir, "secrets"))).mode & 0o777).toBe(0o700);
});

test("many that make it at once agree, and leave nothing behind", async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => secretFile(dataDir, "secret")));
  expect(new Set(made).size).toBe(1);
  expect(await readdir(path.join(dataDir, "secrets"))).toEqual(["secret"]);
});

test("the settings make the secret on the first run and read it on the next", async () => {
  const env = { BASALT_DATA_DIR: dataDir };
  const { secret } = await loadConfig(env, { cwd: "/" });
  expect((await loadConfig(env, { cwd: "/" })).secret).toBe(secret);
});

test("production refuses to make one, and takes one that is there", async () => {
  const env = { BASALT_DATA_DIR: dataDir, NODE_ENV: "production" };
  await expect(loadConfig(env, { cwd: "/" })).rejects.toThrow(
    "BASALT_SECRET must be set in production",
  );
  const made = await secretFile(dataDir, "secret");
  expect((await loadConfig(env, { cwd: "/" })).secret).toBe(made);
});

test("a data directory that is a file is named in one sentence", async () => {
  const file = path.join(dataDir, "file");
  await writeFile(file, "");
  await expect(loadConfig({ BASALT_DATA_DIR: file }, { cwd: "/" })).rejects.toThrow(
    `BASALT_DATA_DIR ${file} cannot be written by this user`,
  );
});

test("a secret that cannot be read is named in one sentence", async () => {
  await mkdir(path.join(dataDir, "secrets", "secret"), { recursive: true });
  await expect(loadConfig({ BASALT_DATA_DIR: dataDir }, { cwd: "/" })).rejects.toThrow(dataDir);
});
