import { newId, part, Problem, withScope, type EgressAnswer, type Scope } from "#kernel";
import { ATTACHMENT_SIZE_MAX_BYTES, type Attachment } from "./attachment.ts";
import { cleanFilename, suggestedFilename } from "./filenames.ts";
import { readBlob } from "./read-blob.ts";
import { openLink, type CheckedLink } from "./signed-url.ts";
import { storeAttachment } from "./store-attachment.ts";

/** How long a write waits for a file, milliseconds. Source: contract, attachments. */
export const FETCH_INLINE_TIMEOUT_MS = 5_000;

/** How long a file may take when nobody waits, milliseconds. */
export const FETCH_TIMEOUT_MS = 120_000;

/** Fetches at one time in a process: each may hold a socket, a file and a megabyte. */
const FETCHES_MAX = 32;

/** What a writer says of a file that is to be fetched. */
export interface AttachmentSource {
  readonly url: string;
  readonly filename?: string | undefined;
}

/** The id that the attachment gets, and the end of waiting. */
export interface FetchOptions {
  readonly id?: `att${string}`;
  readonly timeoutMs?: number;
}

/**
 * Fetches the file and stores it. Links of this instance are read from the store, without a detour through the network.
 * Problems: `files.url-not-allowed`, `files.address-not-allowed` (Airtable's INVALID_ATTACHMENT_OBJECT, both known before
 * anything is sent), `files.fetch-failed`, `files.too-many-fetches`, `files.too-large`, `kernel.storage-full`.
 */
export async function fetchAttachment(
  scope: Scope,
  source: AttachmentSource,
  { id, timeoutMs = FETCH_INLINE_TIMEOUT_MS }: FetchOptions = {},
): Promise<Attachment> {
  try {
    const own = ownLink(scope, source.url);
    return own === undefined
      ? await counted(scope, () => fetchOutside(scope, source, { id, timeoutMs }))
      : await copyOwn(scope, source, { own, id });
  } catch (error) {
    throw explained(error);
  }
}

/** A file that takes longer than the writer waits: what the cell can show until it is here. */
export interface PendingAttachment {
  readonly id: `att${string}`;
  readonly url: string;
  readonly filename: string;
}

export type FetchOutcome =
  | { readonly kind: "stored"; readonly attachment: Attachment }
  | {
      readonly kind: "later";
      readonly pending: PendingAttachment;
      /** Settles when the fetch has ended, without a value where it failed; never rejects. The id is that of `pending`. */
      readonly finished: Promise<Attachment | undefined>;
    };

/**
 * Fetches the file; when that takes longer than `FETCH_INLINE_TIMEOUT_MS`, answers what is known and goes on without the
 * caller's request. What fails within that time throws as `fetchAttachment` does; what fails later only ends `finished`,
 * as Airtable lets such attachments disappear. Whoever gets "later" writes the cell again when `finished` settles.
 */
export async function beginFetch(scope: Scope, source: AttachmentSource): Promise<FetchOutcome> {
  const id = newId("att");
  const detached = withScope(scope, { signal: new AbortController().signal });
  const fetching = fetchAttachment(detached, source, { id, timeoutMs: FETCH_TIMEOUT_MS });
  const waiting = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => waiting.resolve(undefined), FETCH_INLINE_TIMEOUT_MS);
  try {
    const attachment = await Promise.race([fetching, waiting.promise]);
    if (attachment !== undefined) {
      return { kind: "stored", attachment };
    }
  } finally {
    clearTimeout(timer);
  }
  const finished = fetching.catch((error: unknown) => {
    scope.log.info(
      { attachment: id, error: String(error), requestId: scope.requestId },
      "an attachment could not be fetched and disappears",
    );
    return undefined;
  });
  return { kind: "later", pending: { id, url: source.url, filename: nameOf(source) }, finished };
}

interface FetchPlan {
  readonly id: `att${string}` | undefined;
  readonly timeoutMs: number;
}

const running = part("files.fetches", () => ({ count: 0 }));

