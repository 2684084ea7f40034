import type { z } from "zod";
import { Problem } from "../problem.ts";
import { sentenceOf, wrongInputs } from "./input-sentences.ts";

/** Bytes of a JSON body on most routes. Source: contract, limits. */
export const BODY_SIZE_MAX_BYTES = 2 * 1024 * 1024;
/** Bytes of a JSON body that carries a file in base64. Source: contract, limits. */
export const UPLOAD_BODY_SIZE_MAX_BYTES = 8 * 1024 * 1024;
/** Levels of arrays and objects in a JSON body. Ours: deeper ones cost seconds to parse. */
export const BODY_DEPTH_MAX = 64;

export interface ReadJsonOptions {
  /** Default: 2 MiB. */
  readonly sizeMaxBytes?: number;
  /** Default: 64. */
  readonly depthMax?: number;
  /** An empty body reads as undefined instead of failing, for calls whose body may be left out. */
  readonly mayBeEmpty?: boolean;
}

const unparseable = {
  type: "INVALID_REQUEST_BODY",
  message: "Could not parse request body",
  status: 422,
};

/**
 * The JSON body of a request, parsed but not yet checked.
 * Problems: `kernel.body-not-json`, `kernel.body-type`, `kernel.body-too-large`, `kernel.body-too-deep`.
 */
export async function readJson(request: Request, options: ReadJsonOptions = {}): Promise<unknown> {
  const {
    sizeMaxBytes = BODY_SIZE_MAX_BYTES,
    depthMax = BODY_DEPTH_MAX,
    mayBeEmpty = false,
  } = options;
  const type = request.headers.get("content-type");
  if (type !== null && !isJsonType(type)) {
    throw new Problem("unsupported-media-type", "kernel.body-type", {
      message: "Send the body as application/json.",
      airtable: unparseable,
    });
  }
  const bytes = await readBytes(request, sizeMaxBytes);
  if (bytes.length === 0 && mayBeEmpty) {
    return undefined;
  }
  if (isTooDeep(bytes, depthMax)) {
    throw new Problem("invalid", "kernel.body-too-deep", {
      message: `The body nests arrays or objects deeper than ${depthMax} levels.`,
      airtable: unparseable,
    });
  }
  return parse(bytes);
}

/**
 * The body as bytes. Asking again for the same request gives the same bytes, so the gateway may look before the route.
 * Problems: `kernel.body-too-large`.
 */
export async function readBytes(request: Request, sizeMaxBytes: number): Promise<Uint8Array> {
  const before = read.get(request);
  if (before !== undefined) {
    const bytes = await before;
    if (bytes.length > sizeMaxBytes) {
      throw tooLarge(sizeMaxBytes);
    }
    return bytes;
  }
  if (Number(request.headers.get("content-length") ?? 0) > sizeMaxBytes) {
    throw tooLarge(sizeMaxBytes);
  }
  const reading = takeBytes(request, sizeMaxBytes);
  read.set(request, reading);
  return reading;
}

/**
 * Checks what a caller sent against its schema.
 * Problems: `contract.invalid-body`, or the code given, with one entry in `fields` for each wrong input.
 */
export function parseWith<T>(
  schema: z.ZodType<T>,
  value: unknown,
  code = "contract.invalid-body",
): T {
  const result = schema.safeParse(value, { error: sentenceOf });
  if (result.success) {
    return result.data;
  }
  const fields = wrongInputs(result.error, FIELDS_MAX).map(([path, rule]): [string, string] => [
    path === "" ? "body" : path,
    rule,
  ]);
  const [first] = fields;
  throw new Problem("invalid", code, {
    message: first === undefined ? "The request is not valid." : `${first[0]}: ${first[1]}`,
    fields: Object.fromEntries(fields),
  });
}

/** A request that keeps its bytes itself, such as the one made from a `node:http` message. */
export interface ByteSource {
  readonly [readAll]: (sizeMaxBytes: number) => Promise<Uint8Array | undefined>;
}

/** Reads the whole body; undefined when it is larger than allowed. */
export const readAll: unique symbol = Symbol("readAll");

const FIELDS_MAX = 20;
const read = new WeakMap<Request, Promise<Uint8Array>>();
const utf8 = new TextDecoder("utf-8", { fatal: true });

function isJsonType(type: string): boolean {
  return /^\s*application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(type);
}

function tooLarge(sizeMaxBytes: number): Problem {
  return new Problem("too-large", "kernel.body-too-large", {
    message: `The body is larger than ${sizeMaxBytes} bytes.`,
    airtable: { type: "REQUEST_TOO_LARGE", message: "Request body is too large" },
  });
}

async function takeBytes(request: Request, sizeMaxBytes: number): Promise<Uint8Array> {
  if (isByteSource(request)) {
    const bytes = await request[readAll](sizeMaxBytes);
    if (bytes === undefined) {
      throw tooLarge(sizeMaxBytes);
    }
    return bytes;
  }
  if (request.body === null) {
    return new Uint8Array();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body) {
    size += chunk.length;
    if (size > sizeMaxBytes) {
      throw tooLarge(sizeMaxBytes);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isByteSource(request: Request): request is Request & ByteSource {
  return readAll in request;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new Problem("malformed", "kernel.body-not-json", {
      message: "The body is not JSON.",
      airtable: unparseable,
      cause,
    });
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** `{` is `[` and `}` is `]` with this bit set. */
const CURLY_BIT = 0x20;

/** Looks at the bytes only: nothing is parsed, so a bomb of brackets costs a walk over it. */
function isTooDeep(bytes: Uint8Array, depthMax: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (quoted) {
      if (byte === BACKSLASH) {
        at += 1;
      } else if (byte === QUOTE) {
        quoted = false;
      }
    } else if (byte === QUOTE) {
      quoted = true;
    } else if ((byte & ~CURLY_BIT) === OPEN) {
      depth += 1;
      if (depth > depthMax) {
        return true;
      }
    } else if ((byte & ~CURLY_BIT) === CLOSE) {
      depth -= 1;
    }
  }
  return false;
}
