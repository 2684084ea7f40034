import type { Config } from "./config.ts";
import type { Db } from "./db/db.ts";
import type { Egress } from "./egress/egress.ts";
import type { Log } from "./log.ts";
import type { Mailer } from "./mail.ts";
import type { Metrics } from "./metrics.ts";
import type { ObjectStore } from "./object-store.ts";
import type { Parts } from "./parts.ts";
import type { Processes } from "./processes.ts";
import type { Redis } from "./redis.ts";
import type { Signals } from "./signals.ts";

/** Who asks, as `identity` found out from the token. */
export type Actor = AnonymousActor | UserActor | SystemActor;

export interface AnonymousActor {
  readonly kind: "anonymous";
}

/** The program itself: start-up work, seeding, the command line. May do everything; never made from a request. */
export interface SystemActor {
  readonly kind: "system";
  /** What acts, for the change log: `cli`, `sample`, `jobs`. */
  readonly name: string;
}

export interface UserActor {
  readonly kind: "user";
  readonly userId: string;
  readonly email: string;
  readonly name: string;
  /** Administrator of the instance. */
  readonly admin: boolean;
  readonly credential: SessionCredential | KeyCredential;
}

export interface SessionCredential {
  readonly kind: "session";
  readonly sessionId: string;
}

/** A personal access token: acts as its user, narrowed by scopes and by what it was granted. */
export interface KeyCredential {
  readonly kind: "key";
  readonly keyId: string;
  readonly scopes: ReadonlySet<string>;
  /** Only these bases; `null` = every base of the user. Both null = all; otherwise the union counts. */
  readonly bases: ReadonlySet<string> | null;
  readonly workspaces: ReadonlySet<string> | null;
  /** Pages of these origins only, where a browser says which page asks; absent or null = any. */
  readonly origins?: ReadonlySet<string> | null;
}

/** Where a change came from; the change log keeps it. */
export type ChangeSource = "ui" | "api" | "automation" | "ai" | "mirror" | "import" | "system";

/** What the program runs in: opened once by `main.ts`, or made by a test in ten lines. */
export interface World {
  readonly config: Config;
  readonly db: Db;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly signals: Signals;
  /** Who else serves this database; absent where nobody looks. */
  readonly processes?: Processes | undefined;
  /** An optional Redis, for speed only; absent where none is configured. */
  readonly redis?: Redis | undefined;
  readonly egress: Egress;
  readonly store: ObjectStore;
  readonly mail: Mailer;
  /** What modules keep in memory for this world: `scope.parts.of(key)`. */
  readonly parts: Parts;
  /** The clock. Never `Date.now()` in a use case. */
  readonly now: () => Date;
}

/** What every use case gets first: the world, and who asks for what. */
export interface Scope extends World {
  readonly actor: Actor;
  readonly source: ChangeSource;
  /** Aborted at the request's deadline or when the caller has gone. */
  readonly signal: AbortSignal;
  readonly requestId: string;
  /** The address of the caller, for limits and audit; empty where there is none. */
  readonly address: string;
  /** What the caller says it is (`User-Agent`), for the log of acts. */
  readonly userAgent?: string;
  /** What led here, oldest first, where something of ours did: `automation run X`. */
  readonly cause?: readonly string[];
  /** Set where the request carries `Idempotency-Key`. */
  readonly idempotency?: IdempotencyTicket;
}

/**
 * One keyed call. The use case that commits the write calls `begin` first and `finish` last inside its own
 * transaction, so that the answer and the change cannot part; elsewhere the gateway does both around the handler.
 */
export interface IdempotencyTicket {
  readonly key: string;
  /** Locks the key inside the transaction. Problems: `kernel.idempotency-running`, `kernel.idempotency-mismatch`. Throws `IdempotentReplay` when the answer is already there. */
  begin(tx: Db): Promise<void>;
  /** Stores the answer inside the transaction. */
  finish(tx: Db, answer: StoredAnswer): Promise<void>;
}

export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A scope that acts as somebody else, or on another database handle. */
export function withScope<S extends World>(scope: S, change: Partial<Scope>): S {
  return { ...scope, ...change };
}

/** A scope for work that nobody's request started. */
export function systemScope(
  world: World,
  name: string,
  signal: AbortSignal = new AbortController().signal,
): Scope {
  return {
    ...world,
    actor: { kind: "system", name },
    source: "system",
    signal,
    requestId: `system-${name}`,
    address: "",
  };
}