async function counted<T>(scope: Scope, work: () => Promise<T>): Promise<T> {
  const fetches = scope.parts.of(running);
  if (fetches.count >= FETCHES_MAX) {
    throw new Problem("too-many-requests", "files.too-many-fetches", {
      message: "Too many attachments are being fetched at the moment.",
      retryAfterS: 5,
    });
  }
  fetches.count += 1;
  try {
    return await work();
  } finally {
    fetches.count -= 1;
  }
}

async function fetchOutside(
  scope: Scope,
  source: AttachmentSource,
  { id, timeoutMs }: FetchPlan,
): Promise<Attachment> {
  const answer = await scope.egress.send({
    url: source.url,
    headers: { accept: "*/*", "user-agent": "Basalt" },
    timeoutMs,
    bodySizeMaxBytes: ATTACHMENT_SIZE_MAX_BYTES,
    signal: scope.signal,
  });
  if (answer.status !== 200) {
    await drop(answer);
    throw fetchFailed(`the answer was ${answer.status}`);
  }
  const contentType = answer.headers["content-type"];
  const filename =
    source.filename ??
    suggestedFilename({
      url: new URL(answer.url),
      disposition: answer.headers["content-disposition"],
      type: (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "",
    });
  return storeAttachment(scope, { bytes: answer.body, filename, contentType, id });
}

/** Starting to read and leaving at once closes the connection. */
async function drop(answer: EgressAnswer): Promise<void> {
  await answer.body[Symbol.asyncIterator]().return?.();
}

interface CopyPlan {
  readonly own: CheckedLink;
  readonly id: `att${string}` | undefined;
}

async function copyOwn(
  scope: Scope,
  source: AttachmentSource,
  { own, id }: CopyPlan,
): Promise<Attachment> {
  const bytes = await readBlob(scope, own.hash);
  return storeAttachment(scope, {
    bytes,
    filename: source.filename ?? own.filename,
    contentType: own.type,
    id,
  });
}

/** A link that this instance gave out, if it is one: the instance may not be able to reach itself, nor should it. */
function ownLink(scope: Scope, text: string): CheckedLink | undefined {
  const url = URL.parse(text);
  const isOwn =
    url?.origin === new URL(scope.config.publicUrl).origin && url.pathname.startsWith("/files/");
  return isOwn ? openLink(scope.config, scope.now(), url) : undefined;
}

/** The name before anything was fetched. */
function nameOf({ url, filename }: AttachmentSource): string {
  return filename === undefined
    ? suggestedFilename({ url: new URL(url), disposition: undefined, type: "" })
    : cleanFilename(filename);
}

/** What the way out says, in the words of attachments; the contract's error for what the caller can put right. */
function explained(error: unknown): unknown {
  if (!(error instanceof Problem)) {
    return error;
  }
  switch (error.code) {
    case "kernel.egress-url":
      return refused("files.url-not-allowed", error.message, error);
    case "kernel.egress-address":
      return refused(
        "files.address-not-allowed",
        "The address of the attachment is not allowed.",
        error,
      );
    case "kernel.egress-too-large":
      return new Problem("too-large", "files.too-large", {
        message: `The file is larger than ${ATTACHMENT_SIZE_MAX_BYTES} bytes.`,
        cause: error,
      });
    case "kernel.egress-timeout":
    case "kernel.egress-failed":
    case "files.link-invalid":
    case "files.link-expired":
    case "files.not-found":
      return fetchFailed(error.message, error);
    default:
      return error;
  }
}

function refused(code: string, message: string, cause: unknown): Problem {
  return new Problem("invalid", code, {
    message,
    airtable: { type: "INVALID_ATTACHMENT_OBJECT", message },
    cause,
  });
}

function fetchFailed(why: string, cause?: unknown): Problem {
  const message = `The attachment could not be fetched: ${why}`;
  return new Problem("invalid", "files.fetch-failed", {
    message,
    airtable: { type: "INVALID_ATTACHMENT_OBJECT", message },
    cause,
  });
}
