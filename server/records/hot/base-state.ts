import type { ChangeNotice, TableChange } from "#kernel";
import type { HotEntry } from "./hot-entry.ts";

/** Numbers that are remembered above a gap; beyond that everything read before counts as old. */
const AHEAD_MAX = 1_000;

/** When something in a table last changed, as numbers of its base's transactions. */
export class TableState {
  /** Anything at all: a page read before is old. */
  changedAt = 0;
  /** Records that nobody named: every record read before is old. */
  recordsChangedAt = 0;
}

/** What a read is of. */
export interface LoadTarget {
  readonly tableId: string;
  readonly recordId?: string | undefined;
  readonly isWide: boolean;
}

/**
 * A read on its way. A change that is heard of meanwhile is written down here, because the read may have begun before it:
 * what was read at a lower number is answered to those who asked before, and not kept.
 */
export class Load {
  readonly base: BaseState;
  readonly tableId: string;
  /** Absent for pages. */
  readonly recordId: string | undefined;
  /** It may read other tables of the base as well. */
  readonly isWide: boolean;
  /** What had been heard when it began. */
  readonly heard: number;
  readonly generation: number;
  readonly slumbers: number;
  /** Milliseconds of the monotonic clock. */
  readonly beganMs = performance.now();
  /** The last change of what it reads that was heard of since; 0 where there was none. */
  changedAt = 0;
  /** All that was known before the first such change: its answer is as good as of then. */
  private goodTo = Infinity;

  constructor(base: BaseState, { tableId, recordId, isWide }: LoadTarget) {
    this.base = base;
    this.tableId = tableId;
    this.recordId = recordId;
    this.isWide = isWide;
    this.heard = base.heard;
    this.generation = base.generation;
    this.slumbers = base.slumbers;
  }

  /** True where somebody who asks now may have the same answer. */
  get joinable(): boolean {
    const { base } = this;
    return this.changedAt === 0 && this.isOfNow && (base.heard === this.heard || base.isSteady);
  }

  /** True while nothing has made everything old that was read of the base before. */
  get isOfNow(): boolean {
    return this.generation === this.base.generation && this.slumbers === this.base.slumbers;
  }

  /** How new the answer is that was read at this number: no change that is known of since concerns it. */
  newness(readAt: number): number {
    if (!this.isOfNow) {
      return readAt;
    }
    return Math.max(readAt, readAt >= this.changedAt ? this.base.known : this.goodTo);
  }

  spoil(txn: number): void {
    this.changedAt = Math.max(this.changedAt, txn);
    this.goodTo = Math.min(this.goodTo, this.base.known);
  }
}

/**
 * What this process knows of how new a base is. Changes arrive in any order, once or several times: from this process right
 * after their commit, from others by notices. `known` is the number up to which each has been heard of; when a higher one
 * has been heard of, there is a gap, and nothing is answered from memory until the change log has filled it.
 */
export class BaseState {
  readonly baseId: string;
  /** Everything up to this transaction has been taken into account; -1 before the first read. */
  known = -1;
  /** The highest number that was heard of. */
  heard = -1;
  /** `known` as `x-basalt-txn` shows it. */
  txn = "";
  /** Grows when everything that was read before is old, for reasons that have no number. */
  generation = 0;
  /** When something anywhere in the base last changed. */
  changedAt = 0;
  /** When the schema last changed, or something nobody named. */
  allChangedAt = 0;
  /** False while nobody looks whether other processes have written: until the number is read again. */
  awake = false;
  /** Grows each time that it falls asleep: only a read that began later can wake it. */
  slumbers = 0;
  /** Somebody has read it since the last look. */
  used = true;
  /** Looks since it was last read. */
  idleLooks = 0;
  /** When the number was last compared with the database's, milliseconds of the monotonic clock. */
  confirmedMs = 0;
  readonly loads = new Set<Load>();
  private readonly tables = new Map<string, TableState>();
  /** Numbers above `known` that have been taken into account. */
  private readonly ahead = new Set<number>();
  /** What is kept of each record, to be dropped when it changes. */
  private readonly records = new Map<string, Set<HotEntry>>();

