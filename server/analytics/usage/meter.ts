import {
  part,
  type CountedRequest,
  type CountedUse,
  type LimitedResource,
  type PlaceOfUse,
} from "#kernel";

/** Callers and places counted apart between two writes; beyond it further ones are counted together. About 200 bytes each. */
export const SLOTS_MAX = 50_000;

/** What one caller did in one place since the last write. */
export interface Slot {
  readonly userId: string;
  /** Empty for a session. */
  readonly keyId: string;
  /** `app…`, `wsp…`, or empty. */
  readonly place: string;
  reads: number;
  writes: number;
  failures: number;
  /** Of all these, how many a quota of requests counts. */
  counted: number;
  bytesIn: number;
  bytesOut: number;
  recordsCreated: number;
  modelTokens: number;
}

/** An amount of what is counted beside requests. */
export interface Amount {
  /** `app…` or `wsp…`. */
  readonly place: string;
  readonly resource: LimitedResource;
  amount: number;
}

/** Everything since the last write. */
export interface Readings {
  readonly slots: readonly Slot[];
  readonly amounts: readonly Amount[];
}

/** The meter of a world. */
export const meterOf = part("analytics.meter", () => new Meter());

/** Where callers go for whom there is no slot of their own any more. */
const OTHERS = "others";

/**
 * Counts in memory: two look-ups in maps and some additions a request, so that the hottest reads can afford it. What is
 * counted here and not written yet is lost when the process is killed.
 */
export class Meter {
  private slots = new Map<string, Map<string, Slot>>();
  private count_ = 0;
  private amounts = new Map<string, Amount>();

  /** Counts a finished exchange. Callers without a token have no account to put it on. */
  count(counted: CountedRequest): void {
    const { userId, status } = counted;
    if (userId === undefined) {
      return;
    }
    const slot = this.slotOf(counted, userId);
    slot.bytesIn += counted.bytesIn;
    slot.bytesOut += counted.bytesOut;
    if (status >= 400) {
      slot.failures += 1;
      slot.counted += isCounted(status) ? 1 : 0;
      return;
    }
    slot.counted += 1;
    if (isReading(counted)) {
      slot.reads += 1;
    } else {
      slot.writes += 1;
    }
  }

  /** Counts records made, events, tokens of a model, money. */
  add({ place, resource, amount, by }: CountedUse): void {
    if (by.kind === "user" && (resource === "records" || resource === "model-tokens")) {
      const { userId, credential } = by;
      const keyId = credential.kind === "key" ? credential.keyId : undefined;
      const slot = this.slotOf({ keyId, ...place }, userId);
      slot.recordsCreated += resource === "records" ? amount : 0;
      slot.modelTokens += resource === "model-tokens" ? amount : 0;
    }
    // What is held of records is counted where they are, not by who made them.
    if (resource !== "records") {
      this.addAmount(idOf(place), resource, amount);
    }
  }

  private addAmount(id: string, resource: LimitedResource, amount: number): void {
    const key = `${id}/${resource}`;
    const known = this.amounts.get(key);
    if (known === undefined) {
      this.amounts.set(key, { place: id, resource, amount });
    } else {
      known.amount += amount;
    }
  }

  /** Hands out what was counted and begins anew. */
  take(): Readings {
    const slots = [...this.slots.values()].flatMap((places) => [...places.values()]);
    const amounts = [...this.amounts.values()];
    this.slots = new Map();
    this.amounts = new Map();
    this.count_ = 0;
    return { slots, amounts };
  }

  /** Takes back what could not be written. */
  putBack({ slots, amounts }: Readings): void {
    for (const slot of slots) {
      const own = this.place(slot.keyId || slot.userId, slot);
      own.reads += slot.reads;
      own.writes += slot.writes;
      own.failures += slot.failures;
      own.counted += slot.counted;
      own.bytesIn += slot.bytesIn;
      own.bytesOut += slot.bytesOut;
      own.recordsCreated += slot.recordsCreated;
      own.modelTokens += slot.modelTokens;
    }
    for (const { place, resource, amount } of amounts) {
      this.addAmount(place, resource, amount);
    }
  }

  private slotOf(
    { keyId, baseId, workspaceId }: Pick<CountedRequest, "keyId" | "baseId" | "workspaceId">,
    userId: string,
  ): Slot {
    const place = baseId ?? workspaceId ?? "";
    return (
      this.slots.get(keyId ?? userId)?.get(place) ??
      this.place(keyId ?? userId, { userId, keyId: keyId ?? "", place })
    );
  }

  /** The slot, made where there is none. */
  private place(caller: string, at: Pick<Slot, "userId" | "keyId" | "place">): Slot {
    const isFull = this.count_ >= SLOTS_MAX && this.slots.get(caller)?.has(at.place) !== true;
    const name = isFull ? OTHERS : caller;
    const key = isFull ? "" : at.place;
    const places = this.slots.get(name) ?? new Map<string, Slot>();
    this.slots.set(name, places);
    const known = places.get(key);
    if (known !== undefined) {
      return known;
    }
    const zero = {
      reads: 0,
      writes: 0,
      failures: 0,
      counted: 0,
      bytesIn: 0,
      bytesOut: 0,
      recordsCreated: 0,
      modelTokens: 0,
    };
    const { userId, keyId } = isFull ? { userId: OTHERS, keyId: "" } : at;
    const made: Slot = { userId, keyId, place: key, ...zero };
    places.set(key, made);
    this.count_ += 1;
    return made;
  }
}

/** The id that names the place. */
export function idOf(place: PlaceOfUse): string {
  return "baseId" in place ? place.baseId : place.workspaceId;
}

function isReading({ method, endpoint }: CountedRequest): boolean {
  return method === "GET" || method === "HEAD" || endpoint.endsWith("/listRecords");
}

/** What was refused because there was too much of it, or failed by our fault, is on nobody's account. */
function isCounted(status: number): boolean {
  return status !== 429 && status < 499;
}
