import type { Counter, Gauge, Metrics } from "./metrics.ts";
import { part } from "./parts.ts";
import { SlidingCount } from "./sliding-count.ts";

/** When a breaker opens and how it closes again. */
export interface BreakerSettings {
  /** Failures one after another that open it. */
  readonly consecutiveFailures: number;
  /** Share of failures in the window that opens it, 0 to 1. */
  readonly failureRate: number;
  /** The share counts only from so many results in the window. */
  readonly requestsMin: number;
  readonly windowMs: number;
  /** How long it refuses before it lets probes through. */
  readonly openMs: number;
  /** Probes at once while half open, and how many must succeed to close it. */
  readonly probes: number;
}

export type BreakerState = "closed" | "open" | "half-open";

/** A pass to call what is behind the breaker; 0 is a refusal. */
export type BreakerPass = number;

/**
 * Stops calling what keeps failing. Closed: everything passes and results are counted. Open: everything is refused at
 * once. Half open, after a while: a few probes pass; all must succeed to close it, one failure opens it again.
 *
 *     const pass = breaker.enter();
 *     if (pass === 0) … refuse; else … breaker.succeeded(pass) | failed(pass) | abandoned(pass)
 */
export class Breaker {
  private readonly settings: BreakerSettings;
  private readonly nowMs: () => number;
  private current: BreakerState = "closed";
  /** Grows with each change of state, so that results of calls from before it do not count. */
  private epoch = 1;
  private openedAtMs = 0;
  private inRow = 0;
  private probing = 0;
  private probesGood = 0;
  private readonly good: SlidingCount;
  private readonly bad: SlidingCount;
  private openings = 0;
  /** Told of each failure, for metrics. */
  whenFailed: (() => void) | undefined;

  /** `nowMs` is a clock that never steps back, milliseconds. */
  constructor(settings: BreakerSettings, nowMs: () => number = () => performance.now()) {
    this.settings = settings;
    this.nowMs = nowMs;
    this.good = new SlidingCount(settings.windowMs, nowMs);
    this.bad = new SlidingCount(settings.windowMs, nowMs);
  }

  get state(): BreakerState {
    return this.current === "open" && this.waitMs <= 0 ? "half-open" : this.current;
  }

  /** How often it has opened. */
  get opened(): number {
    return this.openings;
  }

  /** Milliseconds until probes may pass; 0 where calls may pass now. */
  get waitMs(): number {
    return this.current === "open"
      ? Math.max(0, this.openedAtMs + this.settings.openMs - this.nowMs())
      : 0;
  }

  /** True where `enter` would answer a pass. */
  get mayEnter(): boolean {
    return this.current === "closed"
      ? true
      : this.current === "open"
        ? this.waitMs <= 0
        : this.probing < this.settings.probes;
  }

  /** Asks to call; 0 means: fail at once. */
  enter(): BreakerPass {
    if (this.current === "closed") {
      return this.epoch;
    }
    if (!this.mayEnter) {
      return 0;
    }
    if (this.current === "open") {
      this.become("half-open");
    }
    this.probing += 1;
    return this.epoch;
  }

  succeeded(pass: BreakerPass): void {
    if (pass !== this.epoch) {
      return;
    }
    if (this.current === "half-open") {
      this.probing -= 1;
      this.probesGood += 1;
      if (this.probesGood >= this.settings.probes) {
        this.become("closed");
      }
      return;
    }
    this.inRow = 0;
    this.good.add();
  }

  failed(pass: BreakerPass): void {
    this.whenFailed?.();
    if (pass !== this.epoch) {
      return;
    }
    if (this.current === "half-open") {
      this.open();
      return;
    }
    this.inRow += 1;
    this.bad.add();
    const { consecutiveFailures, failureRate, requestsMin } = this.settings;
    const failures = this.bad.total();
    const all = failures + this.good.total();
    if (
      this.inRow >= consecutiveFailures ||
      (all >= requestsMin && failures / all >= failureRate)
    ) {
      this.open();
    }
  }

  /** The call ended without saying anything about the other side: the caller went away. */
  abandoned(pass: BreakerPass): void {
    if (pass === this.epoch && this.current === "half-open") {
      this.probing -= 1;
    }
  }

  /** An operator closes it. */
  reset(): void {
    this.become("closed");
  }

  private open(): void {
    this.openings += 1;
    this.openedAtMs = this.nowMs();
    this.become("open");
  }

  private become(state: BreakerState): void {
    this.current = state;
    this.epoch += 1;
    this.inRow = 0;
    this.probing = 0;
    this.probesGood = 0;
    this.good.clear();
    this.bad.clear();
  }
}

const states: readonly BreakerState[] = ["closed", "half-open", "open"];

/** Shows breakers in the metrics: `circuit_breaker_state` (1 for the state it is in) and `circuit_breaker_openings`. */
export class BreakerBoard {
  private readonly shown = new Map<string, Breaker>();
  private readonly gone = new Set<string>();
  private readonly failures: Counter;

  constructor(metrics: Metrics) {
    this.failures = metrics.counter(
      "circuit_breaker_failures_total",
      "Calls through a circuit breaker that failed",
      ["breaker"],
    );
    metrics.gauge(
      "circuit_breaker_state",
      "1 for the state that a circuit breaker is in",
      ["breaker", "state"],
      (gauge) => this.showStates(gauge),
    );
    metrics.gauge(
      "circuit_breaker_openings",
      "How often a circuit breaker has opened since it was made",
      ["breaker"],
      (gauge) => {
        for (const [name, breaker] of this.shown) {
          gauge.set(breaker.opened, { breaker: name });
        }
      },
    );
  }

  /** Shows a breaker under a name from a bounded list (configuration, not requests); answers the way to stop. */
  show(name: string, breaker: Breaker): () => void {
    this.shown.set(name, breaker);
    breaker.whenFailed = () => this.failures.inc({ breaker: name });
    this.gone.delete(name);
    return () => {
      if (this.shown.get(name) === breaker) {
        this.shown.delete(name);
        this.gone.add(name);
      }
    };
  }

  private showStates(gauge: Gauge): void {
    for (const name of this.gone) {
      for (const state of states) {
        gauge.set(0, { breaker: name, state });
      }
    }
    for (const [name, breaker] of this.shown) {
      for (const state of states) {
        gauge.set(breaker.state === state ? 1 : 0, { breaker: name, state });
      }
    }
  }
}

/** The board of a world. */
export const breakerBoard = part("kernel.breakers", ({ metrics }) => new BreakerBoard(metrics));
