import { Problem } from "#kernel";
import type { RouteClass } from "./route-class.ts";
import { type SlotHolder, WaitingRoom } from "./waiting-room.ts";

export interface SlotsOptions {
  /** Slots at most; fewer while the event loop is late. */
  readonly max: number;
  /** Slots that stay whatever happens. */
  readonly min: number;
  /** The longest delay of the event loop since the last question, milliseconds. */
  readonly worstDelayMs: () => number;
  readonly clock?: () => number;
}

/** Which goes first, and which share of the slots a class may hold: what is behind leaves room for what is in front. */
const places: Readonly<Record<RouteClass, { readonly priority: number; readonly share: number }>> =
  {
    health: { priority: 0, share: Infinity },
    page: { priority: 1, share: 1 },
    "sign-in": { priority: 1, share: 1 },
    read: { priority: 2, share: 0.95 },
    write: { priority: 2, share: 0.95 },
    schema: { priority: 2, share: 0.95 },
    other: { priority: 2, share: 0.95 },
    file: { priority: 3, share: 0.8 },
    upstream: { priority: 3, share: 0.8 },
    search: { priority: 3, share: 0.8 },
    long: { priority: 4, share: 0.4 },
  };

/** One user or base holds at most this share, so that there is always a slot for somebody else soon. */
const ONE_MAX_SHARE = 0.8;
/** How long a call may expect to wait before it is refused at once instead, milliseconds; or as long as a call takes, if that is longer. */
const EXPECTED_WAIT_MAX_MS = 40;
/** How long a call waits in fact, whatever was expected, milliseconds. */
const WAIT_MAX_MS = 1_000;
/** Calls that wait at most. */
const WAITING_MAX = 4_000;
/** How often the number of slots is set and waiting calls are looked over, milliseconds. */
const ADAPT_EVERY_MS = 100;
/** A loop that is later than this has too much to do, milliseconds. */
const LATE_MS = 60;
const SHRINK = 0.8;
/** Weight of one more call in the average of what calls take. */
const SMOOTH = 0.05;
/**
 * Calls that take so many times as long as when few run wait for each other inside: more slots then give longer answers and no
 * more of them, and leave the processor to the database's processes. With so many milliseconds on top, because short calls jitter.
 */
const CROWDED = 3;
const CROWDED_MS = 5;
/** One call counts as at most so crowded: a few that are slow for reasons of their own say nothing of the rest. */
const CROWDED_MAX = 4;
/** What a call is thought to take while few run, before one has, milliseconds. */
const EASY_FIRST_MS = 5;
/** The classes that are asked: they share the database, and take what their work takes and not what a network does. */
const sharing: ReadonlySet<RouteClass> = new Set(["read", "write", "search"]);

/**
 * Who may run now. Up to a number of slots calls go straight in; more wait in fair order, as many as will be served within
 * some ten milliseconds; the rest is refused at once, which is what keeps the answers of the others quick (goodput) when
 * more comes than can be served. The number of slots falls while the event loop is late and grows back after.
 * Problems: `gateway.overloaded`, `gateway.too-many-running` (one caller holds or waits for more than its share).
 */
export class Slots {
  readonly #options: Required<SlotsOptions>;
  readonly #room = new WaitingRoom();
  readonly #held = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #limit: number;
  #running = 0;
  /** What a call takes in its slot, milliseconds, smoothed. */
  #takesMs = 5;
  /** The same while few run, of each class. */
  readonly #easyMs = new Map<RouteClass, number>();
  /** How much longer calls take than they may, smoothed; above 1 they are too many. */
  #crowd = 0;

  constructor(options: SlotsOptions) {
    this.#options = { clock: () => performance.now(), ...options };
    this.#limit = options.max;
    this.#timer = setInterval(() => this.adapt(), ADAPT_EVERY_MS).unref();
  }