  constructor(baseId: string) {
    this.baseId = baseId;
  }

  /** True where memory may answer. */
  get isSteady(): boolean {
    return this.awake && this.heard === this.known;
  }

  table(tableId: string): TableState {
    let table = this.tables.get(tableId);
    if (table === undefined) {
      table = new TableState();
      this.tables.set(tableId, table);
    }
    return table;
  }

  keepRecord(entry: HotEntry, recordId: string): void {
    const entries = this.records.get(recordId);
    if (entries === undefined) {
      this.records.set(recordId, new Set([entry]));
    } else {
      entries.add(entry);
    }
  }

  forgetRecord(entry: HotEntry, recordId: string): void {
    const entries = this.records.get(recordId);
    entries?.delete(entry);
    if (entries?.size === 0) {
      this.records.delete(recordId);
    }
  }

  /** Takes a change into account. Answers what is old by it and can be dropped. */
  apply({ txn, tables }: ChangeNotice): HotEntry[] {
    // Before the first read nobody has anything that could be old.
    if (txn <= this.known || (this.known < 0 && this.loads.size === 0)) {
      return [];
    }
    this.heard = Math.max(this.heard, txn);
    if (tables === "all" || tables.length > 0) {
      this.changedAt = Math.max(this.changedAt, txn);
    }
    const old: HotEntry[] = [];
    if (tables === "all") {
      this.allChangedAt = Math.max(this.allChangedAt, txn);
      this.spoil(txn, () => true);
    } else {
      for (const change of tables) {
        this.applyTo(change, txn, old);
      }
    }
    this.ahead.add(txn);
    this.advance();
    if (this.ahead.size > AHEAD_MAX) {
      this.skipTo(this.heard);
    }
    return old;
  }

  private applyTo({ tableId, records }: TableChange, txn: number, old: HotEntry[]): void {
    const table = this.table(tableId);
    table.changedAt = Math.max(table.changedAt, txn);
    if (records === undefined) {
      table.recordsChangedAt = Math.max(table.recordsChangedAt, txn);
    }
    for (const recordId of records ?? []) {
      for (const entry of this.records.get(recordId) ?? []) {
        if (entry.readAt < txn) {
          old.push(entry);
        }
      }
    }
    const named = records === undefined || this.loads.size === 0 ? undefined : new Set(records);
    this.spoil(
      txn,
      (load) =>
        load.tableId === tableId &&
        (load.recordId === undefined || named === undefined || named.has(load.recordId)),
    );
  }

  /** Reads on their way that may have missed a change. */
  private spoil(txn: number, concerns: (load: Load) => boolean): void {
    for (const load of this.loads) {
      if (load.isWide || concerns(load)) {
        load.spoil(txn);
      }
    }
  }

  /** Something was read that has this number. Answers whether there is a gap now. */
  observe(txn: number): boolean {
    if (this.known < 0) {
      // What was read before nobody watched.
      this.allChangedAt = txn;
      this.spoil(txn, () => true);
      this.known = txn;
      this.txn = String(txn);
      this.advance();
    }
    this.heard = Math.max(this.heard, txn);
    return this.heard > this.known;
  }

  /** Nobody says any more what has changed: everything that was read before `txn` is old. */
  skipTo(txn: number): void {
    this.generation += 1;
    this.ahead.clear();
    this.known = Math.max(this.known, txn);
    this.heard = Math.max(this.heard, this.known);
    this.txn = String(this.known);
    this.advance();
  }

  wake(nowMs: number): void {
    this.awake = true;
    this.confirmedMs = nowMs;
    this.idleLooks = 0;
  }

  sleep(): void {
    if (this.awake) {
      this.awake = false;
      this.slumbers += 1;
    }
  }

  private advance(): void {
    const before = this.known;
    if (before < 0) {
      return;
    }
    while (this.ahead.delete(this.known + 1)) {
      this.known += 1;
    }
    if (this.known > before) {
      this.txn = String(this.known);
    }
    for (const txn of this.ahead.size === 0 ? [] : [...this.ahead]) {
      if (txn <= this.known) {
        this.ahead.delete(txn);
      }
    }
  }
}
