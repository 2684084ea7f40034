import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileLock } from "./file-lock.ts";

let folder: string;
let locks: FileLock[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-lock-"));
  locks = [];
});

afterEach(async () => {
  for (const made of locks) {
    made.close();
  }
  await rm(folder, { recursive: true });
});

function lock(): FileLock {
  const made = new FileLock(path.join(folder, "lock"));
  locks.push(made);
  return made;
}

test("one holds it alone, and the next after it let go", () => {
  const [first, second] = [lock(), lock()];
  expect(first.tryExclusive()).toBe(true);
  expect(second.tryExclusive()).toBe(false);
  expect(second.tryShared()).toBe(false);
  first.release();
  expect(second.tryExclusive()).toBe(true);
});

test("many share it, and nobody has it alone meanwhile", () => {
  const [first, second, third] = [lock(), lock(), lock()];
  expect(first.tryShared()).toBe(true);
  expect(second.tryShared()).toBe(true);
  expect(third.tryExclusive()).toBe(false);
  first.release();
  expect(third.tryExclusive()).toBe(false);
  second.release();
  expect(third.tryExclusive()).toBe(true);
});

test("waiting ends with the lock, or with false", async () => {
  const [first, second] = [lock(), lock()];
  expect(first.tryExclusive()).toBe(true);
  expect(await second.exclusive(30)).toBe(false);
  const waiting = second.exclusive(10_000);
  first.release();
  expect(await waiting).toBe(true);
});

test("letting go twice, or of nothing, is fine", () => {
  const only = lock();
  only.release();
  expect(only.tryShared()).toBe(true);
  only.release();
  only.release();
});

test("a folder that is not there is an error, not a refusal", () => {
  expect(() => new FileLock(path.join(folder, "no", "lock"))).toThrow();
});
