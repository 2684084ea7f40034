import type { IncomingHttpHeaders } from "node:http";
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
    const fate = fateOf(raw);
    if (fate === "host") {
      host = value;
    } else if (fate === "via") {
      via = `${value}, ${VIA}`;
    } else if (isSentOn(fate, rules) && !isNamed(raw, named)) {
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
    forwardedValue(by.address, forwardedHost, proto),
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

/** The headers of an answer as the caller gets them. */
export function responseHeaders(
  answered: IncomingHttpHeaders,
  { changes, requestId }: { readonly changes: HeaderChanges; readonly requestId: string },
): string[] {
  const named = namedIn(answered.connection);
  const sent: string[] = [];
  for (const name in answered) {
    // `alt-svc` would lead callers past the gateway.
    if (
      connectionHeaders.has(name) ||
      named.has(name) ||
      name === "alt-svc" ||
      name === "x-request-id"
    ) {
      continue;
    }
    const value = answered[name];
    if (typeof value === "string") {
      sent.push(name, value);
    } else {
      for (const one of value ?? []) {
        sent.push(name, one);
      }
    }
  }
  sent.push("x-request-id", requestId);
  return changed(sent, changes);
}

/** True where `Connection` names the header; it cannot take out those that frame the message. */
function isNamed(raw: string, named: ReadonlySet<string>): boolean {
  if (named.size === 0) {
    return false;
  }
  const name = raw.toLowerCase();
  return named.has(name) && !framing.has(name);
}

/** What is done with a header by its name alone. */
type Fate = "sent" | "dropped" | "host" | "via" | "authorization" | "upgrade" | "trace";

/** Names whose fate is remembered, as callers write them; clients have few. */
const FATES_MAX = 1_000;
const fates = new Map<string, Fate>();

function fateOf(raw: string): Fate {
  const known = fates.get(raw);
  if (known !== undefined) {
    return known;
  }
  const fate = fateOfName(raw.toLowerCase());
  if (fates.size < FATES_MAX) {
    fates.set(raw, fate);
  }
  return fate;
}

function fateOfName(name: string): Fate {
  if (name === "host" || name === ":authority") {
    return "host";
  }
  if (name === "via" || name === "authorization") {
    return name;
  }
  if (name === "traceparent") {
    return "trace";
  }
  if (name.startsWith("sec-websocket-")) {
    return connectionHeaders.has(name) ? "dropped" : "upgrade";
  }
  // HTTP/2 writes names that begin so in place of the first line; servers behind CGI read `_` and `-` alike.
  const isDropped =
    connectionHeaders.has(name) ||
    name.startsWith(":") ||
    ours.has(name.includes("_") ? name.replaceAll("_", "-") : name);
  return isDropped ? "dropped" : "sent";
}

function isSentOn(fate: Fate, rules: RequestHeaderRules): boolean {
  switch (fate) {
    case "authorization":
      return rules.keepsAuthorization;
    case "upgrade":
      return rules.isUpgrade === true;
    case "trace":
      return !rules.own.some(([own]) => own === "traceparent");
    default:
      return fate === "sent";
  }
}

const nothing: ReadonlySet<string> = new Set();

/** Header names that `Connection` says are for this connection only. */
function namedByConnection(headers: readonly string[]): ReadonlySet<string> {
  let said: string | undefined;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? "";
    if (name.length === 10 && name.toLowerCase() === "connection") {
      const value = headers[at + 1] ?? "";
      said = said === undefined ? value : `${said},${value}`;
    }
  }
  return namedIn(said);
}

function namedIn(connection: string | readonly string[] | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === "keep-alive" || connection === "close") {
    return nothing;
  }
  const names = String(connection)
    .toLowerCase()
    .split(",")
    .map((name) => name.trim());
  return new Set(names.filter((name) => name !== "keep-alive" && name !== "close"));
}

function changed(headers: string[], { set, add, remove }: HeaderChanges): string[] {
  if (remove.length === 0 && isEmpty(set) && isEmpty(add)) {
    return headers;
  }
  const gone = new Set([...Object.keys(set), ...remove]);
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

function isEmpty(record: Readonly<Record<string, string>>): boolean {
  for (const _name in record) {
    return false;
  }
  return true;
}

/** Nearly every request of a caller says the same as the one before. */
let lastForwarded = { address: "", host: "", proto: "", value: "" };

function forwardedValue(address: string, host: string, proto: string): string {
  const last = lastForwarded;
  if (last.value !== "" && last.address === address && last.host === host && last.proto === proto) {
    return last.value;
  }
  const value = `for=${quotedNode(address)};host=${quoted(host)};proto=${proto}`;
  lastForwarded = { address, host, proto, value };
  return value;
}

function quotedNode(address: string): string {
  return address.includes(":") ? `"[${address}]"` : quoted(address === "" ? "unknown" : address);
}

function quoted(text: string): string {
  return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text)
    ? text
    : `"${text.replaceAll(/["\\]/g, "\\$&")}"`;
}
