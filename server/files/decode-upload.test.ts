import { describe, expect, it } from "vitest";
import { decodeUpload, UPLOAD_SIZE_MAX_BYTES } from "./decode-upload.ts";

describe("an upload's base64", () => {
  it("is decoded", () => {
    expect(Buffer.from(decodeUpload("aGVsbG8=")).toString()).toBe("hello");
    expect(Buffer.from(decodeUpload("aGVs\r\nbG8=\n")).toString()).toBe("hello");
    expect(decodeUpload("")).toHaveLength(0);
  });

  it.each([
    "aGVsbG8",
    "aGVsbG8==",
    "aGVs*G8=",
    "aGVsbG9=",
    "a",
    "=",
    "data:text/plain;base64,aGVsbG8=",
    "_-8=",
    "😀",
    "aGVs\0bG8=",
  ])("%j is refused", (text) => {
    expect(() => decodeUpload(text)).toThrow(
      expect.objectContaining({
        kind: "invalid",
        code: "files.bad-base64",
        details: expect.objectContaining({
          airtable: expect.objectContaining({ type: "INVALID_REQUEST_UNKNOWN" }),
        }),
      }),
    );
  });

  it("may hold five megabytes and not one byte more", () => {
    const most = Buffer.alloc(UPLOAD_SIZE_MAX_BYTES);
    expect(decodeUpload(most.toString("base64"))).toHaveLength(UPLOAD_SIZE_MAX_BYTES);
    const more = Buffer.alloc(UPLOAD_SIZE_MAX_BYTES + 1).toString("base64");
    expect(() => decodeUpload(more)).toThrow(
      expect.objectContaining({ kind: "too-large", code: "files.too-large" }),
    );
  });
});
