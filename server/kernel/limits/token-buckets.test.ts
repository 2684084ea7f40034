import fc from "fast-check";
import { expect, test } from "vitest";
import { type BucketRate, TokenBuckets } from "./token-buckets.ts";

const hundred: BucketRate = { limit: 100, windowMs: 60_000 };

/** Takes one where there is one. */
function takes(buckets: TokenBuckets, key: string, nowMs: number): boolean {
  const bucket = buckets.look(key, nowMs);
  if (buckets.waitMs(bucket) > 0) {
    return false;
  }
  buckets.take(bucket);
  return true;
}

test("the 101st of a hundred is refused, and told when the next may come", () => {
  const buckets = new TokenBuckets("t", hundred);
  for (let at = 0; at < 100; at += 1) {
    expect(takes(buckets, "a", 0)).toBe(true);
  }
  expect(takes(buckets, "a", 0)).toBe(false);
  expect(buckets.waitMs(buckets.look("a", 0))).toBe(600);
  expect(takes(buckets, "b", 0)).toBe(true);
  expect(takes(buckets, "a", 599)).toBe(false);
  expect(takes(buckets, "a", 600)).toBe(true);
  expect(takes(buckets, "a", 600)).toBe(false);
});

test("a bucket holds its burst and no more, however long nobody comes", () => {
  const buckets = new TokenBuckets("t", { limit: 10, windowMs: 1_000, burst: 3 });
  for (const nowMs of [0, 1e9]) {
    const taken = Array.from({ length: 5 }, () => takes(buckets, "a", nowMs));
    expect(taken).toEqual([true, true, true, false, false]);
  }
});

test("in any window at most the burst and what flows in are let through", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 400 }),
      fc.integer({ min: 1, max: 50 }),
      (pauses, limit) => {
        const buckets = new TokenBuckets("t", { limit, windowMs: 1_000 });
        let nowMs = 0;
        const takenAt: number[] = [];
        for (const pause of pauses) {
          nowMs += pause;
          takenAt.push(...(takes(buckets, "a", nowMs) ? [nowMs] : []));
        }
        for (const from of takenAt) {
          const within = takenAt.filter((at) => at >= from && at < from + 1_000).length;
          expect(within).toBeLessThanOrEqual(2 * limit);
        }
      },
    ),
  );
});

test("a penalty refuses everything for its time, is not made longer, and ends", () => {
  const buckets = new TokenBuckets("t", { limit: 5, windowMs: 1_000, penaltyMs: 30_000 });
  const bucket = buckets.look("a", 0);
  buckets.punish(bucket);
  expect(takes(buckets, "a", 1)).toBe(false);
  buckets.punish(buckets.look("a", 29_000));
  expect(takes(buckets, "a", 29_999)).toBe(false);
  expect(takes(buckets, "a", 30_000)).toBe(true);
});

test("a clock that goes back gives nothing", () => {
  const buckets = new TokenBuckets("t", { limit: 1, windowMs: 1_000 });
  expect(takes(buckets, "a", 5_000)).toBe(true);
  expect(takes(buckets, "a", 0)).toBe(false);
});

test("a million keys take the room of a few; who is limited stays so while others come and go", () => {
  const buckets = new TokenBuckets("t", { limit: 2, windowMs: 1e9 }, 1_000);
  takes(buckets, "noisy", 0);
  takes(buckets, "noisy", 0);
  for (let at = 0; at < 100_000; at += 1) {
    takes(buckets, `key ${at}`, 0);
    if (at % 100 === 0) {
      expect(takes(buckets, "noisy", 0)).toBe(false);
    }
  }
  expect(buckets.size).toBe(1_000);
});
