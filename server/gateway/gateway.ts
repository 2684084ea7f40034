import type { Hono } from "hono";
import type { Actor, CountedRequest, HttpEnv, Problem, Tracing, World } from "#kernel";
import type { Operation } from "@basalt/contract";
import type { HealthPart } from "./pages/health.ts";
import type { HotSource } from "./hot/hot-lane.ts";
import { listenOn, type Listening, type Patience } from "./http/node-server.ts";
import type { SharedSocket } from "./http/take-connections.ts";
import type { CorsRule } from "./cors/cors-rules.ts";
import type { LimitRule } from "./limits/limit-rules.ts";
import { openPipeline } from "./pipeline.ts";
import type { Upstreams } from "./upstreams/upstreams.ts";

/** Routes of one module, and how they stand to `Idempotency-Key`. */
export interface Mount {
  readonly routes: Hono<HttpEnv>;
  /**
   * `wrapped` (default): the gateway opens a transaction around the route, locks the key, stores the answer and commits;
   * the route's `scope.db` is that transaction. `own`: the routes call `scope.idempotency` inside their own transaction.
   */
  readonly keys?: "wrapped" | "own";
  /**
   * Route patterns that take no key, as they were given to Hono: writes that must stay when the answer is a failure
   * (counting wrong passwords), which a wrapping transaction would undo.
   */
  readonly withoutKeys?: readonly string[];
}

export interface GatewayOptions {
  readonly world: World;
  /** Who the `Authorization` header names. A thrown problem is kept until a route asks for somebody. */
  readonly actorOf: (world: World, authorization: string) => Actor | Promise<Actor>;
  /** Reads that are in memory and who may have them, answered before everything else; absent where nothing is kept. */
  readonly hot?: HotSource | undefined;
  readonly mounts: readonly Mount[];
  /** Every operation of the contract, for `/openapi.json`. */
  readonly operations: readonly Operation[];
  /** What `/health` lists; a critical part that is away also makes `/ready` say 503. */
  readonly health: readonly HealthPart[];
  /** False while the program is still starting. */
  readonly isStarted?: () => boolean;
  /** What `/`, `/health` and `/openapi.json` say of the program. */
  readonly about: About;
  /** For tests: how long slow callers are waited for. */
  readonly patience?: Patience | undefined;
  /** Spans for requests; absent where tracing is off. */
  readonly tracing?: Tracing | undefined;
  /** Told once of every finished exchange, hot reads included: it must not wait, throw or cost more than a look in memory. */
  readonly meter?: ((counted: CountedRequest) => void) | undefined;
  /** Why a request must not be served although the limits let it in: the quota of its workspace is used up. From memory. */
  readonly quota?: ((asking: AskingRequest) => Problem | undefined) | undefined;
  /** Routes of the gateway file and the upstreams behind them; absent where there is no file. */
  readonly upstreams?: Upstreams | undefined;
}

/** A request as a quota sees it. */
export interface AskingRequest {
  readonly actor: Actor;
  readonly path: string;
  readonly baseId?: string | undefined;
  readonly workspaceId?: string | undefined;
}

export interface About {
  readonly version: string;
  /** `embedded PostgreSQL 18.4`, `PostgreSQL at db.example`: no credentials. */
  readonly database: string;
}

export interface Gateway {
  /** Answers a request without a socket: for tests and for callers in the same process. */
  fetch(request: Request, caller?: { readonly address?: string }): Promise<Response>;
  /**
   * Opens the port of the configuration (0 takes any), or takes connections from a socket that another process shares.
   * Problems: `gateway.port-taken`, `gateway.address-not-available`.
   */
  listen(shared?: SharedSocket): Promise<{ readonly url: string; readonly port: number }>;
  /** Takes connections from one more shared socket as well; answers the way to stop taking. */
  takeAlso(shared: SharedSocket): Promise<() => void>;
  /** From now on these limits count beside those of the settings; one of the same name takes its place. */
  applyLimits(rules: readonly LimitRule[]): void;
  /** From now on these pages of other origins may call; what no rule is for, the settings decide. */
  applyCors(rules: readonly CorsRule[]): void;
  /** Says "not ready" and serves on, each answer the last of its connection, so that balancers and clients go elsewhere. */
  standAside(): void;
  /**
   * Stands aside, accepts no more connections, lets requests that run finish (20 s at most). Connections without a request
   * may send a last one for `idleMs`; without it they are closed at once. `/ready` says no, unless others go on serving
   * (`handsOver`). Safe to call twice.
   */
  close(options?: { readonly idleMs?: number; readonly handsOver?: boolean }): Promise<void>;
}

/** Builds the one door to the program. Nothing listens before `listen`. */
export function openGateway(options: GatewayOptions): Gateway {
  const pipeline = openPipeline(options);
  let listening: Listening | undefined;
  return {
    fetch: pipeline.fetch,
    applyLimits: (rules) => pipeline.admission.applyLimits(rules),
    applyCors: (rules) => pipeline.applyCors(rules),
    listen: async (shared) => {
      const { world, patience } = options;
      listening = await listenOn(world, pipeline, { shared, patience });
      return { url: listening.url, port: listening.port };
    },
    takeAlso: async (shared) => (await listening?.takeAlso(shared)) ?? (() => undefined),
    standAside: () => {
      pipeline.stopping();
      listening?.standAside();
    },
    close: async ({ idleMs = 0, handsOver = false } = {}) => {
      if (!handsOver) {
        pipeline.stopping();
      }
      options.upstreams?.endTunnels();
      await listening?.close(idleMs);
      pipeline.admission.close();
    },
  };
}
