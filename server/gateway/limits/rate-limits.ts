import { addressKey } from "#identity";
import {
  type Actor,
  type Bucket,
  Problem,
  SharedBuckets,
  type Surface,
  TokenBuckets,
  type World,
} from "#kernel";
import { asList, isOfSignedIn, type LimitRule, type LimitSubject } from "./limit-rules.ts";
import type { RouteClass } from "./route-class.ts";

/** What a limit looks at. An exchange is one. */
export interface Caller {
  /** The caller's address; behind a trusted proxy, the one that the proxy names. */
  readonly address: string;
  readonly actor: Actor;
  readonly surface: Surface;
  readonly routeClass: RouteClass;
  /** The base that the path names. */
  readonly baseId: string | undefined;
  /** The buckets that the call was counted in, for the headers of its answer. */
  buckets?: readonly HeldBucket[];
}

/** A bucket and the set that it is of. */
export interface HeldBucket {
  readonly buckets: TokenBuckets;
  readonly bucket: Bucket;
}

interface Rule {
  readonly rule: LimitRule;
  readonly subjects: readonly LimitSubject[];
  readonly classes: ReadonlySet<RouteClass> | undefined;
  readonly only: { readonly [subject in "key" | "user" | "base"]?: ReadonlySet<string> };
  readonly buckets: TokenBuckets;
}

/** Addresses whose key is remembered. */
const ADDRESSES_MAX = 10_000;
/** Pairs of user and base that are known to belong together. */
const MEMBERS_MAX = 50_000;

/**
 * Every limit of requests. Several rules may count one request: each must have a token, else none is taken, and the rule
 * that has to be waited for longest refuses. Where no rule is for a caller, asking costs some nanoseconds.
 */
export class RateLimits {
  private readonly shared: SharedBuckets | undefined;
  readonly #clock: () => number;
  #anonymous: readonly Rule[] = [];
  #signedIn: readonly Rule[] = [];
  readonly #addressKeys = new Map<string, string>();
  readonly #members = new Set<string>();

  constructor(world: Pick<World, "redis">, clock: () => number = () => performance.now()) {
    this.shared = world.redis && new SharedBuckets(world.redis, clock);
    this.#clock = clock;
  }

  /** From now on these rules count. Buckets of rules that stay as they are stay as they are. */
  apply(rules: readonly LimitRule[]): void {
    const before = new Map(
      [...this.#anonymous, ...this.#signedIn].map((one) => [one.rule.name, one]),
    );
    const compiled = rules.map((rule) => {
      const old = before.get(rule.name);
      return old !== undefined && JSON.stringify(old.rule) === JSON.stringify(rule)
        ? old
        : compile(rule);
    });
    this.#signedIn = compiled.filter(({ rule }) => rule.callers !== "anonymous");
    this.#anonymous = compiled.filter(
      ({ rule, subjects }) => rule.callers !== "signed-in" && !subjects.some(isOfSignedIn),
    );
  }

  /**
   * Takes a token for the call from each bucket that is for it; all or none. A promise only where processes share a limit and this
   * one is too far ahead of what the others know.
   * Problem (answered): `gateway.too-many-requests`.
   */
  ask(caller: Caller): Problem | undefined | Promise<Problem | undefined> {
    const rules = caller.actor.kind === "anonymous" ? this.#anonymous : this.#signedIn;
    return rules.length === 0 || caller.routeClass === "health"
      ? undefined
      : this.#count(rules, caller);
  }

  /**
   * Learns from an answer whether a user may be in a base: until then the user's calls count in a bucket of their own, so
   * that nobody uses up the share of a base that is closed to them.
   */
  noteAnswer({ actor, baseId, buckets }: Caller, status: number): void {
    if (buckets === undefined || actor.kind !== "user" || baseId === undefined) {
      return;
    }
    const pair = `${actor.userId} ${baseId}`;
    if (status === 401 || status === 403) {
      this.#members.delete(pair);
    } else if (status < 400 && !this.#members.has(pair)) {
      this.#admit(pair, buckets);
    }
  }

