import { setTimeout as sleep } from "node:timers/promises";
import {
  changeNotices,
  Problem,
  readChanged,
  type ChangeNotice,
  type Scope,
  type World,
} from "#kernel";
import { baseTxn } from "../rows/get-record.sql.ts";
import { schemaCache } from "../schema/schema-cache.ts";
import { BaseState, type Load } from "./base-state.ts";
import { txnsOf } from "./base-states.sql.ts";
import type { HotEntry } from "./hot-entry.ts";
import { noticeOf } from "./notice-of.ts";

/** Bases of which is kept how new they are; about 1 kB each. */
const BASES_MAX = 10_000;
/** How often the numbers of bases that are being read are compared with the database's, milliseconds. */
const LOOK_EVERY_MS = 400;
/** What was not compared for so long may be old by what another process wrote, milliseconds. */
const UNCONFIRMED_MAX_MS = 1_000;
/** Bases that nobody has read for so many looks are left alone until somebody does: about a minute. */
const IDLE_LOOKS_MAX = 150;
/** How long a number may be missing before it is looked for in the change log: its notice is on the way, milliseconds. */
const GAP_WAIT_MS = 3;
/** Missing numbers that are looked up one by one; beyond that everything kept of the base is dropped. */
const GAP_MAX = 1_000;
/** How long a read waits for the number that it asks for, milliseconds. */
const REACH_MAX_MS = 1_000;
const REACH_LOOK_MS = 20;

/** How new each base is that is being read, kept up by notices, by what reads show, and by looking now and then. */
export class BaseStates {
  private readonly world: World;
  private readonly onOld: (entry: HotEntry) => void;
  private readonly bases = new Map<string, BaseState>();
  private readonly catching = new Map<BaseState, Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;

  /** `onOld` is given what a change has made useless. */
  constructor(world: World, onOld: (entry: HotEntry) => void) {
    this.world = world;
    this.onOld = onOld;
    world.parts.of(changeNotices).listen((notice) => this.hear(notice));
  }

  /** What is known of a base, if anything. */
  get(baseId: string): BaseState | undefined {
    return this.bases.get(baseId);
  }

  /** The same, from now on if it was not. */
  of(baseId: string): BaseState {
    let base = this.bases.get(baseId);
    if (base === undefined) {
      base = new BaseState(baseId);
      this.bases.set(baseId, base);
      if (this.bases.size > BASES_MAX) {
        const [oldest = ""] = this.bases.keys();
        this.bases.get(oldest)?.sleep();
        this.bases.delete(oldest);
      }
    }
    base.used = true;
    return base;
  }

  /**
   * Waits until this process takes everything up to that transaction of the base into account.
   * Problem: `records.txn-not-reached`.
   */
  async reach(scope: Scope, baseId: string, txn: number): Promise<void> {
    const end = performance.now() + REACH_MAX_MS;
    for (;;) {
      const base = this.of(baseId);
      if (base.known >= txn) {
        return;
      }
      const [row] = await scope.db.text(baseTxn(baseId));
      const now = Number(row?.[0] ?? 0);
      if (now >= txn) {
        this.observe(base, now);
        await this.catching.get(base);
        if (base.known >= txn) {
          return;
        }
      }
      if (performance.now() >= end) {
        throw txnNotReached(txn, now);
      }
      await sleep(REACH_LOOK_MS, undefined, { signal: scope.signal });
    }
  }

  /** An answer has shown this number, read by whomever: nothing older is answered from memory. */
  saw(baseId: string, txn: number): void {
    const base = this.bases.get(baseId);
    if (base !== undefined && base.known >= 0 && base.observe(txn)) {
      this.catchUp(base);
    }
  }

