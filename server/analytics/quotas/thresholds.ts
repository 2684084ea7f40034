/** From here on a bound is near. */
export const NEAR_PERCENT = 80;
/** Shares of a bound that are told when they are crossed, percent. */
export const THRESHOLDS = [NEAR_PERCENT, 100] as const;

/** How far a bound is used, percent. A bound of nothing is reached from the start. */
export function percentOf({
  used,
  limit,
}: {
  readonly used: number;
  readonly limit: number;
}): number {
  return limit === 0 ? 100 : (used / limit) * 100;
}
