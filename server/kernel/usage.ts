import { part } from "./parts.ts";
import type { Actor } from "./scope.ts";

/** Where something is used: a base, or a workspace itself. */
export type PlaceOfUse = { readonly baseId: string } | { readonly workspaceId: string };

/**
 * What an operator may limit for a workspace. `requests`, `events`, `model-tokens` and `spend` are counted by the day and the
 * month; `records` and `storage` are what is held now. Storage is in bytes, spend in millionths of a US dollar.
 */
export type LimitedResource =
  | "requests"
  | "events"
  | "records"
  | "storage"
  | "model-tokens"
  | "spend";

/** One finished exchange, as the gateway tells it. */
export interface CountedRequest {
  readonly userId?: string | undefined;
  readonly keyId?: string | undefined;
  /** The base or workspace that the path names; nobody has checked yet that the caller may see it. */
  readonly baseId?: string | undefined;
  readonly workspaceId?: string | undefined;
  readonly method: string;
  readonly endpoint: string;
  readonly status: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The code of the refusal where a quota is used up. */
export const QUOTA_EXCEEDED = "kernel.quota-exceeded";

/**
 * Whether a workspace has room for more, asked by the modules that write. Whoever keeps the counts stands above them and fits
 * in here, so that calls still go down; without anybody there is room for everything.
 */
export interface UsageGate {
  /**
   * Refuses a use for which there is no room, from memory, before it happens.
   * Problems: `kernel.quota-exceeded`.
   */
  require(place: PlaceOfUse, resource: LimitedResource, amount: number): void;
  /** Counts a use that happened, on the account of whoever did it as well: records made, events, the tokens of a model. */
  count(use: CountedUse): void;
}

/** A use that happened. */
export interface CountedUse {
  readonly place: PlaceOfUse;
  readonly resource: LimitedResource;
  readonly amount: number;
  readonly by: Actor;
}

class FittedGate implements UsageGate {
  private fitted: UsageGate | undefined;

  /** Called once, when the world is open, by whoever keeps the counts. */
  fit(gate: UsageGate): void {
    this.fitted = gate;
  }

  require(place: PlaceOfUse, resource: LimitedResource, amount: number): void {
    this.fitted?.require(place, resource, amount);
  }

  count(use: CountedUse): void {
    this.fitted?.count(use);
  }
}

/** The gate of a world. */
export const usageGate = part("kernel.usage-gate", () => new FittedGate());
