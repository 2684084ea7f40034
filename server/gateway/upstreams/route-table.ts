import type { GatewayFile, NamedTarget } from "../file/gateway-file.ts";
import { targetsOf } from "../file/gateway-file.ts";
import type { RouteSpec } from "../file/route-shape.ts";
import { isAmbiguous, isHarmless, readPath, type RequestPath } from "./request-path.ts";

/** A route that is ready to be asked. */
export interface Route {
  readonly spec: RouteSpec;
  readonly name: string;
  readonly targets: readonly NamedTarget[];
  /** For metrics and logs. */
  readonly endpoint: string;
  readonly keepsAmbiguous: boolean;
}

/** A route with the parts of the path that it took. */
export interface Match {
  readonly route: Route;
  /** By the names in the route's path, still escaped. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The matched part, as it came. */
  readonly matched: readonly string[];
  /** What lies below it. */
  readonly rest: readonly string[];
  /** With its question mark; empty where there is none. */
  readonly query: string;
}

/** `case` and `ambiguous`: the path reads as this route to some and as another to others. */
export type Refusal = "case" | "ambiguous";

interface Candidate {
  readonly route: Route;
  readonly segments: readonly (string | { readonly name: string })[];
  readonly lenient: readonly string[];
  readonly methods: ReadonlySet<string> | undefined;
}

/** What always stays ours, whatever the file says: an operator must be able to see and to mend. */
const RESERVED =
  /^\/(?:health|ready|metrics|\.well-known\/jwks\.json|api\/v1\/admin\/gateway(?:\/.*)?)$/;

/**
 * Finds the route of a request: the one with the host, then the longest path, then the fewest parameters. Costs a look at
 * one map where nothing begins like the path.
 */
export class RouteTable {
  readonly routes: readonly Route[];
  /** Routes without a host by the first part of their path, in the order in which they are asked. */
  private readonly byFirst: Index;
  private readonly byHost: readonly {
    readonly suffix: string;
    readonly exact: boolean;
    readonly index: Index;
  }[];

  constructor({ routes }: Pick<GatewayFile, "routes">) {
    this.routes = routes.map(routeOf);
    const hosts = new Map<string, Candidate[]>();
    const everywhere: Candidate[] = [];
    for (const route of this.routes) {
      const candidates = candidatesOf(route);
      const { host } = route.spec;
      if (host === undefined) {
        everywhere.push(...candidates);
      }
      for (const one of host === undefined ? [] : typeof host === "string" ? [host] : host) {
        hosts.set(one, [...(hosts.get(one) ?? []), ...candidates]);
      }
    }
    this.byFirst = new Index(everywhere);
    this.byHost = [...hosts]
      .map(([host, candidates]) => ({
        suffix: host.startsWith("*.") ? host.slice(1) : host,
        exact: !host.startsWith("*."),
        index: new Index(candidates),
      }))
      .sort((a, b) => Number(b.exact) - Number(a.exact) || b.suffix.length - a.suffix.length);
  }

  /** The route of this request; a refusal; or undefined where no route names it. `host` may carry a port. */
  find(method: string, target: string, host: string | undefined): Match | Refusal | undefined {
    const mark = target.indexOf("?");
    const path = mark === -1 ? target : target.slice(0, mark);
    const indexes = this.byHost.length === 0 ? undefined : this.indexesFor(host);
    if (indexes === undefined && !this.byFirst.mayHave(path)) {
      return undefined;
    }
    if (RESERVED.test(path)) {
      return undefined;
    }
    const asked: Asked = {
      method,
      path: readPath(path),
      query: mark === -1 ? "" : target.slice(mark),
    };
    for (const index of indexes ?? []) {
      const found = index.find(asked);
      if (found !== undefined) {
        return found;
      }
    }
    return this.byFirst.find(asked);
  }

  /** True where a route may begin like this path. */
  covers(path: string): boolean {
    return this.byHost.length > 0 || this.byFirst.mayHave(path);
  }

  private indexesFor(host: string | undefined): Index[] | undefined {
    const name = (host ?? "").toLowerCase().replace(/:\d+$/, "").replace(/\.$/, "");
    const found = this.byHost.filter(({ suffix, exact }) =>
      exact ? name === suffix : name.endsWith(suffix) && name.length > suffix.length,
    );
    return found.length === 0 ? undefined : found.map(({ index }) => index);
  }
}

interface Asked {
  readonly method: string;
  readonly path: RequestPath;
  readonly query: string;
}

/** Candidates of one host. */
class Index {
  private readonly byFirst = new Map<string, Candidate[]>();
  private readonly anyFirst: Candidate[];

  constructor(candidates: readonly Candidate[]) {
    const ordered = candidates.toSorted(bySpecificity);
    const isOpen = ({ segments: [first] }: Candidate): boolean => typeof first !== "string";
    this.anyFirst = ordered.filter(isOpen);
    const firsts = new Set(
      ordered.filter((one) => !isOpen(one)).map(({ lenient: [first = ""] }) => first),
    );
    for (const first of firsts) {
      // In one list, so that the more specific goes first.
      this.byFirst.set(
        first,
        ordered.filter((one) => isOpen(one) || one.lenient[0] === first),
      );
    }
  }

