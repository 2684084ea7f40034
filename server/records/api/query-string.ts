import { invalidRequest } from "./refusals.ts";

/** One parameter of a query string: `sort[0][field]=A` has the name `sort`, the path `["0", "field"]` and the value `A`. */
export interface QueryEntry {
  readonly name: string;
  readonly path: readonly string[];
  readonly value: string;
}

export type Query = readonly QueryEntry[];

/** A key of the `sort` parameter before its field is looked up. */
export interface SortText {
  readonly field: string;
  readonly direction?: string;
}

/**
 * Reads a query string in every dialect that clients write: `a[]=`, `a[0]=`, `a=`, `a[][0]=`, `a[0][b]=`; `+` and `%20` are
 * spaces. Parameters with an empty value count as absent.
 */
export function parseQuery(search: string): Query {
  const entries: QueryEntry[] = [];
  if (search === "") {
    return entries;
  }
  for (const pair of search.split("&")) {
    const equals = pair.indexOf("=");
    if (equals < 1 || equals === pair.length - 1) {
      continue;
    }
    const key = decoded(pair.slice(0, equals));
    const value = decoded(pair.slice(equals + 1));
    const bracket = key.indexOf("[");
    if (bracket === -1) {
      entries.push({ name: key, path: [], value });
    } else {
      entries.push({ name: key.slice(0, bracket), path: pathOf(key.slice(bracket)), value });
    }
  }
  return entries;
}

/** The one value of a parameter; the last where it is repeated. */
export function textOf(query: Query, name: string): string | undefined {
  return query.findLast((entry) => entry.name === name && entry.path.length === 0)?.value;
}

/** The values of a list parameter, in the order of their indices, else as they were sent. */
export function listOf(query: Query, name: string): string[] {
  const entries = query.filter((entry) => entry.name === name);
  if (entries.some(({ path }) => path.length > 0)) {
    entries.sort((a, b) => indexOf(a.path) - indexOf(b.path));
  }
  return entries.map(({ value }) => value);
}

/** A yes or no: `true`, `false`, `1` or `0`. Problem: `records.invalid-request`. */
export function flagOf(query: Query, name: string): boolean | undefined {
  const text = textOf(query, name);
  switch (text) {
    case undefined:
      return undefined;
    case "true":
    case "1":
      return true;
    case "false":
    case "0":
      return false;
    default:
      throw invalidRequest(name, "must be true, false, 1 or 0");
  }
}

/** A whole number. Problem: `records.invalid-request`. */
export function integerOf(query: Query, name: string): number | undefined {
  const text = textOf(query, name);
  if (text === undefined) {
    return undefined;
  }
  if (!/^[+-]?\d{1,15}$/.test(text)) {
    throw invalidRequest(name, "must be a whole number");
  }
  return Number(text);
}

/** The keys of `sort`, first the one that counts most. Problem: `records.invalid-request`. */
export function sortOf(query: Query): SortText[] {
  const groups = new Map<string, SortGroup>();
  let sequence = 0;
  for (const { path, value, name } of query) {
    if (name !== "sort") {
      continue;
    }
    const last = path.at(-1);
    const attribute = last === "field" || last === "direction" ? last : undefined;
    const prefix = attribute === undefined ? path : path.slice(0, -1);
    const index = indexOf(prefix);
    let key = index < 0 ? `next ${sequence}` : `index ${index}`;
    if (index < 0 && groups.get(key)?.[attribute ?? "field"] !== undefined) {
      sequence += 1;
      key = `next ${sequence}`;
    }
    const group = groups.get(key) ?? { order: index < 0 ? sequence : index };
    group[attribute ?? "field"] = value;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => a.order - b.order).map(sortText);
}

interface SortGroup {
  readonly order: number;
  field?: string;
  direction?: string;
}

function sortText({ field, direction }: SortGroup): SortText {
  if (field === undefined) {
    throw invalidRequest("sort", "each key needs a field");
  }
  return direction === undefined ? { field } : { field, direction };
}

/** The number in `[3]` or `[][3]`; -1 where there is none. */
function indexOf(path: readonly string[]): number {
  const last = path.at(-1);
  return last !== undefined && /^\d{1,9}$/.test(last) ? Number(last) : -1;
}

function pathOf(brackets: string): string[] {
  return [...brackets.matchAll(/\[([^\]]*)\]/g)].map(([, inside]) => inside ?? "");
}

function decoded(text: string): string {
  if (!text.includes("%") && !text.includes("+")) {
    return text;
  }
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    // A lone `%`, or bytes that are not UTF-8: read as browsers do, instead of refusing the request.
    return new URLSearchParams(`x=${text}`).get("x") ?? "";
  }
}
