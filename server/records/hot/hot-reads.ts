import {
  part,
  readsUntil,
  type HotAnswer,
  type HotCall,
  type HotReads,
  type Scope,
  type World,
} from "#kernel";
import { visibilityFromMemory } from "#workspaces";
import { BACKLOG_GREW } from "../computed/backlog.ts";
import type { Lasting } from "../rows/lasting.ts";
import { SCHEMA_CHANGED } from "../schema/schema-cache.ts";
import { Load, type BaseState, type LoadTarget } from "./base-state.ts";
import { BaseStates } from "./base-states.ts";
import { ByteCache, USES_MAX } from "./byte-cache.ts";
import { HotEntry } from "./hot-entry.ts";
import { HotMetrics } from "./hot-metrics.ts";

/** A read that memory may answer. */
export interface WantedRead extends LoadTarget {
  readonly baseId: string;
  readonly target: string;
  readonly extended: boolean;
  readonly endpoint: string;
}

/** What a read found. */
export interface FoundRead {
  readonly body: string;
  readonly etag: string;
  readonly txn: number;
  readonly lasting: Lasting;
  /** Computed cells are behind. */
  readonly computing: boolean;
}

/** What is answered to one who asked. */
export interface GivenRead {
  readonly body: string;
  readonly etag: string;
  readonly txn: number;
  readonly computing: boolean;
}

interface Running {
  readonly key: string;
  readonly load: Load;
  readonly done: Promise<FoundRead>;
  /** Absent where the read cannot be given up. */
  readonly stop: AbortController | undefined;
  waiters: number;
}

/** What a process keeps of answers to reads. */
export const hotReads = part("records.hot-reads", (world) => new HotReadCaches(world));

/** Looks at the database no more, at the end of a world. */
export async function stopHotReads(world: World): Promise<void> {
  world.parts.of(hotReads).bases.stop();
}

/**
 * Answers as bytes, by the exact request; dropped as soon as a change is heard of that could make them another. Reads of
 * this process see its own writes at once; those of other processes some milliseconds later, when their notices come, at
 * most a second later when they do not.
 */
class HotReadCaches implements HotReads {
  private readonly world: World;
  private readonly cache: ByteCache<HotEntry>;
  /** How new bases are; also for those who wait for a number, or have shown one. */
  readonly bases: BaseStates;
  private readonly running = new Map<string, Running>();
  private readonly metrics: HotMetrics;
  private readonly never = new AbortController().signal;
  private peopleEpoch = 0;

  constructor(world: World) {
    this.world = world;
    this.cache = new ByteCache(world.config.hotCacheMaxBytes, (gone) => this.removed(gone));
    this.metrics = new HotMetrics(world.metrics, this.cache);
    this.bases = new BaseStates(world, (old) => this.cache.remove(old));
    // The second line behind the notices, and the only one of what has no number.
    const outdate = (baseId: string): void => this.bases.outdate(baseId);
    world.signals.listen(SCHEMA_CHANGED, outdate);
    world.signals.listen(BACKLOG_GREW, outdate);
    world.signals.listen("identity.user", () => {
      this.peopleEpoch += 1;
    });
  }

  find({ target, actor, extended, minTxn }: HotCall): HotAnswer | undefined {
    // `/v0/` and the 17 characters of the base's id.
    const base = this.bases.get(target.slice(4, 21));
    if (base === undefined || !base.isSteady || base.known < minTxn) {
      return undefined;
    }
    const visibility = visibilityFromMemory(this.world, actor, base.baseId);
    return visibility === undefined
      ? undefined
      : this.fresh(base, keyOf(visibility, target, extended));
  }

  /**
   * Answers from memory, or by `load`, which is called once for all who ask the same meanwhile: a failure is everybody's and
   * is not kept. It is told to stop when nobody waits any more. The caller has been found to be allowed to read the base.
   * Problems: what `load` throws.
   */
  async read(
    scope: Scope,
    wanted: WantedRead,
    load: (scope: Scope) => Promise<FoundRead>,
  ): Promise<GivenRead> {
    const { actor } = scope;
    const visibility =
      actor.kind === "user" && !scope.db.inTransaction
        ? visibilityFromMemory(scope, actor, wanted.baseId)
        : undefined;
    if (visibility === undefined) {
      return load(scope);
    }
    const base = this.bases.of(wanted.baseId);
    const key = keyOf(visibility, wanted.target, wanted.extended);
    const kept = base.isSteady ? this.fresh(base, key) : undefined;
    if (kept !== undefined) {
      const { bytes, etag } = kept;
      return { body: bytes.toString(), etag, txn: base.known, computing: false };
    }
    const running = this.running.get(key);
    if (running?.load.joinable === true) {
      this.metrics.coalesced(wanted.recordId);
      return this.wait(scope, running);
    }
    this.metrics.missed(wanted.recordId);
    return this.wait(scope, this.begin(scope, { wanted, base, key, load }));
  }

