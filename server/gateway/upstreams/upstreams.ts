import type { Duplex } from "node:stream";
import { type Actor, Problem, type World } from "#kernel";
import type { GatewayFile } from "../file/gateway-file.ts";
import { emptyFile } from "../file/gateway-file.ts";
import type { RouteSpec } from "../file/route-shape.ts";
import { upstream as upstreamShape } from "../file/upstream-shape.ts";
import { Shadows } from "../shadow/shadows.ts";
import { actorFor, type Caller, type FindActor, type Stickiness, stickinessOf } from "./caller.ts";
import { chooseTarget } from "./choose-target.ts";
import { LiveRoute, type LiveTarget, type RouteCommand } from "./live-route.ts";
import { type Match, RouteTable } from "./route-table.ts";
import { IdentitySigner } from "./sign-identity.ts";
import { targetPath } from "./target-path.ts";
import { Upstream } from "./upstream.ts";
import { openUpstreamMetrics, type UpstreamMetrics } from "./upstream-metrics.ts";

/** The upstream of a process that has no API of its own. */
const API_UPSTREAM = "basalt-api";

/** Where one request goes. */
export type Way =
  /** To Basalt's own routes, under this target; `route` is undefined for what needs no account of it. */
  | { readonly kind: "own"; readonly target: string; readonly taken: Taken | undefined }
  | {
      readonly kind: "upstream";
      readonly upstream: Upstream;
      readonly path: string;
      readonly taken: Taken;
    }
  | { readonly kind: "refused"; readonly problem: Problem; readonly endpoint: string | undefined };

/** What was decided about a request on its way. */
export interface Taken {
  readonly live: LiveRoute;
  readonly match: Match;
  readonly target: LiveTarget;
  readonly actor: Actor;
  readonly setCookie: string | undefined;
}

/** Answers a request without a socket. */
export type OwnFetch = (
  request: Request,
  caller: { readonly address: string },
) => Promise<Response>;

export interface UpstreamsOptions {
  readonly world: World;
  readonly findActor: FindActor;
  /** Processes with the API, where this one has none: everything that is ours goes there. */
  readonly apiUrls?: readonly string[];
}

/**
 * Routes and upstreams at work. Reads no file and no table: whoever opens it hands over each new file (`use`) and each command
 * (`obey`).
 */
export class Upstreams {
  readonly signer: IdentitySigner;
  readonly metrics: UpstreamMetrics;
  /** What was learnt from copies of requests. */
  readonly shadows: Shadows;
  /** Our own routes, for copies that go to them; set by whoever opens the gateway. */
  ownFetch: OwnFetch | undefined;
  /** The callers' ends of the WebSockets that are open. */
  readonly tunnels = new Set<Duplex>();
  private readonly options: UpstreamsOptions;
  private table = new RouteTable(emptyFile);
  private isTableOverRecords = false;
  private routes = new Map<string, LiveRoute>();
  private open = new Map<string, Upstream>();
  private commands = new Map<string, RouteCommand>();
  private api:
    | { readonly upstream: Upstream; readonly live: LiveRoute; readonly match: Match }
    | undefined;
  private using: Promise<void> = Promise.resolve();

  constructor(options: UpstreamsOptions) {
    this.options = options;
    const { config, metrics, now } = options.world;
    this.shadows = new Shadows(now);
    this.signer = new IdentitySigner(config, now);
    this.metrics = openUpstreamMetrics(metrics, () => [...this.routes.values()]);
  }

  /**
   * Puts a file in force. Requests that run end as they began; upstreams that the file no longer names close behind them.
   * Throws where an upstream cannot be opened; then everything stays as it was.
   */
  use(file: GatewayFile): Promise<void> {
    this.using = this.using.catch(() => undefined).then(() => this.change(file));
    return this.using;
  }

  get liveRoutes(): readonly LiveRoute[] {
    return [...this.routes.values()];
  }

  get upstreams(): readonly Upstream[] {
    return [...this.open.values()];
  }

  route(name: string): LiveRoute | undefined {
    return this.routes.get(name);
  }

  upstream(name: string): Upstream | undefined {
    return name === API_UPSTREAM ? this.api?.upstream : this.open.get(name);
  }

  /** True where a route may name records (`/v0`): what is in memory must not be answered past it. */
  get coversRecords(): boolean {
    return this.api !== undefined || this.isTableOverRecords;
  }

