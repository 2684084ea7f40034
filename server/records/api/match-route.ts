/** Methods of the Airtable-compatible API. `HEAD` is answered as `GET` without its body. */
export type RouteMethod = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

/** What the path of a request can name; empty where the pattern has no such part. */
export interface Params {
  readonly baseId: string;
  /** A table's id or its name, decoded. */
  readonly tableIdOrName: string;
  readonly recordId: string;
  /** A field's id or its name, decoded. */
  readonly fieldIdOrName: string;
  readonly fieldId: string;
  readonly viewId: string;
  readonly commentId: string;
  readonly workspaceId: string;
  /** A user or a group. */
  readonly collaboratorId: string;
}

/** One path and what each method does there. */
export interface Route<E> {
  /** As in `/v0/{baseId}/{tableIdOrName}`; each name in braces is one of `Params`. Also the label in metrics. */
  readonly pattern: string;
  readonly methods: Readonly<Partial<Record<RouteMethod, E>>>;
}

export interface RouteMatch<E> {
  readonly route: Route<E>;
  readonly params: Params;
}

/**
 * Makes the matcher of a list of routes. It is given the raw path, so that a name may hold an encoded `/`: each segment is
 * decoded after splitting. One trailing slash means nothing. No match: an unknown path, an id that has not the
 * shape of its kind, or a segment that cannot be decoded.
 */
export function routeMatcher<E>(
  routes: readonly Route<E>[],
): (path: string) => RouteMatch<E> | undefined {
  const byLength = Map.groupBy(routes.map(compile), ({ parts }) => parts.length);
  return (path) => {
    const segments = segmentsOf(path);
    for (const { route, parts } of byLength.get(segments.length) ?? []) {
      const params = paramsOf(parts, segments);
      if (params !== undefined) {
        return { route, params };
      }
    }
    return undefined;
  };
}

/** The raw path of an absolute URL, without its query. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const query = url.indexOf("?", start);
  return query === -1 ? url.slice(start) : url.slice(start, query);
}

/** Path and query of an absolute URL, as they were sent. */
export function targetOf(url: string): string {
  return url.slice(url.indexOf("/", url.indexOf("://") + 3));
}

/** What follows the `?` of a URL, undecoded. */
export function searchOf(url: string): string {
  const query = url.indexOf("?");
  return query === -1 ? "" : url.slice(query + 1);
}

type ParamName = keyof Params;

type Part = { readonly literal: string } | { readonly param: ParamName };

interface CompiledRoute<E> {
  readonly route: Route<E>;
  readonly parts: readonly Part[];
}

const anyText = /^[^]+$/;

/** The shape of each part of a path: prefix and 14 alphanumerics for ids, anything for names. */
const shapes: Readonly<Record<ParamName, RegExp>> = {
  baseId: /^app[A-Za-z0-9]{14}$/,
  tableIdOrName: anyText,
  recordId: /^rec[A-Za-z0-9]{14}$/,
  fieldIdOrName: anyText,
  fieldId: /^fld[A-Za-z0-9]{14}$/,
  viewId: /^viw[A-Za-z0-9]{14}$/,
  commentId: /^com[A-Za-z0-9]{14}$/,
  workspaceId: /^wsp[A-Za-z0-9]{14}$/,
  collaboratorId: /^(?:usr|ugp)[A-Za-z0-9]{14}$/,
};

const noParams: Params = {
  baseId: "",
  tableIdOrName: "",
  recordId: "",
  fieldIdOrName: "",
  fieldId: "",
  viewId: "",
  commentId: "",
  workspaceId: "",
  collaboratorId: "",
};

function compile<E>(route: Route<E>): CompiledRoute<E> {
  const parts = segmentsOf(route.pattern).map((segment): Part => {
    const name = segment.startsWith("{") ? segment.slice(1, -1) : undefined;
    return name === undefined ? { literal: segment } : { param: name as ParamName };
  });
  return { route, parts };
}

function segmentsOf(path: string): string[] {
  const segments = path.split("/");
  segments.shift();
  if (segments.at(-1) === "") {
    segments.pop();
  }
  return segments;
}

function paramsOf(parts: readonly Part[], segments: readonly string[]): Params | undefined {
  const params: Record<ParamName, string> = { ...noParams };
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at];
    const segment = segments[at];
    if (part === undefined || segment === undefined) {
      return undefined;
    }
    if ("literal" in part) {
      if (part.literal !== segment) {
        return undefined;
      }
      continue;
    }
    const text = decoded(segment);
    if (text === undefined || !shapes[part.param].test(text)) {
      return undefined;
    }
    params[part.param] = text;
  }
  return params;
}

function decoded(segment: string): string | undefined {
  if (!segment.includes("%")) {
    return segment;
  }
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
