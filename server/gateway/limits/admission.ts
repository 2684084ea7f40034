import type { Config, Problem, World } from "#kernel";
import { limitHeaders } from "./limit-headers.ts";
import { Lease } from "./lease.ts";
import { type LimitRule, rulesOfSettings } from "./limit-rules.ts";
import { LoopDelay } from "./loop-delay.ts";
import { type Caller, RateLimits } from "./rate-limits.ts";
import { Slots } from "./slots.ts";
import type { SlotHolder } from "./waiting-room.ts";

/** Who gets in. */
export interface Admission {
  /**
   * Counts the call in every limit that is for it: undefined lets it in. Synchronous, but where processes share a limit through
   * Redis and this one is ahead of what the others know. Where no rule is set it costs some nanoseconds.
   * Problem: `gateway.too-many-requests`.
   */
  ask(caller: Caller): Problem | undefined | Promise<Problem | undefined>;
  /**
   * A slot to run in, to be taken by calls that are not answered from memory. Problems: `gateway.overloaded`,
   * `gateway.too-many-running`.
   */
  lease(call: SlotHolder): Lease;
  /** What `lease` would refuse the call with at once: asked before anything is made for it. */
  full(call: SlotHolder): Problem | undefined;
  /** The headers that tell the caller of the limits; empty where none counted. */
  headersOf(caller: Caller): [string, string][];
  /** Learns from the answer. */
  answered(caller: Caller, status: number): void;
  /** The rules of the gateway file, beside those of the settings; one of the same name takes its place. */
  applyLimits(rules: readonly LimitRule[]): void;
  /** The rules that count now. */
  readonly rules: readonly LimitRule[];
  close(): void;
}

/** Slots for each connection to the database: waiting for one of them is cheaper than being told to come back. */
const SLOTS_PER_CONNECTION = 8;
const SLOTS_MIN = 64;
/**
 * Slots that are left when calls are in each other's way: half of the connections, so that an embedded database on few cores does not keep
 * all of them, and never fewer than this.
 */
const SLOTS_FLOOR = 4;

/** Opens the limits that the settings ask for. */
export function openAdmission(world: World): Admission {
  const { config, metrics } = world;
  const limits = new RateLimits(world);
  const delay = new LoopDelay();
  const slots = new Slots({
    max: config.requestsMax ?? slotsFor(config),
    min: Math.min(
      config.requestsMax ?? Infinity,
      Math.max(SLOTS_FLOOR, Math.ceil(config.databasePoolMax / 2)),
    ),
    worstDelayMs: () => delay.takeWorstMs(),
  });
  const own = rulesOfSettings(config);
  let rules: readonly LimitRule[] = own;
  limits.apply(own);
  metrics.gauge("gateway_slots", "Requests that run, wait, and may run", ["state"], (gauge) => {
    const { limit, running, waiting } = slots.state;
    gauge.set(limit, { state: "limit" });
    gauge.set(running, { state: "running" });
    gauge.set(waiting, { state: "waiting" });
  });

  return {
    ask: (caller) => limits.ask(caller),
    lease: (call) => new Lease(slots, call),
    full: (call) => slots.refusalOf(call),
    headersOf: ({ buckets }) =>
      buckets === undefined ? [] : limitHeaders(buckets, world.now().getTime()),
    answered: (caller, status) => limits.noteAnswer(caller, status),
    applyLimits: (more) => {
      const named = new Set(more.map(({ name }) => name));
      rules = [...own.filter(({ name }) => !named.has(name)), ...more];
      limits.apply(rules);
    },
    get rules() {
      return rules;
    },
    close: () => {
      delay.close();
      slots.close();
    },
  };
}

function slotsFor({ databasePoolMax }: Config): number {
  return Math.max(SLOTS_MIN, SLOTS_PER_CONNECTION * databasePoolMax);
}
