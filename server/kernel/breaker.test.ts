import { describe, expect, test } from "vitest";
import { Breaker, BreakerBoard, type BreakerSettings } from "./breaker.ts";
import { openMetrics } from "./prometheus.ts";

const settings: BreakerSettings = {
  consecutiveFailures: 5,
  failureRate: 0.5,
  requestsMin: 20,
  windowMs: 10_000,
  openMs: 1_000,
  probes: 2,
};

function breakerAt(more: Partial<BreakerSettings> = {}) {
  const clock = { nowMs: 50_000 };
  const breaker = new Breaker({ ...settings, ...more }, () => clock.nowMs);
  const fail = (times: number): void => {
    for (let turn = 0; turn < times; turn += 1) {
      breaker.failed(breaker.enter());
    }
  };
  return { breaker, clock, fail };
}

describe("a circuit breaker", () => {
  test("opens after failures in a row, refuses, and lets probes through after a while", () => {
    const { breaker, clock, fail } = breakerAt();
    fail(4);
    breaker.succeeded(breaker.enter());
    fail(4);
    expect(breaker.state).toBe("closed");
    fail(1);
    expect(breaker.state).toBe("open");
    expect(breaker.enter()).toBe(0);
    expect(breaker.waitMs).toBe(1_000);
    clock.nowMs += 1_000;
    expect(breaker.state).toBe("half-open");
    const probes = [breaker.enter(), breaker.enter()];
    expect(probes.every((pass) => pass > 0)).toBe(true);
    expect(breaker.enter()).toBe(0);
    breaker.succeeded(probes[0] ?? 0);
    expect(breaker.state).toBe("half-open");
    breaker.succeeded(probes[1] ?? 0);
    expect(breaker.state).toBe("closed");
    expect(breaker.opened).toBe(1);
  });

  test("a probe that fails opens it again, and a result of the other probe no longer counts", () => {
    const { breaker, clock, fail } = breakerAt();
    fail(5);
    clock.nowMs += 1_000;
    const [first, second] = [breaker.enter(), breaker.enter()];
    breaker.failed(first);
    expect(breaker.state).toBe("open");
    breaker.succeeded(second);
    expect(breaker.enter()).toBe(0);
  });

  test("a probe that was abandoned frees its place", () => {
    const { breaker, clock, fail } = breakerAt({ probes: 1 });
    fail(5);
    clock.nowMs += 1_000;
    const pass = breaker.enter();
    expect(breaker.enter()).toBe(0);
    breaker.abandoned(pass);
    expect(breaker.enter()).toBeGreaterThan(0);
  });

  test("opens at a share of failures, and forgets what lies before its window", () => {
    const mixed = breakerAt();
    for (let turn = 0; turn < 10; turn += 1) {
      mixed.breaker.succeeded(mixed.breaker.enter());
      mixed.breaker.failed(mixed.breaker.enter());
    }
    expect(mixed.breaker.state).toBe("open");
    const slow = breakerAt();
    for (let turn = 0; turn < 30; turn += 1) {
      slow.breaker.succeeded(slow.breaker.enter());
      slow.breaker.failed(slow.breaker.enter());
      slow.clock.nowMs += 2_000;
    }
    expect(slow.breaker.state).toBe("closed");
  });

  test("results of calls that began before it opened do not count afterwards", () => {
    const { breaker, clock, fail } = breakerAt({ probes: 1 });
    const late = breaker.enter();
    fail(5);
    clock.nowMs += 1_000;
    breaker.enter();
    breaker.succeeded(late);
    expect(breaker.state).toBe("half-open");
    breaker.failed(late);
    expect(breaker.state).toBe("half-open");
  });

  test("an operator closes it, and its state is in the metrics", async () => {
    const metrics = openMetrics();
    const board = new BreakerBoard(metrics);
    const { breaker, fail } = breakerAt();
    const hide = board.show("upstream:old", breaker);
    fail(5);
    expect((await metrics.expose()).text).toMatch(
      /circuit_breaker_state\{breaker="upstream:old",state="open"\} 1/,
    );
    expect((await metrics.expose()).text).toMatch(
      /circuit_breaker_failures_total\{breaker="upstream:old"\} 5/,
    );
    breaker.reset();
    expect(breaker.enter()).toBeGreaterThan(0);
    expect((await metrics.expose()).text).toMatch(
      /circuit_breaker_state\{breaker="upstream:old",state="closed"\} 1/,
    );
    hide();
    expect((await metrics.expose()).text).toMatch(
      /circuit_breaker_state\{breaker="upstream:old",state="closed"\} 0/,
    );
  });
});
