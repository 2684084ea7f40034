import { type World } from "#kernel";
import { workspacesOfBases, workspacesSeen, type AskedAbout } from "#workspaces";
import { meterOf, type Readings, type Slot } from "./meter.ts";
import { addTotals, addUsage, type Periods, type TotalRow, type UsageRow } from "./usage.sql.ts";

/**
 * Adds what the meter counted to the rows of today and this month. Several processes add up. Where the database is away the
 * meter keeps it for the next time; when it went away in the middle, what was written may be counted twice.
 */
export async function writeUsage(world: Pick<World, "db" | "now" | "parts">): Promise<void> {
  const meter = world.parts.of(meterOf);
  const readings = meter.take();
  if (readings.slots.length + readings.amounts.length === 0) {
    return;
  }
  try {
    const { usage, totals } = await accountsOf(world, readings);
    const periods = periodsAt(world.now());
    await world.db.pipeline([addUsage(usage, periods), addTotals(totals, periods)]);
  } catch (error) {
    meter.putBack(readings);
    throw error;
  }
}

/** First days of the day and the month, UTC. */
export function periodsAt(now: Date): Periods {
  const day = now.toISOString().slice(0, 10);
  return { day, month: `${day.slice(0, 7)}-01` };
}

interface Accounts {
  readonly usage: readonly UsageRow[];
  readonly totals: readonly TotalRow[];
}

/** Puts everything on the account of a workspace, where the caller may see the place. */
async function accountsOf(
  world: Pick<World, "db" | "now">,
  { slots, amounts }: Readings,
): Promise<Accounts> {
  const placed = slots.filter(({ place }) => place !== "");
  const seen = await workspacesSeen(world, placed.map(askedAbout));
  const workspaceOfSlot = new Map(placed.map((slot, at) => [slot, seen[at]]));
  const usage = slots.map((slot) => usageRow(slot, workspaceOfSlot.get(slot)));
  const ofBases = await workspacesOfBases(
    world.db,
    amounts.flatMap(({ place }) => (place.startsWith("app") ? [place] : [])),
  );
  const totals = new Map<string, TotalRow>();
  const add = (workspaceId: string, resource: string, used: number): void => {
    const key = `${workspaceId}/${resource}`;
    totals.set(key, { workspaceId, resource, used: used + (totals.get(key)?.used ?? 0) });
  };
  for (const [slot, workspaceId] of workspaceOfSlot) {
    if (workspaceId !== undefined && slot.counted > 0) {
      add(workspaceId, "requests", slot.counted);
    }
  }
  for (const { place, resource, amount } of amounts) {
    const workspaceId = place.startsWith("app") ? ofBases.get(place) : place;
    if (workspaceId !== undefined) {
      add(workspaceId, resource, Math.round(amount));
    }
  }
  return { usage, totals: [...totals.values()] };
}

function askedAbout({ userId, place }: Slot): AskedAbout {
  return { userId, place: place.startsWith("app") ? { baseId: place } : { workspaceId: place } };
}

function usageRow(slot: Slot, workspaceId: string | undefined): UsageRow {
  const { userId, keyId, place, counted: _counted, ...counts } = slot;
  const baseId = workspaceId !== undefined && place.startsWith("app") ? place : "";
  return { workspaceId: workspaceId ?? "", baseId, userId, keyId, ...counts };
}
