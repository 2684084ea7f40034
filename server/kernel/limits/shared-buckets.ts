import { type Redis, redisScript } from "../redis.ts";
import type { Bucket, TokenBuckets } from "./token-buckets.ts";

/**
 * How far a process may be ahead of what Redis has heard from it, as a share of a full bucket, and at least one token. All
 * processes together therefore let through at most `burst + processes × max(1, burst × AHEAD_SHARE)` at once.
 */
export const AHEAD_SHARE = 0.05;
/** Between two rounds with nobody waiting, milliseconds. */
const ROUND_EVERY_MS = 5;
/** Buckets in one round; more follow in the next. */
const ROUND_MAX = 200;
/** Buckets that may wait for a round. */
const WAITING_MAX = 20_000;

/**
 * For each key: burst, tokens a millisecond, tokens taken, penalty in milliseconds (0 = none began), tokens wanted. Answers for
 * each the tokens left, the milliseconds of penalty left, and how many of the wanted it got; as text: numbers would lose their
 * fraction. A debt is remembered, up to a full bucket, so that what processes took ahead of each other is paid back.
 */
const settle = redisScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local answer = {}
for i, key in ipairs(KEYS) do
  local burst, per_ms = tonumber(ARGV[i * 5 - 4]), tonumber(ARGV[i * 5 - 3])
  local taken, penalty, wanted = tonumber(ARGV[i * 5 - 2]), tonumber(ARGV[i * 5 - 1]), tonumber(ARGV[i * 5])
  local kept = redis.call('HMGET', key, 'tokens', 'at', 'blocked')
  local tokens, at, blocked = tonumber(kept[1]) or burst, tonumber(kept[2]) or now, tonumber(kept[3]) or 0
  tokens = math.min(burst, tokens + math.max(0, now - at) * per_ms) - taken
  tokens = math.max(-burst, tokens)
  if penalty > 0 and blocked <= now then blocked = now + penalty end
  local blocked_ms = math.max(0, blocked - now)
  local granted = 0
  if blocked_ms == 0 then granted = math.max(0, math.min(wanted, math.floor(tokens + 0.000001))) end
  tokens = tokens - granted
  redis.call('HSET', key, 'tokens', string.format('%.6f', tokens), 'at', string.format('%.3f', now), 'blocked', string.format('%.3f', blocked))
  redis.call('PEXPIRE', key, math.ceil(math.max((burst - tokens) / per_ms, blocked_ms)) + 1000)
  answer[i * 3 - 2] = string.format('%.6f', tokens)
  answer[i * 3 - 1] = string.format('%.3f', blocked_ms)
  answer[i * 3] = string.format('%d', granted)
