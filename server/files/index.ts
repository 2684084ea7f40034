/**
 * Attachments: bytes stored once under their hash, renderings of images, links that are signed and expire, files fetched
 * from elsewhere. It knows nothing of records and cells, nor who may read or write them: whoever asks has decided that, and
 * a link is its own permission.
 */
export {
  ATTACHMENT_SIZE_MAX_BYTES,
  type Attachment,
  THUMBNAIL_TYPE,
  type Thumbnail,
  type ThumbnailName,
  type Thumbnails,
} from "./attachment.ts";
export { decodeUpload, UPLOAD_SIZE_MAX_BYTES } from "./decode-upload.ts";
export {
  beginFetch,
  fetchAttachment,
  FETCH_INLINE_TIMEOUT_MS,
  type AttachmentSource,
  type FetchOptions,
  type FetchOutcome,
  type PendingAttachment,
} from "./fetch-attachment.ts";
export { cleanFilename } from "./filenames.ts";
export { imageProcess } from "./image-process.ts";
export { linkAttachment, type LinkedAttachment, type LinkedThumbnail } from "./link-attachment.ts";
export { readBlob } from "./read-blob.ts";
export { fileRoutes, type FileRoutesEnv } from "./routes.ts";
export { LINK_LIFE_S, linkSteadyUntil, signedUrl, type FileLink } from "./signed-url.ts";
export { storeAnswers } from "./store-health.ts";
export { storeAttachment, type NewAttachment } from "./store-attachment.ts";
export { sweepBlobs, type StillUsed } from "./sweep-blobs.ts";
