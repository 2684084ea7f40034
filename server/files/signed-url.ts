import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { isId, Problem, type Config } from "#kernel";

/** A link works so long after it was given out, at least, seconds. Source: contract, limits. */
export const LINK_LIFE_S = 2 * 60 * 60;

/** Ends are rounded up to this, seconds, so that a record read again within it has the same bytes and caches can hold it. */
export const LINK_BUCKET_S = 10 * 60;

/** What one link leads to. Whoever has the link may read that file and nothing else. */
export interface FileLink {
  readonly attachmentId: string;
  readonly hash: string;
  readonly filename: string;
  /** The media type that it is served as. */
  readonly type: string;
}

/**
 * The path of a link that expires two hours from now, up to ten minutes later:
 * `/files/{attachment}/{hash}/{filename}?e={end}&t={type}&s={mac}`.
 */
export function signedUrl(config: Pick<Config, "secret">, now: Date, link: FileLink): string {
  const end = Math.ceil((now.getTime() / 1_000 + LINK_LIFE_S) / LINK_BUCKET_S) * LINK_BUCKET_S;
  const mac = macOf(config.secret, link, end).toString("base64url");
  const name = encodeURIComponent(link.filename);
  return `/files/${link.attachmentId}/${link.hash}/${name}?e=${end}&t=${encodeURIComponent(link.type)}&s=${mac}`;
}

/** Until when `signedUrl` gives the same link for a file. */
export function linkSteadyUntil(now: Date): Date {
  const bucketMs = LINK_BUCKET_S * 1_000;
  return new Date(Math.ceil(now.getTime() / bucketMs) * bucketMs);
}

/** A link that was checked. */
export interface CheckedLink extends FileLink {
  /** When it ends, seconds since 1970. */
  readonly end: number;
}

/** What the link leads to. Problems: `files.link-invalid`, `files.link-expired`. */
export function openLink(config: Pick<Config, "secret">, now: Date, url: URL): CheckedLink {
  const link = parseLink(url);
  if (link === undefined || !timingSafeEqual(macOf(config.secret, link, link.end), link.mac)) {
    throw new Problem("forbidden", "files.link-invalid", {
      message: "The link to the file is not a valid one.",
    });
  }
  if (link.end * 1_000 <= now.getTime()) {
    throw new Problem("forbidden", "files.link-expired", {
      message: "The link to the file has expired; read the record again for a new one.",
    });
  }
  const { attachmentId, hash, filename, type, end } = link;
  return { attachmentId, hash, filename, type, end };
}

/** Half of a SHA-256: nobody guesses 128 bits, and a page of records has many links. */
const MAC_SIZE_BYTES = 16;

const PATH = /^\/files\/(?<attachment>[^/]+)\/(?<hash>[0-9a-f]{64})\/(?<name>[^/]+)$/;

interface ParsedLink extends CheckedLink {
  readonly mac: Buffer;
}

function parseLink(url: URL): ParsedLink | undefined {
  const { attachment = "", hash = "", name = "" } = PATH.exec(url.pathname)?.groups ?? {};
  const end = Number(/^[1-9]\d{0,11}$/.exec(url.searchParams.get("e") ?? "")?.[0]);
  const mac = Buffer.from(url.searchParams.get("s") ?? "", "base64url");
  const type = url.searchParams.get("t") ?? "";
  const filename = decodedName(name);
  if (
    filename === undefined ||
    !isId("att", attachment) ||
    Number.isNaN(end) ||
    mac.length !== MAC_SIZE_BYTES
  ) {
    return undefined;
  }
  return { attachmentId: attachment, hash, filename, type, end, mac };
}

function decodedName(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

function macOf(secret: string, link: FileLink, end: number): Buffer {
  // Only the name can hold anything at all, and it is last, so no two links give the same text.
  const text = `${end}\n${link.attachmentId}\n${link.hash}\n${encodeURIComponent(link.type)}\n${link.filename}`;
  return createHmac("sha256", keyOf(secret)).update(text).digest().subarray(0, MAC_SIZE_BYTES);
}

/** Derived keys by secret: a page of records asks hundreds of times. A process has one secret; tests have a few. */
const keys = new Map<string, Buffer>();
const KEYS_MAX = 16;

function keyOf(secret: string): Buffer {
  const known = keys.get(secret);
  if (known !== undefined) {
    return known;
  }
  if (keys.size >= KEYS_MAX) {
    keys.clear();
  }
  const key = Buffer.from(hkdfSync("sha256", secret, "", "basalt/files/link/1", 32));
  keys.set(secret, key);
  return key;
}
