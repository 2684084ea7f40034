import { expect, test } from "vitest";
import { ByteCache, type Kept } from "./byte-cache.ts";

const item = (key: string, sizeBytes = 100): Kept => ({
  key,
  sizeBytes,
  uses: 0,
  queue: undefined,
  newer: undefined,
  older: undefined,
});

/** As a reader does: finds and counts, or puts. */
function read(cache: ByteCache<Kept>, key: string): boolean {
  const found = cache.get(key);
  if (found === undefined) {
    cache.put(item(key));
    return false;
  }
  found.uses = Math.min(3, found.uses + 1);
  return true;
}

test("what is kept never takes more than the room", () => {
  const gone: string[] = [];
  const cache = new ByteCache<Kept>(10_000, ({ key }) => gone.push(key));
  for (let at = 0; at < 1_000; at += 1) {
    cache.put(item(`k${at}`, 50 + (at % 7) * 60));
    expect(cache.sizeBytes).toBeLessThanOrEqual(10_000);
  }
  expect(cache.evictions).toBe(gone.length);
  expect(cache.count + gone.length).toBe(1_000);
});

test("reading everything once removes nothing that is in use", () => {
  const cache = new ByteCache<Kept>(20_000);
  const hot = Array.from({ length: 100 }, (_, at) => `hot${at}`);
  for (let round = 0; round < 4; round += 1) {
    hot.forEach((key) => read(cache, key));
  }
  for (let at = 0; at < 20_000; at += 1) {
    read(cache, `scan${at}`);
    // They stay in use while somebody scans, but seldom.
    if (at % 1_000 === 0) {
      hot.forEach((key) => read(cache, key));
    }
  }
  expect(hot.filter((key) => cache.get(key) !== undefined)).toHaveLength(100);
});

test("when the readers turn to other things, the old ones go", () => {
  const cache = new ByteCache<Kept>(10_000);
  const readAll = (name: string): number =>
    Array.from({ length: 80 }, (_, at) => read(cache, `${name}${at}`)).filter(Boolean).length;
  for (let round = 0; round < 6; round += 1) {
    readAll("old");
  }
  expect(readAll("old")).toBe(80);
  for (let round = 0; round < 12; round += 1) {
    readAll("new");
  }
  expect(readAll("new")).toBe(80);
});

test("the same key again takes the place of the first; what was removed is gone", () => {
  const cache = new ByteCache<Kept>(10_000);
  const [one, two] = [item("a", 300), item("a", 200)];
  expect(cache.put(one)).toBe(true);
  expect(cache.put(two)).toBe(true);
  expect(cache.get("a")).toBe(two);
  expect([cache.count, cache.sizeBytes]).toEqual([1, 200]);
  cache.remove(one);
  expect(cache.get("a")).toBe(two);
  cache.remove(two);
  cache.remove(two);
  expect([cache.get("a"), cache.count, cache.sizeBytes]).toEqual([undefined, 0, 0]);
});

test("what is too large is not kept, nor anything where there is no room", () => {
  const cache = new ByteCache<Kept>(10_000);
  expect(cache.put(item("large", 501))).toBe(false);
  expect(cache.put(item("small", 500))).toBe(true);
  expect(new ByteCache<Kept>(0).put(item("any", 1))).toBe(false);
});

test("what grows makes others go, or itself", () => {
  const cache = new ByteCache<Kept>(1_000);
  const first = item("first", 50);
  cache.put(first);
  for (let at = 0; at < 18; at += 1) {
    cache.put(item(`k${at}`, 50));
  }
  cache.grew(first, 400);
  expect(cache.sizeBytes).toBeLessThanOrEqual(1_000);
  const gone = item("gone", 10);
  cache.grew(gone, 5);
  expect(gone.sizeBytes).toBe(10);
});
