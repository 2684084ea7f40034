import { Readable } from "node:stream";
import { Hono, type Context } from "hono";
import type { Scope } from "#kernel";
import { blobKey } from "./attachment.ts";
import { parseRange, type ByteRange } from "./byte-range.ts";
import { contentDisposition } from "./filenames.ts";
import { fileNotFound } from "./read-blob.ts";
import { openLink, type CheckedLink } from "./signed-url.ts";

/** What these routes find beside the request. */
export interface FileRoutesEnv {
  Variables: { scope: Scope };
}

/**
 * `GET` and `HEAD /files/{attachment}/{hash}/{filename}`: the bytes behind a signed link, whoever asks.
 * Problems: `files.link-invalid`, `files.link-expired`, `files.not-found`.
 */
export function fileRoutes(): Hono<FileRoutesEnv> {
  // Hono answers HEAD by GET and drops the body; `serveFile` does not make one.
  return new Hono<FileRoutesEnv>().get("/files/:attachment/:hash/:filename", serveFile);
}

async function serveFile(c: Context<FileRoutesEnv>): Promise<Response> {
  const scope = c.get("scope");
  const link = openLink(scope.config, scope.now(), new URL(c.req.url));
  const key = blobKey(link.hash);
  const size = await scope.store.size(key);
  if (size === undefined) {
    throw fileNotFound();
  }
  const etag = `"${link.hash}"`;
  const headers = headersOf(link, { etag, now: scope.now() });
  if (matches(c.req.header("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers });
  }
  const ifRange = c.req.header("if-range");
  const wanted = ifRange === undefined || ifRange === etag ? c.req.header("range") : undefined;
  const range = c.req.method === "GET" ? parseRange(wanted, size) : undefined;
  if (range === "unsatisfiable") {
    return new Response(null, {
      status: 416,
      headers: { ...headers, "content-range": `bytes */${size}` },
    });
  }
  return fileResponse(scope, { key, size, range, headers, isHead: c.req.method === "HEAD" });
}

interface FilePart {
  readonly key: string;
  readonly size: number;
  readonly range: ByteRange | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly isHead: boolean;
}

async function fileResponse(
  scope: Scope,
  { key, size, range, headers, isHead }: FilePart,
): Promise<Response> {
  const length = range === undefined ? size : range.end - range.start + 1;
  const all: Record<string, string> = { ...headers, "content-length": String(length) };
  if (range !== undefined) {
    all["content-range"] = `bytes ${range.start}-${range.end}/${size}`;
  }
  const bytes = isHead ? undefined : await scope.store.get(key, range);
  if (!isHead && bytes === undefined) {
    throw fileNotFound();
  }
  return new Response(bytes === undefined ? null : webStream(bytes), {
    status: range === undefined ? 200 : 206,
    headers: all,
  });
}

/** A reader that leaves ends the stream, and so closes the file. */
function webStream(bytes: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  return Readable.toWeb(Readable.from(bytes, { highWaterMark: 1 })) as ReadableStream<
    Uint8Array<ArrayBuffer>
  >;
}

function headersOf(
  link: CheckedLink,
  { etag, now }: { etag: string; now: Date },
): Record<string, string> {
  const isShown = SHOWN_TYPES.has(link.type);
  const left = Math.max(0, Math.floor(link.end - now.getTime() / 1_000));
  return {
    "accept-ranges": "bytes",
    "cache-control": `private, max-age=${left}, immutable`,
    "content-disposition": contentDisposition(isShown ? "inline" : "attachment", link.filename),
    "content-security-policy":
      link.type === PDF ? "default-src 'none'" : "sandbox; default-src 'none'",
    "content-type": link.type.startsWith("text/") ? `${link.type}; charset=utf-8` : link.type,
    "cross-origin-resource-policy": "cross-origin",
    etag,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
}

function matches(header: string | undefined, etag: string): boolean {
  const tags = new Set((header ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, "")));
  return tags.has("*") || tags.has(etag);
}

/** Browsers show a PDF in a viewer of their own, which a sandbox would keep shut; its scripts are not ours to fear. */
const PDF = "application/pdf";

/** What a browser may show in place, since nothing in it can act in our name. Everything else, SVG and HTML above all, is saved. */
const SHOWN_TYPES: ReadonlySet<string> = new Set([
  PDF,
  "text/plain",
  "image/apng",
  "image/avif",
  "image/bmp",
  "image/gif",
  "image/jpeg",
  "image/png",
  "image/webp",
  "audio/aac",
  "audio/flac",
  "audio/mpeg",
  "audio/mp4",
  "audio/ogg",
  "audio/wav",
  "audio/webm",
  "audio/x-m4a",
  "video/mp4",
  "video/ogg",
  "video/quicktime",
  "video/webm",
]);
