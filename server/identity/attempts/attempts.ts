import { hash } from "node:crypto";
import { Problem, type Scope } from "#kernel";
import { addressKey } from "./address-key.ts";
import { clearAttempts, countFailure, lockedSubjects, type AttemptRow } from "./attempts.sql.ts";

/** When failures lock, and for how long. */
export interface LockRule {
  /** Failures inside the window that lock. */
  readonly failuresMax: number;
  readonly windowMs: number;
  /** The first lock; each further one lasts twice as long, up to the longest. */
  readonly lockMs: number;
  readonly lockMaxMs: number;
  /** Without failures for this long, the next lock is a first one again. */
  readonly forgottenMs: number;
}

const MINUTE_MS = 60_000;
const LOCK = {
  windowMs: 5 * MINUTE_MS,
  lockMs: MINUTE_MS,
  lockMaxMs: 30 * MINUTE_MS,
  forgottenMs: 24 * 60 * MINUTE_MS,
};

/** By kind of counter: of an account (known or not), of an address, and of mails that somebody asks to be sent. */
export const lockRules = {
  account: { ...LOCK, failuresMax: 5 },
  address: { ...LOCK, failuresMax: 20 },
  "mail-to": {
    windowMs: 60 * MINUTE_MS,
    failuresMax: 5,
    lockMs: 60 * MINUTE_MS,
    lockMaxMs: 60 * MINUTE_MS,
    forgottenMs: 0,
  },
  "mail-from": {
    windowMs: 60 * MINUTE_MS,
    failuresMax: 30,
    lockMs: 10 * MINUTE_MS,
    lockMaxMs: 60 * MINUTE_MS,
    forgottenMs: 24 * 60 * MINUTE_MS,
  },
} as const satisfies Record<string, LockRule>;
export type AttemptKind = keyof typeof lockRules;

/** When this few attempts remain before a lock, the answer says so. */
const WARN_AT = 3;

/** One counter: its kind, and the e-mail key or address it counts. Only a hash of the latter is kept. */
export interface Counter {
  readonly kind: AttemptKind;
  readonly of: string;
}

/** The counters of a sign-in: the account that is tried and the address that tries. */
export function signInCounters(
  scope: Pick<Scope, "address">,
  emailKey: string,
): readonly [Counter, Counter] {
  return [{ kind: "account", of: emailKey }, addressCounter(scope)];
}

export function addressCounter(scope: Pick<Scope, "address">): Counter {
  return { kind: "address", of: addressKey(scope.address) };
}

/** Problems: `identity.locked-out` while one of the counters is locked, with the seconds that remain. */
export async function refuseLocked(scope: Scope, counters: readonly Counter[]): Promise<void> {
  const seconds = await lockedSeconds(scope, counters);
  if (seconds > 0) {
    throw lockedOut(seconds);
  }
}

/** How long the counters stay locked, seconds; 0 = they are not. */
export async function lockedSeconds(scope: Scope, counters: readonly Counter[]): Promise<number> {
  const rows = await scope.db.all<{ lockedUntil: Date }>(
    lockedSubjects(counters.map(keyOf), scope.now()),
  );
  return Math.max(0, ...rows.map(({ lockedUntil }) => secondsUntil(lockedUntil, scope.now())));
}

/** Counts a failure; answers how many remain before the lock and, where this one locked it, for how long. */
export async function noteFailure(
  scope: Scope,
  counter: Counter,
): Promise<{ readonly remaining: number; readonly lockedS: number }> {
  const rule = lockRules[counter.kind];
  const row = await scope.db.one<AttemptRow>(countFailure(keyOf(counter), rule, scope.now()));
  const lockedS =
    row.lockedUntil === null ? 0 : Math.max(0, secondsUntil(row.lockedUntil, scope.now()));
  return { remaining: lockedS > 0 ? 0 : rule.failuresMax - row.failures, lockedS };
}

/**
 * Takes one of the few mails that an address gets in an hour; false where there is none left. Of requests that come together
 * each is counted by itself, so that none gets the same one.
 */
export async function takeMail(scope: Scope, emailKey: string): Promise<boolean> {
  const counter = { kind: "mail-to", of: emailKey } as const;
  if ((await lockedSeconds(scope, [counter])) > 0) {
    return false;
  }
  const rule = lockRules["mail-to"];
  const row = await scope.db.one<AttemptRow>(countFailure(keyOf(counter), rule, scope.now()));
  return row.failures <= rule.failuresMax;
}

/** Forgets the failures of a counter: the right password was given. */
export async function forgetFailures(scope: Scope, counter: Counter): Promise<void> {
  await scope.db.run(clearAttempts(keyOf(counter)));
}

/** What a person is told after a failure when little is left, in words; undefined while there is plenty. */
export function warningFor({
  remaining,
  lockedS,
}: {
  readonly remaining: number;
  readonly lockedS: number;
}): string | undefined {
  if (lockedS > 0) {
    return `Too many failed attempts: locked for ${lockedS} seconds.`;
  }
  return remaining <= WARN_AT
    ? `${remaining} login attempt${remaining === 1 ? "" : "s"} remaining before a lock.`
    : undefined;
}

function lockedOut(seconds: number): Problem {
  const message = `Too many failed attempts. Try again in ${seconds} seconds.`;
  return new Problem("too-many-requests", "identity.locked-out", {
    message,
    retryAfterS: seconds,
    extra: { error: message, locked: true, retry_after_sec: seconds },
  });
}

function keyOf({ kind, of }: Counter): { readonly kind: AttemptKind; readonly subject: string } {
  return { kind, subject: hash("sha256", of, "hex") };
}

function secondsUntil(at: Date, now: Date): number {
  return Math.ceil((at.getTime() - now.getTime()) / 1000);
}
