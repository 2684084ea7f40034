import { mkdtemp, rename, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openMetrics, silentLog, type Metrics } from "#kernel";
import { GatewayFileError, watchFile, type WatchedFile } from "./watch-file.ts";

let folder: string;
let file: string;
let metrics: Metrics;
let watched: WatchedFile | undefined;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-gateway-file-"));
  file = path.join(folder, "gateway.yaml");
  metrics = openMetrics();
});

afterEach(async () => {
  watched?.close();
  watched = undefined;
  await rm(folder, { recursive: true });
});

const routeTo = (own: string): string => `routes: [{ name: a, path: /a, own: ${own} }]\n`;

async function open(): Promise<WatchedFile> {
  watched = await watchFile({
    path: file,
    log: silentLog,
    metrics,
    now: () => new Date("2026-01-01T00:00:00Z"),
  });
  return watched;
}

const own = (): string | undefined => watched?.state.file.routes[0]?.own;

test("a file that is written in place, or replaced by rename, comes into force by itself", async () => {
  await writeFile(file, routeTo("/one"));
  const told: (string | undefined)[] = [];
  (await open()).listen(({ routes }) => told.push(routes[0]?.own));
  expect(own()).toBe("/one");
  await writeFile(file, routeTo("/two"));
  await expect.poll(own).toBe("/two");
  await writeFile(`${file}.new`, routeTo("/three"));
  await rename(`${file}.new`, file);
  await expect.poll(own).toBe("/three");
  await rename(file, `${file}~`);
  await writeFile(file, routeTo("/four"));
  await expect.poll(own).toBe("/four");
  expect(told).toContain("/four");
});

test("a wrong text keeps the file in force and is told; the right one again takes it back", async () => {
  await writeFile(file, routeTo("/one"));
  await open();
  await writeFile(file, "routes: [{ name: a, pth: /a }]");
  await watched?.look();
  expect(own()).toBe("/one");
  expect(watched?.state.mistakes[0]).toMatchObject({ line: 1, path: "routes.0.pth" });
  const { text } = await metrics.expose();
  expect(text).toMatch(/gateway_file_valid 0/);
  expect(text).toMatch(/gateway_file_loads_total\{outcome="refused"\} 1/);
  await writeFile(file, routeTo("/one"));
  await watched?.look();
  expect(watched?.state.mistakes).toEqual([]);
});

test("a file that is gone keeps the one in force, and is found again", async () => {
  await writeFile(file, routeTo("/one"));
  await open();
  await unlink(file);
  await watched?.look();
  expect(own()).toBe("/one");
  expect(watched?.state.mistakes[0]?.message).toContain("ENOENT");
  await writeFile(file, routeTo("/two"));
  await watched?.look();
  expect(own()).toBe("/two");
  expect(watched?.state.mistakes).toEqual([]);
});

test("at start there is nothing older to keep", async () => {
  await writeFile(file, "routes: 5");
  await expect(open()).rejects.toBeInstanceOf(GatewayFileError);
  await expect(open()).rejects.toThrow(/line 1: routes must be a list/);
});
