import { expect, test } from "vitest";
import { isId } from "#kernel";
import { Dice, diceFor, sampleId } from "./dice.ts";

test("the same seed gives the same numbers, another one others", () => {
  const rolls = (seed: number): number[] => {
    const dice = new Dice(seed);
    return Array.from({ length: 20 }, () => dice.next());
  };
  expect(rolls(1)).toEqual(rolls(1));
  expect(rolls(1)).not.toEqual(rolls(2));
});

test("numbers are spread evenly and stay in their range", () => {
  const dice = new Dice(7);
  const counts = Array.from({ length: 10 }, () => 0);
  for (let roll = 0; roll < 10_000; roll += 1) {
    const number = dice.whole(0, 9);
    counts[number] = (counts[number] ?? 0) + 1;
  }
  expect(counts.reduce((sum, count) => sum + count)).toBe(10_000);
  expect(Math.min(...counts)).toBeGreaterThan(850);
});

test("ids are ids, and no two rows of a table share one", () => {
  const ids = Array.from({ length: 100_000 }, (_, row) => sampleId("rec", 1, row));
  expect(ids.every((id) => isId("rec", id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
});

test("a row rolls the same whichever rows were made before", () => {
  expect(diceFor(3, 99).next()).toBe(diceFor(3, 99).next());
  expect(diceFor(3, 99).next()).not.toBe(diceFor(4, 99).next());
});
