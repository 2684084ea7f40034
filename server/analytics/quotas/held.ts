import { part, Problem, type Scope, type World } from "#kernel";
import { basesOfWorkspaces, placedBases, type PlacedBase } from "#workspaces";
import { catchUpHeld, dropHeld, moveHeld, notCountedSince, setHeld } from "./held.sql.ts";

/** Counts what a base holds, by whoever knows bases; undefined where it is gone. `txn`: as of that transaction. */
export type MeasureBase = (
  baseId: string,
) => Promise<
  { readonly records: number; readonly storage: number; readonly txn: number } | undefined
>;

/** Who counts; fitted when the module is opened, because records stand beside this module and not below it. */
export const baseMeasure = part("analytics.base-measure", () => ({
  measure: (async () => undefined) as MeasureBase,
}));

/** A base is counted anew at least this often, milliseconds, by the chore. */
const COUNTED_EVERY_MS = 24 * 3_600_000;
/** Bases that one run of the chore counts. */
const COUNTED_AT_ONCE = 500;
const PAGE = 1_000;

/** Before any count there was one: bases that must be counted whatever their age. */
const NEVER = new Date(1);

/** Brings what these workspaces hold up to date, and counts bases that were never counted or must be again. */
export async function catchUp(
  world: Pick<World, "db" | "now" | "parts" | "log">,
  workspaceIds: readonly string[],
  countedMax: number,
): Promise<void> {
  const bases = await basesOfWorkspaces(world.db, workspaceIds);
  const baseIds = bases.map(({ baseId }) => baseId);
  await world.db.pipeline([
    moveHeld(bases),
    dropHeld(workspaceIds, baseIds),
    catchUpHeld(workspaceIds),
  ]);
  await countThose(world, bases, { since: NEVER, max: countedMax });
}

/** The chore: every base is counted now and then, because the change log does not tell of files. Answers how many were. */
export async function countHeld(scope: Scope): Promise<number> {
  const since = new Date(scope.now().getTime() - COUNTED_EVERY_MS);
  let counted = 0;
  let after = "";
  for (;;) {
    const bases = await placedBases(scope.db, { after, limit: PAGE });
    counted += await countThose(scope, bases, { since, max: COUNTED_AT_ONCE - counted });
    after = bases.at(-1)?.baseId ?? "";
    if (bases.length < PAGE || counted >= COUNTED_AT_ONCE || scope.signal.aborted) {
      return counted;
    }
  }
}

/** Counts one base now. */
export async function countBase(
  world: Pick<World, "db" | "now" | "parts" | "log">,
  base: PlacedBase,
): Promise<boolean> {
  const at = world.now();
  try {
    const held = await world.parts.of(baseMeasure).measure(base.baseId);
    if (held !== undefined) {
      await world.db.run(setHeld(base, held, at));
    }
    return held !== undefined;
  } catch (error) {
    if (!(error instanceof Problem)) {
      throw error;
    }
    world.log.debug({ err: error, baseId: base.baseId }, "analytics: a base could not be counted");
    return false;
  }
}

async function countThose(
  world: Pick<World, "db" | "now" | "parts" | "log">,
  bases: readonly PlacedBase[],
  { since, max }: { readonly since: Date; readonly max: number },
): Promise<number> {
  if (bases.length === 0 || max <= 0) {
    return 0;
  }
  const due = await world.db.all<{ baseId: string }>(
    notCountedSince(
      bases.map(({ baseId }) => baseId),
      since,
    ),
  );
  const placed = new Map(bases.map((base) => [base.baseId, base]));
  let counted = 0;
  for (const { baseId } of due.slice(0, max)) {
    const base = placed.get(baseId);
    counted += base !== undefined && (await countBase(world, base)) ? 1 : 0;
  }
  return counted;
}
