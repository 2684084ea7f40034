import { Problem } from "#kernel";

/** Largest file that the upload endpoint takes, decoded bytes. Source: contract, limits. */
export const UPLOAD_SIZE_MAX_BYTES = 5 * 1024 * 1024;

/**
 * The bytes of an upload's `file` member: standard base64 with padding, white space allowed, nothing else.
 * Problems: `files.bad-base64`, `files.too-large`.
 */
export function decodeUpload(base64: string): Uint8Array {
  const bytes = decode(base64);
  if (bytes.length > UPLOAD_SIZE_MAX_BYTES) {
    throw new Problem("too-large", "files.too-large", {
      message: `The file is larger than ${UPLOAD_SIZE_MAX_BYTES} bytes.`,
      fields: { file: `at most ${UPLOAD_SIZE_MAX_BYTES} bytes once decoded` },
    });
  }
  return bytes;
}

function decode(base64: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(base64, { lastChunkHandling: "strict" });
  } catch {
    const message = "The file must be standard base64 with padding.";
    throw new Problem("invalid", "files.bad-base64", {
      message,
      fields: { file: "standard base64 with padding" },
      airtable: { type: "INVALID_REQUEST_UNKNOWN", message },
    });
  }
}
