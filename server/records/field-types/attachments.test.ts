import { expect, test } from "vitest";
import type { StoredAttachment } from "./field-type.ts";
import { compileJson, compileShow } from "./registry.ts";
import { cast, parsed, reading, sampleField, showing, writing } from "./sample-fields.ts";

const id = "attA0000000000001";
const creating = { ...writing, creating: true };
const url = "https://x.example/a.png";

test("an update keeps files by id, in the order that is written", () => {
  expect(parsed("multipleAttachments", [{ id }, { url, filename: "b.png" }])).toEqual([
    { kind: "keep", id },
    { kind: "fetch", url, filename: "b.png" },
  ]);
});

test("an update takes a whole file as it was read for the wish to keep it", () => {
  const read = {
    id,
    url,
    filename: "a.png",
    size: 1,
    type: "image/png",
    width: 1,
    height: 1,
    thumbnails: {},
  };
  expect(parsed("multipleAttachments", [read])).toEqual([{ kind: "keep", id, filename: "a.png" }]);
});

test("a new record fetches the address of a file that stands elsewhere", () => {
  expect(parsed("multipleAttachments", [{ id, url }], creating)).toEqual([{ kind: "fetch", url }]);
});

test.each([
  [[{ id }], "url is required for a new record"],
  [[{ url, size: 1 }], '"size" cannot be written'],
  [[{ url, thumbnails: {} }], '"thumbnails" cannot be written'],
  [[{ url, nonsense: 1 }], '"nonsense" cannot be written'],
  [[{}], "url must be a string"],
  [[{ filename: "a" }], "url must be a string"],
  [[{ url: "data:text/plain,hi" }], "url must be an http or https address"],
  [[{ url: "file:///etc/passwd" }], "url must be an http or https address"],
  [[{ url: "javascript:alert(1)" }], "url must be an http or https address"],
  [[{ url: "not a url" }], "url must be an http or https address"],
  [[{ url: `https://x.example/${"a".repeat(16_000)}` }], "url may have at most 16000 characters"],
  [[{ url, filename: "" }], "filename must be text that is not empty"],
  [[{ url, filename: 5 }], "filename must be text that is not empty"],
  [[{ url, filename: "a\0" }], "filename must be text that is not empty"],
  [[{ url, filename: "a".repeat(256) }], "filename may have at most 255 characters"],
  [["https://x.example/a.png"], "each element must be an object"],
  [[[]], "each element must be an object"],
  [[null], "each element must be an object"],
])("a new record refuses %.60j", (value, rule) => {
  expect(() => parsed("multipleAttachments", value, creating)).toThrow(
    `Invalid attachment object for field Cell: ${rule}`,
  );
});

test("an update refuses ids that are none, and keys that no file has", () => {
  expect(() => parsed("multipleAttachments", [{ id: "recA0000000000001" }])).toThrow(
    /not an attachment id/,
  );
  expect(() => parsed("multipleAttachments", [{ id, hash: "x" }])).toThrow(
    /"hash" cannot be written/,
  );
});

test("typecast takes addresses as text", () => {
  expect(cast("multipleAttachments", "https://x.example/a,b.png, https://x.example/c.png")).toEqual(
    [
      { kind: "fetch", url: "https://x.example/a,b.png" },
      { kind: "fetch", url: "https://x.example/c.png" },
    ],
  );
  expect(cast("multipleAttachments", [url])).toEqual([{ kind: "fetch", url }]);
  expect(cast("multipleAttachments", "")).toBeNull();
  expect(() => cast("multipleAttachments", "nothing")).toThrow(/http or https/);
});

const file: StoredAttachment = {
  id,
  filename: "a.png",
  hash: "h1",
  size: 10,
  type: "image/png",
  width: 3,
  height: 4,
  thumbnails: { small: { hash: "h2", width: 1, height: 2 } },
};

test("addresses are signed when a cell is read", () => {
  const json = compileJson(sampleField("multipleAttachments"), reading)(JSON.stringify([file]));
  expect(JSON.parse(json ?? "")).toEqual([
    {
      id,
      url: "https://files.example/h1/a.png?signed",
      filename: "a.png",
      size: 10,
      type: "image/png",
      width: 3,
      height: 4,
      thumbnails: { small: { url: "https://files.example/h2/a.png?signed", width: 1, height: 2 } },
    },
  ]);
});

test("a file that is still being fetched has the address that it comes from", () => {
  const waiting = JSON.stringify([{ id, filename: "a.png", sourceUrl: url }]);
  expect(compileJson(sampleField("multipleAttachments"), reading)(waiting)).toBe(
    JSON.stringify([{ id, url, filename: "a.png" }]),
  );
});

test("files are shown with their address, or without where there is none to show", () => {
  const raw = JSON.stringify([file, { ...file, filename: "b, c.png" }]);
  const field = sampleField("multipleAttachments");
  expect(compileShow(field, showing)(raw)).toBe(
    "a.png (https://files.example/h1/a.png?signed), b, c.png (https://files.example/h1/b, c.png?signed)",
  );
  const { fileUrl: _fileUrl, ...kept } = showing;
  expect(compileShow(field, kept)(raw)).toBe('a.png, "b, c.png"');
  expect(compileShow(field, showing)(null)).toBeNull();
});
