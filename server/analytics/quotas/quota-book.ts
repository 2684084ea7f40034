import {
  part,
  Problem,
  QUOTA_EXCEEDED,
  type Actor,
  type CountedUse,
  type LimitedResource,
  type PlaceOfUse,
  type UsageGate,
  type World,
} from "#kernel";
import { basesOfWorkspaces, seesFromMemory, type PlacedBase } from "#workspaces";
import { idOf, meterOf } from "../usage/meter.ts";
import { periodsAt } from "../usage/write-usage.ts";
import { quotasWithUse, type QuotaRow } from "./quotas.sql.ts";

const DAY_MS = 24 * 3_600_000;

/** A bound as this process knows it. */
export interface Bound extends QuotaRow {
  used: number;
  /** Let in by this process and not yet in `used`. */
  since: number;
  /** How much of `since` the write that runs carries into `used`. */
  marked: number;
  /** When it begins anew, milliseconds; never for what is held. */
  endsMs: number;
}

/** A request that asks to be let in. */
export interface AskingRequest {
  readonly actor: Actor;
  readonly path: string;
  readonly baseId?: string | undefined;
  readonly workspaceId?: string | undefined;
}

/** The bounds of a world, in memory. */
export const quotaBook = part("analytics.quota-book", (world) => new QuotaBook(world));

/** Whoever has used up the quota must be able to look at it. */
const alwaysOpen = /^\/api\/v1\/workspaces\/[^/]+\/(?:usage|quotas|alerts)$/;

/**
 * The bounds that operators set, and how far they are used, in memory: asking is a look-up, and nothing at all where there
 * are no bounds. What other processes use is known after their next write, so together they may go over a bound by what
 * they use in that time.
 */
export class QuotaBook implements UsageGate {
  private readonly world: World;
  private bounds = new Map<string, readonly Bound[]>();
  private workspaceOf = new Map<string, string>();
  /** Bases that files were added to and that have to be counted so many times more. */
  readonly filled = new Map<string, number>();

  constructor(world: World) {
    this.world = world;
  }

  get isEmpty(): boolean {
    return this.bounds.size === 0;
  }

  /** The workspaces that have a bound on what they hold. */
  get holders(): readonly string[] {
    return [...this.bounds].flatMap(([workspaceId, bounds]) =>
      bounds.some(({ period }) => period === "now") ? [workspaceId] : [],
    );
  }

  /** The base with its workspace, where that has a bound. */
  placed(baseId: string): PlacedBase | undefined {
    const workspaceId = this.workspaceOf.get(baseId);
    return workspaceId === undefined ? undefined : { baseId, workspaceId };
  }

  all(): readonly Bound[] {
    return [...this.bounds.values()].flat();
  }

  require(place: PlaceOfUse, resource: LimitedResource, amount: number): void {
    const bounds = this.boundsAt(place, resource);
    const full = bounds.find((bound) => bound.enforce && !this.hasRoom(bound, amount));
    if (full !== undefined) {
      throw quotaExceeded(full, this.world.now());
    }
    for (const bound of bounds) {
      bound.since += amount;
    }
    if (resource === "storage" && bounds.length > 0) {
      this.filled.set(idOf(place), COUNTED_TIMES);
    }
  }

  count(use: CountedUse): void {
    const { place, resource, amount } = use;
    this.world.parts.of(meterOf).add(use);
    // Events were asked for before; nobody knows beforehand what a model will take.
    if (resource === "model-tokens" || resource === "spend") {
      for (const bound of this.boundsAt(place, resource)) {
        bound.since += amount;
      }
    }
  }

  /**
   * Why a request may not be served, or undefined, which counts it. Only who is known to see the place is told: strangers are
   * answered as if there were nothing.
   */
  refuse({ actor, path, baseId, workspaceId }: AskingRequest): Problem | undefined {
    if (this.isEmpty || actor.kind !== "user") {
      return undefined;
    }
    const place = baseId === undefined ? { workspaceId: workspaceId ?? "" } : { baseId };
    const bounds = this.boundsAt(place, "requests");
    if (bounds.length === 0 || alwaysOpen.test(path)) {
      return undefined;
    }
    const full = bounds.find((bound) => bound.enforce && !this.hasRoom(bound, 1));
    const sees = seesFromMemory(this.world, actor, place);
    if (full !== undefined && sees === true) {
      return quotaExceeded(full, this.world.now());
    }
    if (sees === true) {
      for (const bound of bounds) {
        bound.since += 1;
      }
    }
    return undefined;
  }

