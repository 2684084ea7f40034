import { inTransaction, newId, type Scope } from "#kernel";
import { blobKey, type Attachment, type Thumbnail, type ThumbnailName } from "./attachment.ts";
import {
  insertThumbnails,
  thumbnailsOf,
  touchBlob,
  upsertBlobs,
  type BlobRow,
  type ThumbnailRow,
} from "./blobs.sql.ts";
import { detectType } from "./detect-type.ts";
import { cleanFilename } from "./filenames.ts";
import { imageProcess, isImageType } from "./image-process.ts";
import type { RenderedImage, Rendering } from "./render-images.ts";
import { spool, type Spooled } from "./spool.ts";

export interface NewAttachment {
  readonly bytes: Uint8Array | AsyncIterable<Uint8Array>;
  readonly filename: string;
  /** What the sender says that it is. */
  readonly contentType?: string | undefined;
  /** An id that is already known (an import that keeps ids, an attachment that was promised earlier). */
  readonly id?: `att${string}` | undefined;
}

/**
 * Stores the bytes, once however often they come, and answers what the cell keeps. Asks nobody for leave: whoever writes the
 * cell has done so. To be called outside of a transaction, before the cell is written; what no cell names in the end is
 * swept later. Problems: `files.too-large`, `kernel.storage-full`.
 */
export async function storeAttachment(scope: Scope, input: NewAttachment): Promise<Attachment> {
  if (scope.db.inTransaction) {
    throw new Error("attachments are stored before the transaction that writes their cell");
  }
  const filename = cleanFilename(input.filename);
  const spooled = await spool(scope.config.dataDir, input.bytes);
  try {
    const type = await detectType({ head: spooled.head, filename, claimed: input.contentType });
    const image = (await knownImage(scope, spooled)) ?? (await keep(scope, spooled, type));
    return {
      id: input.id ?? newId("att"),
      filename,
      size: spooled.size,
      type,
      hash: spooled.hash,
      ...image,
    };
  } finally {
    await spooled.discard();
  }
}

/** What an attachment says of its picture; empty for other files. */
export type ImageFacts = Pick<Attachment, "width" | "height" | "thumbnails">;

/** What is known of bytes that are stored already: the same bytes need no second look. */
export async function knownImage(
  scope: Scope,
  { hash }: Pick<Spooled, "hash">,
): Promise<ImageFacts | undefined> {
  const blob = await scope.db.maybe<BlobRow>(touchBlob(hash, scope.now()));
  // Renderings are stored before the bytes themselves, so if these are there, all are.
  if (blob === undefined || (await scope.store.size(blobKey(hash))) !== blob.size) {
    return undefined;
  }
  return imageFacts(blob, await scope.db.all<ThumbnailRow>(thumbnailsOf(hash)));
}

/**
 * The rows come first and say "wanted now", the bytes after: a sweep that runs at the same moment either sees the row
 * touched, or has finished, file and all, before the row can be made.
 */
async function keep(scope: Scope, spooled: Spooled, type: string): Promise<ImageFacts> {
  const image = isImageType(type)
    ? await scope.parts.of(imageProcess).render(spooled.source)
    : undefined;
  const renderings = (await Promise.all((image?.renderings ?? []).map(hashed))).filter(
    ({ hash }) => hash !== spooled.hash,
  );
  const blob = blobRow(spooled, image);
  const rows = new Map([blob, ...renderings.map(blobOfRendering)].map((row) => [row.hash, row]));
  await inTransaction(scope, async (tx) => {
    await tx.db.run(upsertBlobs([...rows.values()], scope.now()));
    if (renderings.length > 0) {
      await tx.db.run(insertThumbnails(spooled.hash, renderings));
    }
  });
  for (const { hash, bytes } of renderings) {
    await scope.store.put(blobKey(hash), bytes);
  }
  await scope.store.put(blobKey(spooled.hash), spooled.bytes());
  return imageFacts(blob, renderings);
}

function blobRow({ hash, size }: Spooled, image: RenderedImage | undefined): BlobRow {
  return { hash, size, width: image?.width ?? null, height: image?.height ?? null };
}

interface HashedRendering extends Rendering {
  readonly hash: string;
}

async function hashed(rendering: Rendering): Promise<HashedRendering> {
  const digest = await crypto.subtle.digest("SHA-256", rendering.bytes as Uint8Array<ArrayBuffer>);
  return { ...rendering, hash: Buffer.from(digest).toString("hex") };
}

function blobOfRendering({ hash, bytes, width, height }: HashedRendering): BlobRow {
  return { hash, size: bytes.length, width, height };
}

/** Where a rendering is missing beside others, the image serves as it is: it is small enough, or its own rendering. */
function imageFacts({ hash, width, height }: BlobRow, rows: readonly ThumbnailRow[]): ImageFacts {
  if (width === null || height === null) {
    return {};
  }
  if (rows.length === 0) {
    return { width, height };
  }
  const thumbnail = (name: ThumbnailName): Thumbnail => {
    const row = rows.find((candidate) => candidate.name === name);
    return row === undefined
      ? { hash, width, height }
      : { hash: row.hash, width: row.width, height: row.height };
  };
  const thumbnails = {
    small: thumbnail("small"),
    large: thumbnail("large"),
    full: thumbnail("full"),
  };
  return { width, height, thumbnails };
}
