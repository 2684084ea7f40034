import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";

/** Hops that are looked at; nobody has so many proxies. */
const HOPS_MAX = 32;
const PAIR = /\s*([A-Za-z]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s";,]*))\s*(?:;|(,)|$)/y;

/**
 * Writes what `Forwarded` (RFC 7239) says into the `x-forwarded-*` headers, for proxies that send that one alone; whatever a
 * caller put into those is dropped. Parts that cannot be read are hops that are unknown.
 */
export function takeForwarded(headers: IncomingHttpHeaders): void {
  const hops = hopsIn(headers["forwarded"] ?? "");
  const last = hops.at(-1);
  set(headers, "x-forwarded-for", hops.map((hop) => hop.get("for") ?? "unknown").join(", "));
  set(headers, "x-forwarded-proto", last?.get("proto") ?? "");
  set(headers, "x-forwarded-host", last?.get("host") ?? "");
}

function set(headers: IncomingHttpHeaders, name: string, value: string): void {
  if (value === "") {
    delete headers[name];
  } else {
    headers[name] = value;
  }
}

function hopsIn(header: string): readonly ReadonlyMap<string, string>[] {
  const hops: Map<string, string>[] = [];
  let hop = new Map<string, string>();
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < header.length && hops.length < HOPS_MAX) {
    const found = PAIR.exec(header);
    if (found === null) {
      return [];
    }
    const [, name = "", quoted, plain = "", comma] = found;
    const value = quoted?.replaceAll(/\\(.)/g, "$1") ?? plain;
    hop.set(name.toLowerCase(), name.toLowerCase() === "for" ? addressIn(value) : value);
    if (comma !== undefined) {
      hops.push(hop);
      hop = new Map();
    }
  }
  return hop.size === 0 ? hops : [...hops, hop];
}

/** Without brackets and port: `[2001:db8::1]:4711` and `192.0.2.1:4711`. */
function addressIn(node: string): string {
  return /^\[([^\]]*)\](?::\d+)?$/.exec(node)?.[1] ?? /^([\d.]+)(?::\d+)?$/.exec(node)?.[1] ?? node;
}

/**
 * Scheme and host that the caller used: those of the connection, or what a trusted proxy says. `address` is the caller's; another
 * one than the connection's means that a trusted proxy stands between.
 */
export function originAsked(message: IncomingMessage, address: string): string {
  const { socket, headers } = message;
  const isEncrypted = (socket as Partial<TLSSocket>).encrypted === true;
  const scheme = isEncrypted ? "https" : "http";
  const host = headers.host ?? "localhost";
  const remote = socket.remoteAddress ?? "";
  if (address === remote || address === remote.replace(/^::ffff:/, "")) {
    return `${scheme}://${host}`;
  }
  const proto = lastOf(headers["x-forwarded-proto"]);
  const named = lastOf(headers["x-forwarded-host"]);
  const shownScheme = proto === "https" || proto === "http" ? proto : scheme;
  return `${shownScheme}://${isHost(named) ? named : host}`;
}

function lastOf(header: string | string[] | undefined): string {
  return typeof header === "string" ? (header.split(",").at(-1) ?? "").trim() : "";
}

function isHost(text: string): boolean {
  return /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/.test(text);
}
