import { part, type Db, type Scope, type Tx, type World } from "#kernel";
import type { Field, Table, View } from "../schema/base-schema.ts";
import { indexesOfView, wanted } from "./index-wishes.ts";
import { outsideTransaction } from "./outside-transaction.ts";
import { stopTidying } from "./tidy-tables.ts";
import {
  cancelBackend,
  createIndex,
  dropIndex,
  indexesOf,
  lockIndexes,
  noteWanted,
  rowsAbout,
  unlockIndexes,
  type WantedIndex,
} from "./wanted-indexes.sql.ts";

/** Tables with fewer rows are read whole as fast as through an index. */
export const INDEX_ROWS_MIN = 5_000;
/** Indexes on fields of one table at most: each makes every write of its field dearer. Ours. */
export const INDEXES_PER_TABLE_MAX = 10;
/** How long it is taken for granted that an index is there, or not worth it, milliseconds. */
const RECHECK_MS = 10 * 60_000;
/** Indexes and views that are remembered at most; beyond that all are forgotten and looked at again. */
const REMEMBERED_MAX = 20_000;

/** Makes sure, in the background, that a view's filter and order have the indexes that help them. Costs next to nothing. */
export function wantIndexesOfView(scope: Scope, table: Table, view: View): void {
  const { filters, sort = [] } = view.options;
  if (filters !== undefined || sort.length > 0) {
    scope.parts.of(indexKeeper).wantOf(view, table, () => indexesOfView(table, view));
  }
}

/** The same for the fields that an upsert merges on. */
export function wantIndexesOfMerge(scope: Scope, table: Table, fields: readonly Field[]): void {
  scope.parts.of(indexKeeper).want(
    table,
    wanted(
      table,
      fields.map(({ id }) => id),
      "match",
    ),
  );
}

/** Ends what is being built, or tidied; what is left of it is cleared away when the index is wanted again. */
export async function stopIndexing(world: World): Promise<void> {
  await world.parts.of(indexKeeper).close();
  await stopTidying(world);
}

/** What builds indexes for this process: one after the other. */
export const indexKeeper = part("records.index-keeper", (world) => new IndexKeeper(world));

interface Job {
  readonly table: Table;
  readonly index: WantedIndex;
}

class IndexKeeper {
  private readonly world: World;
  private readonly looked = new Map<string, number>();
  private readonly lookedViews = new WeakMap<View, number>();
  private queue: Job[] = [];
  private running: Promise<void> | undefined;
  private pid: number | undefined;
  private closed = false;

  constructor(world: World) {
    this.world = world;
  }

  /** The indexes of a view, worked out when it is time to look again. */
  wantOf(view: View, table: Table, indexes: () => readonly WantedIndex[]): void {
    const now = this.world.now().getTime();
    if ((this.lookedViews.get(view) ?? -Infinity) > now - RECHECK_MS) {
      return;
    }
    this.lookedViews.set(view, now);
    this.want(table, indexes());
  }

  want(table: Table, indexes: readonly WantedIndex[]): void {
    const now = this.world.now().getTime();
    const due = indexes.filter(
      ({ name }) => (this.looked.get(keyOf(table, name)) ?? -Infinity) <= now - RECHECK_MS,
    );
    if (due.length === 0 || this.closed) {
      return;
    }
    if (this.looked.size > REMEMBERED_MAX) {
      this.looked.clear();
    }
    for (const index of due) {
      this.looked.set(keyOf(table, index.name), now);
      this.queue.push({ table, index });
    }
    this.running ??= this.drain().finally(() => {
      this.running = undefined;
    });
  }

  /** Resolves when nothing is being built or waits to be. */
  async idle(): Promise<void> {
    await this.running;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.queue = [];
    if (this.pid !== undefined) {
      await this.world.db.text(cancelBackend(this.pid));
    }
    await this.idle();
  }

  private async drain(): Promise<void> {
    for (let job = this.queue.shift(); job !== undefined; job = this.queue.shift()) {
      const { table, index } = job;
      try {
        await this.keep(job);
      } catch (error) {
        // The table or field may have gone meanwhile, the schema changes or the program stops. No index is necessary.
        this.looked.delete(keyOf(table, index.name));
        this.world.log.warn(
          { err: error, tableId: table.id, index: index.name },
          "an index could not be made; it is tried again when it is wanted again",
        );
      }
    }
  }

  private async keep(job: Job): Promise<void> {
    const { db } = this.world;
    const about = await db.maybe<{ readonly rows: number }>(rowsAbout(job.table));
    if ((about?.rows ?? 0) < INDEX_ROWS_MIN) {
      return;
    }
    await db.run(noteWanted(job.table.baseId, [job.index.name], this.world.now()));
    if (!isMissing(await found(db, job), job)) {
      return;
    }
    await outsideTransaction(db, async (session) => {
      const { mine, pid } = await session.one<{ readonly mine: boolean; readonly pid: number }>(
        lockIndexes(job.table),
      );
      if (!mine || this.closed) {
        return;
      }
      this.pid = pid;
      try {
        await this.build(session, job);
      } finally {
        this.pid = undefined;
        await session.text(unlockIndexes(job.table));
      }
    });
  }

  private async build(session: Tx, { table, index }: Job): Promise<void> {
    const there = await found(session, { table, index });
    // What is not valid was left by a build that was cut off: nobody else builds here now.
    for (const { name } of there.filter(({ valid }) => !valid)) {
      await session.script(dropIndex(table, name));
    }
    if (isMissing(there, { table, index })) {
      const began = this.world.now().getTime();
      await session.script(createIndex(table, index));
      const ms = this.world.now().getTime() - began;
      this.world.log.info({ tableId: table.id, index: index.name, ms }, "an index was made");
    }
  }
}

interface FoundIndex {
  readonly name: string;
  readonly valid: boolean;
}

async function found(db: Db, { table }: Job): Promise<readonly FoundIndex[]> {
  return db.all<FoundIndex>(indexesOf(table));
}

/** Not there, and there is room for it. */
function isMissing(there: readonly FoundIndex[], { index }: Job): boolean {
  const valid = there.filter((one) => one.valid);
  return valid.length < INDEXES_PER_TABLE_MAX && valid.every(({ name }) => name !== index.name);
}

function keyOf(table: Table, name: string): string {
  return `${table.baseId}/${name}`;
}