end
return answer`);

/** Told whether a token was got; undefined when Redis cannot say. */
type Claim = (granted: boolean | undefined) => void;

/**
 * Makes token buckets of several processes one, through Redis. Taking stays synchronous and in memory; what was taken is
 * told in rounds some milliseconds apart, and the answer corrects the bucket. While Redis is away the buckets are each
 * process's own: a limit is then up to as many times as large as there are processes, and nobody waits.
 */
export class SharedBuckets {
  readonly #redis: Redis;
  readonly #clock: () => number;
  readonly #waiting = new Map<Bucket, TokenBuckets>();
  readonly #claims = new Map<Bucket, Claim[]>();
  #round: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** `clock` is that of the buckets, milliseconds. */
  constructor(redis: Redis, clock: () => number = () => performance.now()) {
    this.#redis = redis;
    this.#clock = clock;
  }

  /** False where this process is so far ahead of Redis that it should ask there: `claim`. */
  isSure(buckets: TokenBuckets, bucket: Bucket): boolean {
    return (
      !this.#redis.ready ||
      bucket.untold + bucket.telling < Math.max(1, Math.floor(buckets.burst * AHEAD_SHARE))
    );
  }

  /** Call it after tokens were taken or a penalty began. */
  changed(buckets: TokenBuckets, bucket: Bucket): void {
    if (!this.#redis.ready || this.#waiting.size >= WAITING_MAX) {
      return;
    }
    this.#waiting.set(bucket, buckets);
    this.#timer ??= setTimeout(() => void this.#tell(), ROUND_EVERY_MS).unref();
  }

  /**
   * Takes a token in Redis itself: true or false, or undefined where Redis does not answer, and nothing was taken. It does not
   * take longer than a command of Redis may.
   */
  claim(buckets: TokenBuckets, bucket: Bucket): Promise<boolean | undefined> {
    if (!this.#redis.ready || this.#waiting.size >= WAITING_MAX) {
      return Promise.resolve(undefined);
    }
    const { promise, resolve } = Promise.withResolvers<boolean | undefined>();
    const claims = this.#claims.get(bucket);
    if (claims === undefined) {
      this.#claims.set(bucket, [resolve]);
    } else {
      claims.push(resolve);
    }
    this.#waiting.set(bucket, buckets);
    if (this.#round === undefined) {
      // With what else is claimed in this turn of the event loop.
      queueMicrotask(() => void this.#tell());
    }
    return promise;
  }

  /** Resolves when what was taken until now has been told, or cannot be. For tests and a stop. */
  async settled(): Promise<void> {
    await this.#round;
    await this.#tell();
  }

  #tell(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#round ??= this.#one().finally(() => {
      this.#round = undefined;
      if (this.#claims.size > 0) {
        void this.#tell();
      } else if (this.#waiting.size > 0 && this.#redis.ready) {
        this.#timer ??= setTimeout(() => void this.#tell(), ROUND_EVERY_MS).unref();
      }
    });
    return this.#round;
  }

  async #one(): Promise<void> {
    const entries = this.#waiting.entries().take(ROUND_MAX).toArray();
    if (entries.length === 0) {
      return;
    }
    const claims = entries.map(([bucket]) => this.#claims.get(bucket) ?? []);
    const values = entries.flatMap((entry, at) => this.#sent(entry, claims[at]?.length ?? 0));
    const keys = entries.map(([{ key }, { name }]) => this.#redis.key(`limit:${name}:${key}`));
    const answer = await this.#redis.run(settle, keys, values).catch(() => undefined);
    for (const [at, [bucket]] of entries.entries()) {
      if (Array.isArray(answer)) {
        const [tokens = 0, blockedMs = 0, granted = 0] = answer.slice(at * 3).map(Number);
        this.#heard(bucket, tokens, blockedMs);
        claims[at]?.forEach((claim, index) => claim(index < granted));
      } else {
        // Told with the next round after Redis is back, as far as a full bucket goes.
        bucket.untold += bucket.telling;
        claims[at]?.forEach((claim) => claim(undefined));
      }
      bucket.telling = 0;
    }
  }

  /** What Redis is told of a bucket; from now on the bucket counts as told. */
  #sent([bucket, { burst, rate }]: [Bucket, TokenBuckets], wanted: number): number[] {
    this.#waiting.delete(bucket);
    this.#claims.delete(bucket);
    bucket.telling = bucket.untold;
    bucket.untold = 0;
    const penaltyMs = bucket.isPenaltyUntold ? (rate.penaltyMs ?? 0) : 0;
    bucket.isPenaltyUntold = false;
    return [
      burst,
      rate.limit / rate.windowMs,
      Math.min(bucket.telling, burst),
      penaltyMs,
      Math.min(wanted, burst),
    ];
  }

  #heard(bucket: Bucket, tokens: number, blockedMs: number): void {
    const nowMs = this.#clock();
    bucket.tokens = tokens - bucket.untold;
    bucket.atMs = nowMs;
    bucket.blockedUntilMs = Math.max(
      nowMs + blockedMs,
      bucket.isPenaltyUntold ? bucket.blockedUntilMs : 0,
    );
  }
}
