import type { HeldBucket } from "./rate-limits.ts";

/**
 * What an answer tells of the limits that its request was counted in: `RateLimit-Policy` and `RateLimit` (IETF httpapi draft,
 * structured fields: `q` quota, `w` window, `r` left, `t` seconds until it is whole again, or until the next request may
 * come), and for the tightest of them the older `X-RateLimit-*`, whose reset is in seconds since 1970.
 */
export function limitHeaders(held: readonly HeldBucket[], nowMs: number): [string, string][] {
  const tightest = held.toSorted((one, other) => share(one) - share(other))[0];
  if (tightest === undefined) {
    return [];
  }
  const policies = held.map(
    ({ buckets }) =>
      `"${buckets.name}";q=${buckets.rate.limit};w=${seconds(buckets.rate.windowMs)}`,
  );
  const left = held.map((one) => `"${one.buckets.name}";r=${remaining(one)};t=${resetS(one)}`);
  return [
    ["ratelimit-policy", policies.join(", ")],
    ["ratelimit", left.join(", ")],
    ["x-ratelimit-limit", String(tightest.buckets.rate.limit)],
    ["x-ratelimit-remaining", String(remaining(tightest))],
    ["x-ratelimit-reset", String(seconds(nowMs) + resetS(tightest))],
  ];
}

function share({ buckets, bucket }: HeldBucket): number {
  return bucket.tokens / buckets.burst;
}

function remaining({ buckets, bucket }: HeldBucket): number {
  return buckets.waitMs(bucket) > 0 ? 0 : Math.max(0, Math.floor(bucket.tokens));
}

function resetS({ buckets, bucket }: HeldBucket): number {
  return seconds(buckets.waitMs(bucket) || buckets.fullMs(bucket));
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
