import type { HeaderChanges } from "../file/route-shape.ts";

/** Who calls, as an upstream is told. */
export interface ForwardedBy {
  /** Name and value by turns, as they came. */
  readonly rawHeaders: readonly string[];
  /** The address at the other end of the connection. */
  readonly peer: string;
  /** The caller's address; another than `peer` where the connection comes from a trusted proxy. */
  readonly address: string;
  /** Of the connection, or as a trusted proxy says it. */
  readonly proto: "http" | "https";
  /** The host that a trusted proxy was asked for; undefined for that of the request. */
  readonly forwardedHost: string | undefined;
  readonly requestId: string;
}

/** What a route adds to that. */
export interface RequestHeaderRules {
  readonly changes: HeaderChanges;
  /** `host:port` of the upstream; undefined keeps the caller's. */
  readonly host: string | undefined;
  /** `pass` hands on `Authorization`. */
  readonly keepsAuthorization: boolean;
  /** Headers of ours, such as the signed identity and the running trace. */
  readonly own: readonly (readonly [string, string])[];
  /** `websocket` where the connection is to be upgraded; its own headers are written by the client. */
  readonly isUpgrade?: boolean;
}

/** Speak of one connection, or are written anew by the gateway. */
const connectionHeaders: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "expect",
]);

/** The caller may not say these: what an upstream reads there, we have written. */
const ours: ReadonlySet<string> = new Set([
  "x-basalt-identity",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-proto",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-forwarded-user",
  "x-real-ip",
  "forwarded",
  "via",
  "x-request-id",
]);

/** Frame the message; no header `Connection` can take them out. */
const framing: ReadonlySet<string> = new Set(["content-length", "host"]);

/** How the gateway calls itself to other proxies. */
const VIA = "1.1 basalt";

/** The headers of a request as an upstream gets them: name and value by turns. */
export function requestHeaders(by: ForwardedBy, rules: RequestHeaderRules): string[] {
  const { rawHeaders } = by;
  const named = namedByConnection(rawHeaders);
  const sent: string[] = [];
  let host = "";
  const { proto } = by;
  // The chain before the caller is hearsay: what we know is the caller and, where that is another, who handed it on.
  const forwardedFor = by.peer === by.address ? by.peer : `${by.address}, ${by.peer}`;
  let via = VIA;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const raw = rawHeaders[at] ?? "";
    const value = rawHeaders[at + 1] ?? "";
    const name = raw.toLowerCase();
    if (name === "host" || name === ":authority") {
      host = value;
    } else if (name === "via") {
      via = `${value}, ${VIA}`;
    } else if (isSentOn(name, named, rules)) {
      sent.push(raw, value);
    }
  }
  const forwardedHost = by.forwardedHost ?? host;
  sent.push(
    "host",
    rules.host ?? host,
    "x-forwarded-for",
    forwardedFor,
    "x-forwarded-proto",
    proto,
    "x-forwarded-host",
    forwardedHost,
    "forwarded",
    `for=${quotedNode(by.address)};host=${quoted(forwardedHost)};proto=${proto}`,
    "via",
    via,
    "x-request-id",
    by.requestId,
  );
  for (const [name, value] of rules.own) {
    sent.push(name, value);
  }
  return changed(sent, rules.changes);
}

/** The headers of an answer as the caller gets them. `rawHeaders` comes as the client read it. */
export function responseHeaders(
  rawHeaders: unknown,
  { changes, requestId }: { readonly changes: HeaderChanges; readonly requestId: string },
): string[] {
  const pairs: string[] = Array.isArray(rawHeaders) ? rawHeaders.map(textOf) : [];
  const named = namedByConnection(pairs);
  const sent: string[] = [];
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const name = (pairs[at] ?? "").toLowerCase();
    // `alt-svc` would lead callers past the gateway.
    if (
      !connectionHeaders.has(name) &&
      !named.has(name) &&
      name !== "alt-svc" &&
      name !== "x-request-id"
    ) {
      sent.push(name, pairs[at + 1] ?? "");
    }
  }
  sent.push("x-request-id", requestId);
  return changed(sent, changes);
}

function isSentOn(name: string, named: ReadonlySet<string>, rules: RequestHeaderRules): boolean {
  if (connectionHeaders.has(name) || (named.has(name) && !framing.has(name))) {
    return false;
  }
  if (name === "authorization") {
    return rules.keepsAuthorization;
  }
  if (name.startsWith("sec-websocket-")) {
    return rules.isUpgrade === true;
  }
  if (name === "traceparent" && rules.own.some(([own]) => own === name)) {
    return false;
  }
  // What HTTP/2 writes in place of the first line.
  if (name.startsWith(":")) {
    return false;
  }
  // Servers behind CGI read `_` and `-` alike.
  return !ours.has(name.includes("_") ? name.replaceAll("_", "-") : name);
}

const nothing: ReadonlySet<string> = new Set();

/** Header names that `Connection` says are for this connection only. */
function namedByConnection(headers: readonly string[]): ReadonlySet<string> {
  let named: Set<string> | undefined;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? "";
    if (name.length === 10 && name.toLowerCase() === "connection") {
      for (const token of (headers[at + 1] ?? "").toLowerCase().split(",")) {
        const trimmed = token.trim();
        if (trimmed !== "keep-alive" && trimmed !== "close") {
          (named ??= new Set()).add(trimmed);
        }
      }
    }
  }
  return named ?? nothing;
}

function changed(headers: string[], { set, add, remove }: HeaderChanges): string[] {
  const setNames = Object.keys(set);
  const addNames = Object.keys(add);
  if (setNames.length === 0 && addNames.length === 0 && remove.length === 0) {
    return headers;
  }
  const gone = new Set([...setNames, ...remove]);
  const kept: string[] = [];
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? "";
    if (!gone.has(name.toLowerCase())) {
      kept.push(name, headers[at + 1] ?? "");
    }
  }
  for (const [name, value] of [...Object.entries(set), ...Object.entries(add)]) {
    kept.push(name, value);
  }
  return kept;
}

/** Bytes are read as Latin-1, in which they are written again. */
function textOf(value: unknown): string {
  return Buffer.isBuffer(value) ? value.toString("latin1") : String(value);
}

function quotedNode(address: string): string {
  return address.includes(":") ? `"[${address}]"` : quoted(address === "" ? "unknown" : address);
}

function quoted(text: string): string {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text)
    ? text
    : `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