  /** Takes over what commands say, all of them: a route without one follows the file. */
  obey(commands: readonly RouteCommand[]): void {
    this.commands = new Map(commands.map((command) => [command.route, command]));
    for (const live of this.routes.values()) {
      live.obey(this.commands.get(live.route.name));
    }
  }

  /** The route of a request; undefined for what is ours as it stands. Cheap: it is asked for every request. */
  find(method: string, target: string, host: string | undefined): Match | Problem | undefined {
    const found = this.table.find(method, target, host);
    if (found === undefined || typeof found !== "string") {
      return found ?? this.apiMatch(target);
    }
    return found === "ambiguous"
      ? new Problem("malformed", "gateway.ambiguous-path", {
          message:
            "The path may be read in more than one way: write it without //, /./, %2f, ; and the like.",
        })
      : new Problem("not-found", "gateway.no-such-route", {
          message: "There is nothing at this address; paths are case-sensitive.",
        });
  }

  /** Decides where a request goes; at once where nobody has to be looked up. Never rejects for what a caller did. */
  way(found: Match | Problem, caller: Caller): Way | Promise<Way> {
    if (found instanceof Problem) {
      return { kind: "refused", problem: found, endpoint: undefined };
    }
    try {
      const { spec } = found.route;
      if (isCircle(caller)) {
        throw new Problem("bad-gateway", "gateway.circle", {
          message:
            "The request has come through here too often: an upstream leads back to the gateway.",
        });
      }
      if (spec.refuse !== undefined) {
        throw refusalOf(spec.refuse);
      }
      const live = this.liveOf(found);
      const choice = this.choiceOf(live);
      const asksWho =
        spec.auth !== "none" || (choice.length > 1 && /^(?:user|key)$/.test(spec.sticky));
      const actor = asksWho ? actorFor(spec, caller, this.options.findActor) : ANONYMOUS;
      return actor instanceof Promise
        ? actor
            .then((who) => this.decide(found, caller, { live, choice, actor: who }))
            .catch((error: unknown) => refusedWay(found, error))
        : this.decide(found, caller, { live, choice, actor });
    } catch (error) {
      return refusedWay(found, error);
    }
  }

  /** WebSockets end at once: nobody knows when they would. Their callers come again, and elsewhere. */
  endTunnels(): void {
    for (const socket of this.tunnels) {
      socket.destroy();
    }
  }

  /** Closes everything when what runs has ended. */
  async close(): Promise<void> {
    this.endTunnels();
    await this.using.catch(() => undefined);
    const all = [...this.open.values(), ...(this.api === undefined ? [] : [this.api.upstream])];
    await Promise.all(all.map((upstream) => upstream.close()));
  }

  private liveOf(match: Match): LiveRoute {
    const { route } = match;
    const live = route === this.api?.live.route ? this.api.live : this.routes.get(route.name);
    if (live === undefined) {
      throw new Error(`the route ${route.name} is not at work`);
    }
    return live;
  }

  /** The targets that may be chosen. Where none is able, those that were meant answer for it. */
  private choiceOf({ targets }: LiveRoute): readonly LiveTarget[] {
    const [only] = targets;
    if (targets.length === 1 && only !== undefined && only.weight > 0) {
      return targets;
    }
    const meant = targets.filter(({ weight }) => weight > 0);
    if (meant.length <= 1) {
      return meant;
    }
    const able = meant.filter((target) => this.isAble(target));
    return able.length > 0 ? able : meant;
  }

  private decide(
    match: Match,
    caller: Caller,
    { live, choice, actor }: { live: LiveRoute; choice: readonly LiveTarget[]; actor: Actor },
  ): Way {
    const { spec, name } = match.route;
    const sticky = choice.length > 1 ? stickinessOf(spec, caller, actor) : NOT_STICKY;
    const target = choice.length > 1 ? chooseTarget(choice, sticky.key) : choice[0];
    if (target === undefined) {
      throw new Error(`the route ${name} has no target`);
    }
    const path = targetPath(target, match);
    const taken: Taken = { live, match, target, actor, setCookie: sticky.setCookie };
    if (target.upstream !== undefined) {
      return { kind: "upstream", upstream: this.named(target.upstream), path, taken };
    }
    return this.api === undefined
      ? { kind: "own", target: path, taken }
      : { kind: "upstream", upstream: this.api.upstream, path, taken };
  }