  /** False where certainly nothing begins like this; cheap. */
  mayHave(path: string): boolean {
    if (this.anyFirst.length > 0) {
      return true;
    }
    if (this.byFirst.size === 0) {
      return false;
    }
    const end = path.indexOf("/", 1);
    const first = end === -1 ? path.slice(1) : path.slice(1, end);
    return (
      this.byFirst.has(first) || this.byFirst.has(first.toLowerCase()) || /^$|[%;\\.]/.test(first)
    );
  }

  find(asked: Asked): Match | Refusal | undefined {
    const { lenient, ambiguous, segments } = asked.path;
    const read = this.candidate(asked.method, lenient, "lenient");
    if (ambiguous) {
      return decided(this.candidate(asked.method, segments, "segments"), read, asked);
    }
    if (read === undefined) {
      return undefined;
    }
    return fits(read, segments, read.segments) ? matchOf(read, asked) : "case";
  }

  private candidate(
    method: string,
    path: readonly string[],
    reader: "lenient" | "segments",
  ): Candidate | undefined {
    const list = this.byFirst.get((path[0] ?? "").toLowerCase()) ?? this.anyFirst;
    return list.find(
      (one) =>
        (one.methods === undefined || one.methods.has(method)) && fits(one, path, one[reader]),
    );
  }
}

/** Two readings of one path: only routes that keep such paths may get it, and only as it stands. */
function decided(
  exact: Candidate | undefined,
  lenient: Candidate | undefined,
  asked: Asked,
): Match | Refusal | undefined {
  if (exact === undefined) {
    return lenient === undefined ? undefined : "ambiguous";
  }
  const isGuarded = lenient !== undefined && !lenient.route.keepsAmbiguous;
  return isGuarded ? "ambiguous" : keptMatch(exact, asked);
}

/** A path with a hidden slash or parameter: only where the route keeps those, and only below its own part. */
function keptMatch(candidate: Candidate, asked: Asked): Match | Refusal {
  const { segments } = asked.path;
  const { length } = candidate.segments;
  const isKept =
    candidate.route.keepsAmbiguous &&
    segments.every((segment, at) =>
      at < length && typeof candidate.segments[at] === "string"
        ? !isAmbiguous(segment)
        : isHarmless(segment) && (segment !== "" || at === segments.length - 1),
    );
  return isKept ? matchOf(candidate, asked) : "ambiguous";
}

function fits(
  { route, segments }: Candidate,
  path: readonly string[],
  wanted: Candidate["segments"],
): boolean {
  const { length } = segments;
  if (path.length < length || (route.spec.exact && !endsAt(path, length))) {
    return false;
  }
  for (let at = 0; at < length; at += 1) {
    const part = wanted[at];
    if (typeof segments[at] === "string" ? path[at] !== part : path[at] === "") {
      return false;
    }
  }
  return true;
}

/** One trailing slash is nothing below. */
function endsAt(path: readonly string[], length: number): boolean {
  return path.length === length || (path.length === length + 1 && path[length] === "");
}

function matchOf({ route, segments }: Candidate, { path, query }: Asked): Match {
  const parameters: Record<string, string> = {};
  for (const [at, part] of segments.entries()) {
    if (typeof part !== "string") {
      parameters[part.name] = path.segments[at] ?? "";
    }
  }
  return {
    route,
    parameters,
    matched: path.segments.slice(0, segments.length),
    rest: path.segments.slice(segments.length),
    query,
  };
}

function routeOf(spec: RouteSpec): Route {
  const targets = targetsOf(spec);
  const [path = "/"] = typeof spec.path === "string" ? [spec.path] : spec.path;
  const isOurs = targets.every(({ own }) => own !== undefined);
  return {
    spec,
    name: spec.name,
    targets,
    endpoint: `${path === "/" ? "" : path}${spec.exact ? "" : "/*"}`,
    keepsAmbiguous: (spec.ambiguousPaths ?? (isOurs ? "keep" : "refuse")) === "keep",
  };
}

function candidatesOf(route: Route): Candidate[] {
  const { path, methods } = route.spec;
  // HEAD is a GET without its body.
  const allowed = methods === undefined ? undefined : new Set<string>(methods);
  if (allowed?.has("GET") === true) {
    allowed.add("HEAD");
  }
  return (typeof path === "string" ? [path] : path).map((one) => {
    const parts = one === "/" ? [] : one.slice(1).split("/");
    return {
      route,
      segments: parts.map((part) => (part.startsWith("{") ? { name: part.slice(1, -1) } : part)),
      lenient: parts.map((part) => part.toLowerCase()),
      methods: allowed,
    };
  });
}

function bySpecificity(a: Candidate, b: Candidate): number {
  const literals = ({ segments }: Candidate): number =>
    segments.filter((part) => typeof part === "string").length;
  const rules = ({ route: { spec }, methods }: Candidate): number =>
    Number(spec.exact) + Number(methods !== undefined);
  return b.segments.length - a.segments.length || literals(b) - literals(a) || rules(b) - rules(a);
}
