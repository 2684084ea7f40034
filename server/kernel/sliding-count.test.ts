import { expect, test } from "vitest";
import { SlidingCount } from "./sliding-count.ts";

test("counts what happened in the window, and forgets it slice by slice", () => {
  let now = 5_000;
  const count = new SlidingCount(1_000, () => now);
  count.add();
  count.add();
  now += 500;
  count.add();
  expect(count.total()).toBe(3);
  now += 499;
  expect(count.total()).toBe(3);
  now += 1;
  expect(count.total()).toBe(1);
  now += 60_000;
  expect(count.total()).toBe(0);
  count.add();
  count.clear();
  expect(count.total()).toBe(0);
});

test("a clock that goes back loses nothing", () => {
  let now = 5_000;
  const count = new SlidingCount(1_000, () => now);
  count.add();
  now -= 2_000;
  count.add();
  expect(count.total()).toBe(2);
});
