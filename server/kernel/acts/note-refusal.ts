import { part } from "../parts.ts";
import type { Scope, World } from "../scope.ts";
import { type Act, actRow } from "./note-act.ts";
import { type ActRow, insertAct } from "./note-act.sql.ts";

const MINUTE_MS = 60_000;
/** Further refusals of one kind are counted, and told by one row when this long has passed; twice as long each time. */
const FIRST_COUNT_MS = MINUTE_MS;
const LONGEST_COUNT_MS = 60 * MINUTE_MS;
/** Kinds that may begin at once, and how many more each minute: whoever tries everything fills no disk. */
const KINDS_AT_ONCE = 200;
const KINDS_PER_MINUTE = 10;
const LOOK_EVERY_MS = 10_000;

/** An act that was refused, and the code of the problem that said so. */
export interface RefusedAct extends Act {
  readonly reason: string;
}

/**
 * Writes down an act that was refused. The first of its kind (act, reason, actor, target, address) is a row at once; those
 * that follow are counted and told by one row a minute later, then by ever fewer. When very many kinds come together the rest
 * are counted without target and address. Outside the caller's transaction, which is about to be rolled back. Never throws.
 */
export async function noteRefusal(scope: Scope, refused: RefusedAct): Promise<void> {
  await scope.parts.of(refusals).note({ ...actRow(scope, refused), ...outcome(refused) });
}

/** Writes what has been counted and not told yet: before the world closes. */
export async function closeActs(world: World): Promise<void> {
  await world.parts.of(refusals).close();
}

function outcome({ reason }: RefusedAct): Pick<ActRow, "outcome" | "reason"> {
  return { outcome: "refused", reason };
}

interface Count {
  readonly row: ActRow;
  more: number;
  tellAt: number;
  lengthMs: number;
}

const refusals = part("kernel.refusals", (world) => new Refusals(world));

class Refusals {
  private readonly world: World;
  private readonly counts = new Map<string, Count>();
  private kindsLeft = KINDS_AT_ONCE;
  private filledAt: number;
  private timer: NodeJS.Timeout | undefined;

  constructor(world: World) {
    this.world = world;
    this.filledAt = world.now().getTime();
  }

  async note(row: ActRow): Promise<void> {
    const now = row.at.getTime();
    const known = this.counts.get(keyOf(row));
    if (known !== undefined) {
      known.more += 1;
      return;
    }
    const kept = this.takeKind(now) ? row : anyOf(row);
    const counted = this.counts.get(keyOf(kept));
    if (counted !== undefined) {
      counted.more += 1;
      return;
    }
    this.counts.set(keyOf(kept), {
      row: kept,
      more: 0,
      tellAt: now + FIRST_COUNT_MS,
      lengthMs: FIRST_COUNT_MS,
    });
    this.timer ??= setInterval(() => void this.tell(false), LOOK_EVERY_MS).unref();
    await this.write(kept);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.tell(true);
  }

  private async tell(all: boolean): Promise<void> {
    const now = this.world.now();
    for (const [key, count] of this.counts) {
      if (!all && count.tellAt > now.getTime()) {
        continue;
      }
      if (count.more === 0) {
        this.counts.delete(key);
        continue;
      }
      const times = count.more;
      count.more = 0;
      count.lengthMs = Math.min(count.lengthMs * 2, LONGEST_COUNT_MS);
      count.tellAt = now.getTime() + count.lengthMs;
      await this.write({ ...count.row, at: now, times });
    }
  }

  private takeKind(now: number): boolean {
    const gained = Math.floor(((now - this.filledAt) / MINUTE_MS) * KINDS_PER_MINUTE);
    if (gained > 0) {
      this.kindsLeft = Math.min(KINDS_AT_ONCE, this.kindsLeft + gained);
      this.filledAt = now;
    }
    if (this.kindsLeft === 0) {
      return false;
    }
    this.kindsLeft -= 1;
    return true;
  }

  private async write(row: ActRow): Promise<void> {
    try {
      await this.world.db.run(insertAct(row));
    } catch (error) {
      this.world.log.error({ err: error, act: row.act }, "a refused act could not be noted");
    }
  }
}

function keyOf(row: ActRow): string {
  return [
    row.act,
    row.reason,
    row.actorId,
    row.targetKind,
    row.targetId ?? row.targetName,
    row.address,
  ].join("\n");
}

/** One kind for all that are too many to be told apart. */
function anyOf(row: ActRow): ActRow {
  return {
    ...row,
    actorKind: "anonymous",
    actorId: null,
    actorName: null,
    credentialKind: null,
    credentialId: null,
    targetKind: null,
    targetId: null,
    targetName: null,
    workspaceId: null,
    baseId: null,
    address: "",
    userAgent: "",
    details: JSON.stringify({ note: "of many kinds" }),
  };
}