  private isAble({ upstream }: LiveTarget): boolean {
    return upstream === undefined ? true : this.named(upstream).isAvailable;
  }

  private named(name: string): Upstream {
    const found = this.upstream(name);
    if (found === undefined) {
      throw new Error(`there is no upstream ${name}`);
    }
    return found;
  }

  /** In a process without an API everything else goes to those that have it. */
  private apiMatch(target: string): Match | undefined {
    if (this.api === undefined || ownPaths.test(target)) {
      return undefined;
    }
    const mark = target.indexOf("?");
    const path = mark === -1 ? target : target.slice(0, mark);
    return {
      ...this.api.match,
      rest: path.split("/").slice(1),
      query: mark === -1 ? "" : target.slice(mark),
    };
  }

  private async change(file: GatewayFile): Promise<void> {
    const { world } = this.options;
    const opened = new Map<string, Upstream>();
    try {
      for (const [name, spec] of Object.entries(file.upstreams)) {
        const before = this.open.get(name);
        const isSame = before !== undefined && JSON.stringify(before.spec) === JSON.stringify(spec);
        opened.set(name, isSame ? before : await Upstream.open(world, name, spec));
      }
      await this.openApi();
    } catch (error) {
      const fresh = [...opened.values()].filter(
        (upstream) => this.open.get(upstream.name) !== upstream,
      );
      await Promise.all(fresh.map((upstream) => upstream.close()));
      throw error;
    }
    const table = new RouteTable(file);
    const routes = new Map(
      table.routes.map((route) => [route.name, new LiveRoute(route, this.routes.get(route.name))]),
    );
    const gone = [...this.open.values()].filter(
      (upstream) => opened.get(upstream.name) !== upstream,
    );
    // From here on nothing waits: a request sees all of the old file or all of the new one.
    this.open = opened;
    this.table = table;
    this.isTableOverRecords = table.covers("/v0/");
    this.routes = routes;
    this.obey([...this.commands.values()]);
    for (const upstream of gone) {
      void upstream.close();
    }
  }

  private async openApi(): Promise<void> {
    const { apiUrls = [], world } = this.options;
    if (apiUrls.length === 0 || this.api !== undefined) {
      return;
    }
    const spec = upstreamShape.parse({
      url: [...apiUrls],
      health: { path: "/ready", everyMs: 1_000 },
    });
    const upstream = await Upstream.open(world, API_UPSTREAM, spec);
    const [route] = new RouteTable({ routes: [apiRoute] }).routes;
    if (route !== undefined) {
      const match: Match = { route, parameters: {}, matched: [], rest: [], query: "" };
      this.api = { upstream, live: new LiveRoute(route), match };
    }
  }
}

const ANONYMOUS: Actor = { kind: "anonymous" };
const NOT_STICKY: Stickiness = { key: "" };

/** Throws what is no problem of a caller. */
function refusedWay({ route }: Match, error: unknown): Way {
  if (error instanceof Problem) {
    return { kind: "refused", problem: error, endpoint: route.endpoint };
  }
  throw error;
}

/** What a process without an API answers itself. */
const ownPaths =
  /^\/(?:health|ready|metrics|\.well-known\/jwks\.json|api\/v1\/admin\/gateway(?:\/[^?]*)?)(?:\?|$)/;

/** Everything as it stands, to the processes that have the API. */
const apiRoute: RouteSpec = {
  name: API_UPSTREAM,
  path: "/",
  exact: false,
  upstream: API_UPSTREAM,
  sticky: "none",
  auth: "none",
  ambiguousPaths: "keep",
  preserveHost: true,
  webSocket: true,
  renameQuery: {},
  headers: {
    request: { set: {}, add: {}, remove: [] },
    response: { set: {}, add: {}, remove: [] },
  },
};

/** How often a request may come through gateways of ours. */
const PASSES_MAX = 5;

function isCircle({ rawHeaders }: Caller): boolean {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 3 && name.toLowerCase() === "via") {
      return (rawHeaders[at + 1] ?? "").split(" basalt").length > PASSES_MAX;
    }
  }
  return false;
}

function refusalOf({ status, message }: NonNullable<RouteSpec["refuse"]>): Problem {
  const kinds = {
    403: "forbidden",
    404: "not-found",
    410: "gone",
    501: "not-implemented",
    503: "unavailable",
  } as const;
  return new Problem(kinds[status], "gateway.route-refused", { message });
}