  #admit(pair: string, held: readonly HeldBucket[]): void {
    if (this.#members.size >= MEMBERS_MAX) {
      const [oldest = ""] = this.#members;
      this.#members.delete(oldest);
    }
    this.#members.add(pair);
    for (const { buckets, bucket } of held) {
      if (bucket.key.endsWith(STRANGER)) {
        const baseId = bucket.key.slice(0, bucket.key.indexOf(" "));
        this.#take({ buckets, bucket: buckets.look(baseId, this.#clock()) });
      }
    }
  }

  #count(
    rules: readonly Rule[],
    caller: Caller,
  ): Problem | undefined | Promise<Problem | undefined> {
    const nowMs = this.#clock();
    const held: HeldBucket[] = [];
    let longest: HeldBucket | undefined;
    let longestMs = 0;
    let isSure = true;
    for (const rule of rules) {
      const key = this.#keyOf(rule, caller);
      if (key === undefined) {
        continue;
      }
      const { buckets } = rule;
      const bucket = buckets.look(key, nowMs);
      const waitMs = buckets.waitMs(bucket);
      const one = { buckets, bucket };
      held.push(one);
      if (waitMs > longestMs) {
        longestMs = waitMs;
        longest = one;
      }
      isSure &&= this.#isSure(one);
    }
    caller.buckets = held;
    if (longest !== undefined) {
      return this.#refuse(longest);
    }
    if (!isSure) {
      return this.#claim(held);
    }
    for (const one of held) {
      this.#take(one);
    }
    return undefined;
  }

  #isSure({ buckets, bucket }: HeldBucket): boolean {
    return this.shared === undefined || this.shared.isSure(buckets, bucket);
  }

  #take({ buckets, bucket }: HeldBucket, tokens = 1): void {
    buckets.take(bucket, tokens);
    this.shared?.changed(buckets, bucket);
  }

  /** Asks in Redis where this process is too far ahead, takes here elsewhere; gives back what was taken where one refuses. */
  async #claim(held: readonly HeldBucket[]): Promise<Problem | undefined> {
    const taken = await Promise.all(
      held.map(async (one) => {
        const { buckets, bucket } = one;
        const answer = this.#isSure(one) ? undefined : await this.shared?.claim(buckets, bucket);
        if (answer === undefined) {
          this.#take(one);
        }
        return answer ?? true;
      }),
    );
    const refusing = held.find((_, at) => taken[at] === false);
    if (refusing === undefined) {
      return undefined;
    }
    for (const [at, one] of held.entries()) {
      if (taken[at] === true) {
        this.#take(one, -1);
      }
    }
    return this.#refuse(refusing);
  }

  #refuse({ buckets, bucket }: HeldBucket): Problem {
    buckets.punish(bucket);
    if (bucket.isPenaltyUntold) {
      this.shared?.changed(buckets, bucket);
    }
    const retryAfterS = Math.max(1, Math.ceil(buckets.waitMs(bucket) / 1_000));
    const { limit, windowMs } = buckets.rate;
    return new Problem("too-many-requests", "gateway.too-many-requests", {
      message: `More than ${limit} requests in ${windowMs / 1_000} s (limit "${buckets.name}"); try again in ${retryAfterS} s.`,
      retryAfterS,
    });
  }

  #keyOf({ rule, subjects, classes, only }: Rule, caller: Caller): string | undefined {
    if (
      (classes !== undefined && !classes.has(caller.routeClass)) ||
      (rule.surface === "airtable" && caller.surface !== "airtable")
    ) {
      return undefined;
    }
    let key = "";
    for (const subject of subjects) {
      const part = this.#partOf(subject, caller);
      if (part === undefined) {
        return undefined;
      }
      key = key === "" ? part : `${key}|${part}`;
    }
    const { actor, baseId = "" } = caller;
    if (actor.kind === "user" && !isNamed(only, actor, baseId)) {
      return undefined;
    }
    return key;
  }

  #partOf(
    subject: LimitSubject,
    { address, actor, routeClass, baseId }: Caller,
  ): string | undefined {
    if (subject === "address") {
      return this.#addressKey(address);
    }
    if (subject === "class") {
      return routeClass;
    }
    if (actor.kind !== "user") {
      return undefined;
    }
    if (subject === "user") {
      return actor.userId;
    }
    if (subject === "key") {
      const { credential } = actor;
      return credential.kind === "key" ? credential.keyId : credential.sessionId;
    }
    if (baseId === undefined) {
      return undefined;
    }
    return this.#members.has(`${actor.userId} ${baseId}`)
      ? baseId
      : `${baseId} ${actor.userId}${STRANGER}`;
  }

  #addressKey(address: string): string {
    let key = this.#addressKeys.get(address);
    if (key === undefined) {
      if (this.#addressKeys.size >= ADDRESSES_MAX) {
        this.#addressKeys.clear();
      }
      key = addressKey(address);
      this.#addressKeys.set(address, key);
    }
    return key;
  }
}

/** Ends the key of a bucket of somebody who is not known to be in the base. */
const STRANGER = "?";

function compile(rule: LimitRule): Rule {
  const { name, limit, window, burst, penalty } = rule;
  const only: Rule["only"] = {
    ...(rule.keys && { key: new Set(rule.keys) }),
    ...(rule.users && { user: new Set(rule.users) }),
    ...(rule.bases && { base: new Set(rule.bases) }),
  };
  return {
    rule,
    subjects: asList(rule.per),
    classes: rule.classes && new Set(rule.classes),
    only,
    buckets: new TokenBuckets(name, {
      limit,
      windowMs: window * 1_000,
      burst,
      penaltyMs: penalty && penalty * 1_000,
    }),
  };
}

function isNamed(
  only: Rule["only"],
  { userId, credential }: Actor & { kind: "user" },
  baseId: string,
): boolean {
  const keyId = credential.kind === "key" ? credential.keyId : credential.sessionId;
  return (
    (only.key?.has(keyId) ?? true) &&
    (only.user?.has(userId) ?? true) &&
    (only.base?.has(baseId) ?? true)
  );
}
