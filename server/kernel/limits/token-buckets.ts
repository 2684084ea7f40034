/** How much of something is allowed: a bucket of `burst` tokens that is filled again at `limit` tokens in `windowMs`. */
export interface BucketRate {
  /** Tokens in a window. */
  readonly limit: number;
  readonly windowMs: number;
  /** Tokens that a full bucket holds; `limit` unless said. */
  readonly burst?: number | undefined;
  /** After a refusal everything is refused for so long. */
  readonly penaltyMs?: number | undefined;
}

/** The tokens of one key. Read it only right after `TokenBuckets.look`, which brings it up to date. */
export interface Bucket {
  readonly key: string;
  tokens: number;
  /** When `tokens` was right, in the clock of the caller. */
  atMs: number;
  /** Refused until then, whatever the tokens. */
  blockedUntilMs: number;
  /** Tokens taken that the other processes have not been told of. */
  untold: number;
  /** Tokens on their way to be told. */
  telling: number;
  /** A penalty has begun here that the other processes have not been told of. */
  isPenaltyUntold: boolean;
  /** Used since the last sweep: a bucket in use is not dropped for a new one. */
  isUsed: boolean;
}

/** Keys remembered at most. A bucket costs about 200 bytes. */
const KEYS_MAX = 50_000;
/** Old buckets that are looked at to make room for a new one. */
const SWEEP_MAX = 8;

/**
 * Token buckets of one rule, one for each key, in memory. Every call is synchronous and takes a few hundred nanoseconds.
 * The number of keys is bounded: a full bucket is forgotten first, since a new one is the same; after that one that has
 * not been used for longest.
 */
export class TokenBuckets {
  /** The rule that they are of; no two sets of buckets in Redis may share it. */
  readonly name: string;
  readonly rate: BucketRate;
  readonly burst: number;
  readonly #perMs: number;
  readonly #keysMax: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(name: string, rate: BucketRate, keysMax = KEYS_MAX) {
    this.name = name;
    this.rate = rate;
    this.burst = rate.burst ?? rate.limit;
    this.#perMs = rate.limit / rate.windowMs;
    this.#keysMax = keysMax;
  }

  /** Keys that are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** The bucket of a key, filled up to now. `nowMs` is any clock that does not go back. */
  look(key: string, nowMs: number): Bucket {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      return this.#add(key, nowMs);
    }
    bucket.isUsed = true;
    if (nowMs > bucket.atMs) {
      bucket.tokens = Math.min(this.burst, bucket.tokens + (nowMs - bucket.atMs) * this.#perMs);
      bucket.atMs = nowMs;
    }
    return bucket;
  }

  /** Milliseconds until the bucket gives a token; 0 = now. */
  waitMs(bucket: Bucket): number {
    const forToken = bucket.tokens >= 1 ? 0 : (1 - bucket.tokens) / this.#perMs;
    return Math.max(forToken, bucket.blockedUntilMs - bucket.atMs);
  }

  /** Milliseconds until the bucket is full. */
  fullMs(bucket: Bucket): number {
    return Math.max(0, this.burst - bucket.tokens) / this.#perMs;
  }

  take(bucket: Bucket, tokens = 1): void {
    bucket.tokens -= tokens;
    bucket.untold += tokens;
  }

  /** Begins the penalty of the rule, unless one is running. */
  punish(bucket: Bucket): void {
    const { penaltyMs = 0 } = this.rate;
    if (penaltyMs > 0 && bucket.blockedUntilMs <= bucket.atMs) {
      bucket.blockedUntilMs = bucket.atMs + penaltyMs;
      bucket.isPenaltyUntold = true;
    }
  }

  #add(key: string, nowMs: number): Bucket {
    if (this.#buckets.size >= this.#keysMax) {
      this.#makeRoom(nowMs);
    }
    const bucket: Bucket = {
      key,
      tokens: this.burst,
      atMs: nowMs,
      blockedUntilMs: 0,
      untold: 0,
      telling: 0,
      isPenaltyUntold: false,
      isUsed: false,
    };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #makeRoom(nowMs: number): void {
    let looked = 0;
    for (const bucket of this.#buckets.values()) {
      this.#buckets.delete(bucket.key);
      const isFull =
        bucket.tokens + (nowMs - bucket.atMs) * this.#perMs >= this.burst &&
        bucket.blockedUntilMs <= nowMs;
      looked += 1;
      if (isFull || !bucket.isUsed || looked === SWEEP_MAX) {
        return;
      }
      bucket.isUsed = false;
      this.#buckets.set(bucket.key, bucket);
    }
  }
}
