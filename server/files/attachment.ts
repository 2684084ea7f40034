/** Largest attachment that is kept, however it comes, bytes. */
export const ATTACHMENT_SIZE_MAX_BYTES = 100 * 1024 * 1024;

/** The renderings of an image that Airtable offers. */
export const thumbnailNames = ["small", "large", "full"] as const;

export type ThumbnailName = (typeof thumbnailNames)[number];

/** What a cell keeps of one attachment, as it stands in the cell's JSON. It carries no URL: those expire. */
export interface Attachment {
  readonly id: `att${string}`;
  /** As it was given, cleaned; for people only, never a path. */
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  /** Media type, by the first bytes of the file where they tell. */
  readonly type: string;
  /** SHA-256 of the bytes, 64 hex digits: the name under which they are stored once. */
  readonly hash: string;
  /** Pixels, as shown (a camera's turn is applied); for images only. */
  readonly width?: number;
  readonly height?: number;
  readonly thumbnails?: Thumbnails;
}

export type Thumbnails = Readonly<Record<ThumbnailName, Thumbnail>>;

/** One rendering. It is WebP, except where its hash is that of the attachment: a small enough image is its own `full`. */
export interface Thumbnail {
  readonly hash: string;
  readonly width: number;
  readonly height: number;
}

/** Media type of every rendering that is not the attachment itself. */
export const THUMBNAIL_TYPE = "image/webp";

/** Where a blob lies in the object store. */
export function blobKey(hash: string): string {
  return `${hash.slice(0, 2)}/${hash.slice(2, 4)}/${hash}`;
}