  private fresh(base: BaseState, key: string): HotEntry | undefined {
    const entry = this.cache.get(key);
    if (entry === undefined || entry.base !== base) {
      return undefined;
    }
    if (!entry.isFresh(this.world.now().getTime(), this.peopleEpoch)) {
      this.cache.remove(entry);
      return undefined;
    }
    if (entry.uses < USES_MAX) {
      entry.uses += 1;
    }
    base.used = true;
    this.metrics.hit(entry.recordId);
    return entry;
  }

  private begin(
    scope: Scope,
    {
      wanted,
      base,
      key,
      load: run,
    }: {
      readonly wanted: WantedRead;
      readonly base: BaseState;
      readonly key: string;
      readonly load: (scope: Scope) => Promise<FoundRead>;
    },
  ): Running {
    const load = new Load(base, wanted);
    const { peopleEpoch } = this;
    // One record is read together with many others: that statement is nobody's to stop.
    const stop = wanted.recordId === undefined ? new AbortController() : undefined;
    const signal = stop?.signal ?? this.never;
    const db = stop === undefined ? scope.db : readsUntil(scope.db, stop.signal);
    base.loads.add(load);
    const done = run({ ...scope, db, signal }).then(
      (found) => {
        this.ended(running);
        const { known } = base;
        this.bases.observe(base, found.txn, load);
        this.keep(found, { wanted, key, load, peopleEpoch });
        // What was read is as new as what was known before it was looked at.
        return { ...found, txn: known < 0 ? found.txn : load.newness(found.txn) };
      },
      (error: unknown) => {
        this.ended(running);
        throw error;
      },
    );
    const running: Running = { key, load, done, stop, waiters: 0 };
    this.running.set(key, running);
    return running;
  }

  private ended(running: Running): void {
    running.load.base.loads.delete(running.load);
    if (this.running.get(running.key) === running) {
      this.running.delete(running.key);
    }
  }

  /** One who waits may go away; the read is given up when all have. */
  private async wait({ signal }: Scope, running: Running): Promise<GivenRead> {
    const { stop } = running;
    if (stop === undefined) {
      return running.done;
    }
    running.waiters += 1;
    const leave = (): void => {
      running.waiters -= 1;
      if (running.waiters === 0) {
        // Whoever asks from now on must not join what is being given up.
        this.ended(running);
        stop.abort(signal.reason);
      }
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await running.done;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  private keep(
    found: FoundRead,
    {
      wanted,
      key,
      load,
      peopleEpoch,
    }: {
      readonly wanted: WantedRead;
      readonly key: string;
      readonly load: Load;
      readonly peopleEpoch: number;
    },
  ): void {
    const { base } = load;
    const { untilMs, namesPeople, readsOtherTables } = found.lasting;
    if (
      found.computing ||
      untilMs <= this.world.now().getTime() ||
      found.txn < load.changedAt ||
      load.generation !== base.generation ||
      this.bases.get(base.baseId) !== base
    ) {
      return;
    }
    const { endpoint, recordId, tableId } = wanted;
    const entry = new HotEntry({
      key,
      endpoint,
      base,
      table: base.table(tableId),
      recordId,
      etag: found.etag,
      body: found.body,
      readAt: found.txn,
      generation: load.generation,
      untilMs,
      peopleEpoch: namesPeople ? peopleEpoch : undefined,
      isWide: readsOtherTables,
    });
    if (this.cache.put(entry)) {
      entry.cache = this.cache;
      if (recordId !== undefined) {
        base.keepRecord(entry, recordId);
      }
    }
  }

  private removed(entry: HotEntry): void {
    entry.cache = undefined;
    if (entry.recordId !== undefined) {
      entry.base.forgetRecord(entry, entry.recordId);
    }
  }
}

function keyOf(visibility: string, target: string, extended: boolean): string {
  const key = visibility === "all" ? target : `${visibility}\n${target}`;
  return extended ? `${key}\nextended` : key;
}
