import { describe, expect, test } from "vitest";
import { chooseTarget } from "./choose-target.ts";
import { ResultWindow } from "./result-window.ts";
import { RetryBudget } from "./retry-budget.ts";

const keys = Array.from({ length: 20_000 }, (_, at) => `usr${at}`);

function split(percent: number): (string | undefined)[] {
  const targets = [
    { name: "old", weight: 100 - percent },
    { name: "new", weight: percent },
  ];
  return keys.map((key) => chooseTarget(targets, key)?.name);
}

describe("targets", () => {
  test.each([0, 1, 10, 50, 90, 100])("%i %% of the callers go to the new one", (percent) => {
    const share = split(percent).filter((name) => name === "new").length / keys.length;
    expect(Math.abs(share * 100 - percent)).toBeLessThan(1);
  });

  test("a step up moves only callers of the old one, and going back brings exactly them back", () => {
    const at10 = split(10);
    const at50 = split(50);
    for (const [at, name] of at10.entries()) {
      expect(name === "new" && at50[at] !== "new").toBe(false);
    }
    expect(split(10)).toEqual(at10);
  });

  test("a target that leaves hands over only its own callers", () => {
    const three = [
      { name: "a", weight: 1 },
      { name: "b", weight: 1 },
      { name: "c", weight: 1 },
    ];
    for (const key of keys.slice(0, 2_000)) {
      const before = chooseTarget(three, key)?.name;
      const after = chooseTarget(three.slice(0, 2), key)?.name;
      expect(before === "c" || before === after).toBe(true);
    }
  });

  test("nothing to choose from", () => {
    expect(chooseTarget([], "k")).toBeUndefined();
    expect(chooseTarget([{ name: "a", weight: 0 }], "k")).toBeUndefined();
  });
});

describe("the retry budget", () => {
  test("allows three of few and a fifth of many, and comes back with time", () => {
    let nowMs = 1_000_000;
    const budget = new RetryBudget({ budget: 0.2, budgetMin: 3 }, () => nowMs);
    const retryAll = (times: number): number => {
      let retries = 0;
      for (let turn = 0; turn < times; turn += 1) {
        budget.begin();
        if (budget.mayRetry()) {
          retries += 1;
          budget.retried();
        }
        budget.end();
      }
      return retries;
    };
    expect(retryAll(10)).toBe(3);
    expect(retryAll(990)).toBe(197);
    nowMs += 20_000;
    expect(retryAll(5)).toBe(3);
  });

  test("bounds the retries that run at once", () => {
    const budget = new RetryBudget({ budget: 0.2, budgetMin: 3 });
    for (let turn = 0; turn < 50; turn += 1) {
      budget.begin();
    }
    const granted = Array.from({ length: 50 }, () => budget.mayRetry()).filter(Boolean);
    expect(granted).toHaveLength(10);
  });
});

describe("the window of results", () => {
  test("knows rates and durations, and forgets", () => {
    let nowMs = 500_000;
    const window = new ResultWindow(30_000, () => nowMs);
    for (let turn = 1; turn <= 1_000; turn += 1) {
      window.add(turn % 100 === 0, turn / 10);
    }
    const { requests, errorRate, p50Ms, p99Ms } = window.figures();
    expect({ requests, errorRate }).toEqual({ requests: 1_000, errorRate: 0.01 });
    expect(p50Ms).toBeGreaterThan(45);
    expect(p50Ms).toBeLessThan(65);
    expect(p99Ms).toBeGreaterThan(95);
    expect(p99Ms).toBeLessThan(130);
    nowMs += 31_000;
    expect(window.figures()).toMatchObject({ requests: 0, errorRate: 0, p99Ms: 0 });
  });
});
