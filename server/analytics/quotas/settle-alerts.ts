import { part, type World } from "#kernel";
import { periodsAt } from "../usage/write-usage.ts";
import { endAlerts, insertAlerts, type Crossing } from "./alerts.sql.ts";
import { mailAlerts } from "./mail-alerts.ts";
import { quotaBook, type Bound } from "./quota-book.ts";
import { percentOf, THRESHOLDS } from "./thresholds.ts";

/** The highest threshold that this process has seen crossed, by bound: the database is asked when it changes only. */
const crossedPart = part("analytics.crossed", () => new Map<string, number>());

/**
 * Writes down each threshold of a bound that was crossed since the last time, once whatever the number of processes, and tells
 * the owners. What is held and went below is told again when it comes back.
 */
export async function settleAlerts(world: World): Promise<void> {
  const crossed = world.parts.of(crossedPart);
  const periods = periodsAt(world.now());
  const above: Crossing[] = [];
  const below: Crossing[] = [];
  const seen = new Map<string, number>();
  for (const bound of world.parts.of(quotaBook).all()) {
    const starts = bound.period === "now" ? null : periods[bound.period];
    const key = `${bound.workspaceId}/${bound.resource}/${bound.period}/${starts ?? ""}/${bound.limit}`;
    const percent = percentOf(bound);
    const highest = THRESHOLDS.findLast((threshold) => percent >= threshold) ?? 0;
    seen.set(key, highest);
    if (crossed.get(key) !== highest) {
      above.push(...crossingsOf(bound, starts, (threshold) => threshold <= highest));
      below.push(
        ...(starts === null ? crossingsOf(bound, starts, (threshold) => threshold > highest) : []),
      );
    }
  }
  if (below.length > 0) {
    await world.db.run(endAlerts(below, world.now()));
  }
  if (above.length > 0) {
    const told = await world.db.all<Crossing>(insertAlerts(above, world.now()));
    for (const alert of told) {
      world.log.warn(alert, "a quota is nearly or wholly used up");
    }
    if (told.length > 0) {
      await mailAlerts(world);
    }
  }
  // Kept only now: where the database was away, it is tried again.
  crossed.clear();
  for (const [key, highest] of seen) {
    crossed.set(key, highest);
  }
}

function crossingsOf(
  { workspaceId, resource, period, limit, used }: Bound,
  starts: string | null,
  isMeant: (threshold: number) => boolean,
): Crossing[] {
  return THRESHOLDS.filter(isMeant).map((threshold) => ({
    workspaceId,
    resource,
    period,
    limit,
    used,
    starts,
    threshold,
  }));
}