  get state(): { readonly limit: number; readonly running: number; readonly waiting: number } {
    return { limit: this.#limit, running: this.#running, waiting: this.#room.size };
  }

  /** What `enter` would refuse the call with at once; nothing is changed. */
  refusalOf(call: SlotHolder): Problem | undefined {
    if (call.routeClass === "health" || (this.#room.size === 0 && this.#mayRun(call))) {
      return undefined;
    }
    if (this.#hasRoom(places[call.routeClass].priority)) {
      return undefined;
    }
    const own = this.#room.sizeOf(flowOf(call));
    if (this.#room.longest > own + 1) {
      return undefined;
    }
    return own > 1 && this.#room.size > own ? tooManyRunning : overloaded;
  }

  /** Lets the call in (undefined), refuses it, or has it wait. Whoever was let in calls `leave` once. */
  enter(call: SlotHolder): Problem | undefined | Promise<Problem | undefined> {
    if (call.routeClass === "health") {
      return undefined;
    }
    if (this.#room.size === 0 && this.#mayRun(call)) {
      this.#start(call);
      return undefined;
    }
    return this.#wait(call);
  }

  /** Gives the slot back. `sinceMs`: when the call got it; absent where the call did something else meanwhile. */
  leave(call: SlotHolder, sinceMs?: number): void {
    if (call.routeClass === "health") {
      return;
    }
    if (sinceMs !== undefined) {
      this.#noteTime(call.routeClass, this.#options.clock() - sinceMs);
    }
    this.#running -= 1;
    for (const one of namesOf(call)) {
      const held = (this.#held.get(one) ?? 1) - 1;
      if (held === 0) {
        this.#held.delete(one);
      } else {
        this.#held.set(one, held);
      }
    }
    this.#letIn();
  }

  /** Called ten times a second: sets the number of slots and refuses who has waited too long. */
  adapt(): void {
    const { min, max, worstDelayMs, clock } = this.#options;
    if (this.#running <= min) {
      this.#crowd *= SHRINK;
    }
    this.#limit =
      worstDelayMs() > LATE_MS || this.#crowd > 1
        ? Math.max(min, Math.floor(this.#limit * SHRINK))
        : Math.min(max, this.#limit + Math.ceil(max / 20));
    for (const one of this.#room.older(clock() - WAIT_MAX_MS)) {
      one.settle(false);
    }
    this.#letIn();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #noteTime(routeClass: RouteClass, tookMs: number): void {
    this.#takesMs += (tookMs - this.#takesMs) * SMOOTH;
    if (!sharing.has(routeClass)) {
      return;
    }
    const easyMs = this.#easyMs.get(routeClass) ?? EASY_FIRST_MS;
    if (this.#running <= this.#options.min) {
      this.#easyMs.set(routeClass, easyMs + (tookMs - easyMs) * SMOOTH);
    }
    const crowd = Math.min(CROWDED_MAX, tookMs / (CROWDED * easyMs + CROWDED_MS));
    this.#crowd += (crowd - this.#crowd) * SMOOTH;
  }

  #wait(call: SlotHolder): Problem | Promise<Problem | undefined> {
    const refusal = this.refusalOf(call);
    if (refusal !== undefined) {
      return refusal;
    }
    const flow = flowOf(call);
    const { priority } = places[call.routeClass];
    if (!this.#hasRoom(priority)) {
      // A flow that is longer than this one makes room.
      this.#room.lastOfLongest()?.settle(false);
    }
    return new Promise((resolve) => {
      const { signal } = call.abort;
      this.#room.add({
        call,
        flow,
        priority,
        sinceMs: this.#options.clock(),
        weight: () => Math.max(...namesOf(call).map((name) => this.#held.get(name) ?? 0)),
        settle: (isIn) => {
          if (isIn && signal.aborted) {
            this.leave(call);
          }
          resolve(isIn && !signal.aborted ? undefined : overloaded);
        },
      });
      this.#letIn();
    });
  }

  /** Whether one more may wait: it should be served before it would have been better to say no. */
  #hasRoom(priority: number): boolean {
    const waiting = this.#room.size + 1;
    const expectedMs = (waiting * this.#takesMs) / this.#limit;
    const mayExpectMs = Math.max(EXPECTED_WAIT_MAX_MS, this.#takesMs) / (priority > 2 ? 2 : 1);
    return waiting <= WAITING_MAX && (expectedMs <= mayExpectMs || waiting <= this.#options.min);
  }

  #letIn(): void {
    while (this.#room.size > 0 && this.#running < this.#limit) {
      const next = this.#room.next(({ call }) => this.#mayRun(call));
      if (next === undefined) {
        return;
      }
      this.#start(next.call);
      next.settle(true);
    }
  }

  #mayRun(call: SlotHolder): boolean {
    const { share } = places[call.routeClass];
    return (
      this.#running < Math.ceil(this.#limit * share) &&
      namesOf(call).every(
        (one) => (this.#held.get(one) ?? 0) < Math.ceil(this.#limit * ONE_MAX_SHARE),
      )
    );
  }

  #start(call: SlotHolder): void {
    this.#running += 1;
    for (const one of namesOf(call)) {
      this.#held.set(one, (this.#held.get(one) ?? 0) + 1);
    }
  }
}

/** Whose share a call counts against: its user or address, and its base. */
function namesOf({ actor, address, baseId }: SlotHolder): readonly string[] {
  const who = actor.kind === "user" ? actor.userId : address;
  return baseId === undefined ? [who] : [who, baseId];
}

/** Whose place in the queue a call takes. */
function flowOf(call: SlotHolder): string {
  return namesOf(call).join(" ");
}

/** Seconds after which a refused caller may try again: soon, because what is refused here is short of milliseconds. */
const RETRY_AFTER_S = 1;

/** Made once: refusing must cost nearly nothing, and where they were thrown says nothing. */
const overloaded = new Problem("unavailable", "gateway.overloaded", {
  message: "More is asked of this instance than it can answer at the moment.",
  retryAfterS: RETRY_AFTER_S,
});

const tooManyRunning = new Problem("too-many-requests", "gateway.too-many-running", {
  message: "Too many of your requests run at once: let some finish first.",
  retryAfterS: RETRY_AFTER_S,
});