  /** Nothing is looked at any more. */
  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    for (const base of this.bases.values()) {
      base.sleep();
    }
  }

  /** Everything read of the base before is old, for a reason that has no number. */
  outdate(baseId: string): void {
    const base = this.bases.get(baseId);
    if (base !== undefined) {
      base.generation += 1;
    }
  }

  private hear(notice: ChangeNotice): void {
    const base = this.bases.get(notice.baseId);
    if (base === undefined) {
      return;
    }
    if (notice.tables === "all" && notice.txn > base.known) {
      // Another process's schema is heard of here before its signal comes.
      this.world.parts.of(schemaCache).drop(notice.baseId);
    }
    for (const old of base.apply(notice)) {
      this.onOld(old);
    }
    if (base.awake && base.known >= 0 && base.heard > base.known) {
      this.catchUp(base);
    }
  }

  /** The base was seen to have this number, by a read if there is one. */
  observe(base: BaseState, txn: number, load?: Load): void {
    const isNew = base.known < 0;
    const hasGap = base.observe(txn);
    if (isNew && load === undefined) {
      this.world.parts.of(schemaCache).drop(base.baseId);
    }
    if (load === undefined || load.slumbers === base.slumbers) {
      base.wake(load?.beganMs ?? performance.now());
      this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS).unref();
    }
    if (hasGap) {
      this.catchUp(base);
    }
  }

  private catchUp(base: BaseState): void {
    if (this.catching.has(base)) {
      return;
    }
    const done = this.fillGap(base)
      .catch((error: unknown) => {
        base.sleep();
        this.world.log.debug({ err: error, baseId: base.baseId }, "a gap could not be filled");
      })
      .finally(() => this.catching.delete(base));
    this.catching.set(base, done);
  }

  /** Notices that are on their way come within some milliseconds; what is missing then is read in the change log. */
  private async fillGap(base: BaseState): Promise<void> {
    const { baseId } = base;
    await sleep(GAP_WAIT_MS);
    while (base.heard > base.known) {
      const { known: after, heard: to } = base;
      if (to - after > GAP_MAX) {
        base.skipTo(to);
        this.world.parts.of(schemaCache).drop(baseId);
        return;
      }
      const rows = await readChanged(this.world.db, { baseId, after, to });
      const events = Map.groupBy(rows, ({ txn }) => txn);
      for (let txn = after + 1; txn <= to; txn += 1) {
        this.hear(noticeOf({ baseId, txn }, events.get(txn) ?? []));
      }
    }
  }

  /** Compares the numbers of bases that are being read with the database's; those that cannot be compared fall asleep. */
  private async look(): Promise<void> {
    const awake = [...this.bases.values()].filter((base) => base.awake);
    for (const base of awake) {
      base.idleLooks = base.used ? 0 : base.idleLooks + 1;
      base.used = false;
      const isOld = performance.now() - base.confirmedMs > UNCONFIRMED_MAX_MS;
      if (isOld || base.idleLooks > IDLE_LOOKS_MAX) {
        base.sleep();
      }
    }
    const asked = awake.filter((base) => base.awake);
    if (asked.length === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    if (this.looking) {
      return;
    }
    this.looking = true;
    try {
      await this.compare(asked);
    } catch (error) {
      this.world.log.debug({ err: error }, "the numbers of bases could not be compared");
    } finally {
      this.looking = false;
    }
  }

  private async compare(asked: readonly BaseState[]): Promise<void> {
    const atMs = performance.now();
    const rows = await this.world.db.text(txnsOf(asked.map(({ baseId }) => baseId)));
    const txns = new Map(rows.map(([id, txn]) => [id, Number(txn)]));
    for (const base of asked) {
      const txn = txns.get(base.baseId);
      if (txn === undefined) {
        base.sleep();
        continue;
      }
      base.confirmedMs = atMs;
      if (base.observe(txn)) {
        this.catchUp(base);
      }
    }
  }
}

function txnNotReached(txn: number, now: number): Problem {
  const message = `The base is at transaction ${now}; ${txn} has not been reached within ${REACH_MAX_MS / 1_000} s.`;
  return new Problem("unavailable", "records.txn-not-reached", {
    message,
    retryAfterS: 1,
    airtable: { type: "TRANSACTION_NOT_REACHED", message },
  });
}