  /** What was let in until now is in the write that begins; `keepStorage` where files have not been counted. */
  mark({ keepStorage }: { readonly keepStorage: boolean }): void {
    for (const bound of this.all()) {
      bound.marked = bound.resource === "storage" && keepStorage ? 0 : bound.since;
    }
  }

  /** Reads the bounds anew. Those that were there keep what they let in meanwhile. */
  async reload(): Promise<void> {
    const { db } = this.world;
    const now = this.world.now();
    const rows = await db.all<QuotaRow>(quotasWithUse(periodsAt(now), null));
    const bounds = new Map<string, Bound[]>();
    for (const row of rows) {
      const before = this.bounds.get(row.workspaceId)?.find((bound) => isSame(bound, row));
      const isOld = before !== undefined && before.endsMs > now.getTime();
      const since = isOld ? Math.max(0, before.since - before.marked) : 0;
      const bound = { ...row, since, marked: 0, endsMs: endOf(row.period, now) };
      bounds.set(row.workspaceId, [...(bounds.get(row.workspaceId) ?? []), bound]);
    }
    const bases = await basesOfWorkspaces(db, [...bounds.keys()]);
    this.workspaceOf = new Map(bases.map((base) => [base.baseId, base.workspaceId]));
    this.bounds = bounds;
  }

  private boundsAt(place: PlaceOfUse, resource: LimitedResource): readonly Bound[] {
    if (this.bounds.size === 0) {
      return [];
    }
    const id = "baseId" in place ? this.workspaceOf.get(place.baseId) : place.workspaceId;
    const bounds = id === undefined ? undefined : this.bounds.get(id);
    return bounds?.filter((bound) => bound.resource === resource) ?? [];
  }

  private hasRoom(bound: Bound, amount: number): boolean {
    const now = this.world.now();
    if (now.getTime() >= bound.endsMs) {
      bound.used = 0;
      bound.since = 0;
      bound.marked = 0;
      bound.endsMs = endOf(bound.period, now);
    }
    return bound.used + bound.since + Math.max(1, amount) <= bound.limit;
  }
}

/** A cell is written after its file was let in: one count may come too early, the next does not. */
const COUNTED_TIMES = 2;

/** When a period that a moment is in ends, milliseconds. */
export function endOf(period: QuotaRow["period"], now: Date): number {
  switch (period) {
    case "now":
      return Infinity;
    case "day":
      return (Math.floor(now.getTime() / DAY_MS) + 1) * DAY_MS;
    case "month":
      return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  }
}

/** When a bound begins anew, for people and programs; null for what is held. */
export function resetsAt(period: QuotaRow["period"], now: Date): string | null {
  const endMs = endOf(period, now);
  return endMs === Infinity ? null : new Date(endMs).toISOString();
}

function isSame(bound: QuotaRow, row: QuotaRow): boolean {
  return bound.resource === row.resource && bound.period === row.period;
}

const units: Readonly<Record<string, string>> = {
  storage: " bytes",
  spend: " millionths of a US dollar",
};

/** 429 with the time to wait where waiting helps, else 403. */
export function quotaExceeded({ resource, period, limit }: QuotaRow, now: Date): Problem {
  const at = resetsAt(period, now);
  const what = `${limit}${units[resource] ?? ""} ${resource === "storage" || resource === "spend" ? `of ${resource}` : resource}`;
  const message =
    at === null
      ? `The workspace's quota of ${what} is used up: delete some, or ask the operator for more.`
      : `The workspace's quota of ${what} a ${period} is used up; it begins anew at ${at}.`;
  const extra = { quota: { resource, period, limit, resetsAt: at } };
  return at === null
    ? new Problem("forbidden", QUOTA_EXCEEDED, {
        message,
        extra,
        airtable: { type: "QUOTA_EXCEEDED", message },
      })
    : new Problem("too-many-requests", QUOTA_EXCEEDED, {
        message,
        extra,
        retryAfterS: Math.max(1, (Date.parse(at) - now.getTime()) / 1_000),
        airtable: { type: "PUBLIC_API_BILLING_LIMIT_EXCEEDED", message },
      });
}
