/** One request on the way to an answer. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | Uint8Array | undefined;
}

/**
 * Headers that may follow to another origin. A list of what may, not of what may not: a caller's secret can be in a header
 * of any name.
 */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "content-type",
  "range",
  "user-agent",
]);

/** The request that a redirect asks for, as https://fetch.spec.whatwg.org/#http-redirect-fetch says. */
export function nextHop(hop: Hop, to: { readonly status: number; readonly url: URL }): Hop {
  const becomesGet =
    (to.status === 303 && hop.method !== "HEAD") ||
    ((to.status === 301 || to.status === 302) && hop.method === "POST");
  let headers = [...hop.headers];
  if (to.url.origin !== hop.url.origin) {
    headers = headers.filter(([name]) => HARMLESS_HEADERS.has(name));
  }
  if (!becomesGet) {
    return { url: to.url, method: hop.method, headers: new Map(headers), body: hop.body };
  }
  headers = headers.filter(([name]) => !name.startsWith("content-"));
  return { url: to.url, method: "GET", headers: new Map(headers), body: undefined };
}
