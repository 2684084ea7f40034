import { describe, expect, test } from "vitest";
import { refusingPlace } from "./testing/refusing-place.ts";
import { withText, zipOf } from "./testing/zip-entries.ts";
import { sentFileLimits } from "./zip-reader.ts";

const place = refusingPlace();

describe("an archive that is none", () => {
  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ["no bytes", () => new Uint8Array()],
    ["text", () => Buffer.from("This is not an archive.")],
    ["the first half", (bytes) => bytes.subarray(0, bytes.length / 2)],
    ["without its last byte", (bytes) => bytes.subarray(0, -1)],
    ["an empty archive", () => Buffer.from(`PK\u0005\u0006${"\0".repeat(18)}`, "latin1")],
  ])("%s", async (_what, cut) => {
    expect((await place().refusal(cut(place().bytes))).code).toBe("records.bad-base-file");
  });
});

describe("entries that no base file has", () => {
  const sized = "files/0000000000000000000000000000000000000000000000000000000000000000";
  const hostile = (name: string): string => name.padEnd(sized.length, "x");

  test.each([
    ["a way up", hostile("../../../../etc/cron.d/")],
    ["a way up inside", hostile("files/../../")],
    ["an absolute path", hostile("/etc/passwd")],
    ["a drive", hostile("C:/")],
    ["a backslash", hostile("files\\")],
    ["NUL", hostile("files/\0")],
    ["something else", hostile("readme")],
    ["a hash in capitals", sized.replace("0", "F")],
  ])("%s", async (_what, name) => {
    const bytes = await zipOf([...place().entries, { name: sized, content: "x" }]);
    expect((await place().refusal(withText(bytes, sized, name))).code).toBe(
      "records.bad-base-file",
    );
  });

  test("a link of the file system", async () => {
    const bytes = await zipOf([
      ...place().entries,
      { name: sized, content: "/etc/passwd", mode: 0o120777 },
    ]);
    expect((await place().refusal(bytes)).message).toContain("is not an ordinary file");
  });

  test("one that is there twice", async () => {
    const [manifest] = place().entries;
    const bytes = await zipOf([...place().entries, ...(manifest === undefined ? [] : [manifest])]);
    expect((await place().refusal(bytes)).message).toBe(
      `The base file's "manifest.json" is there twice.`,
    );
  });

  test("records of a table that is not there", async () => {
    const bytes = await zipOf([
      ...place().entries,
      { name: "records/tblNobody00000000.jsonl", content: "" },
    ]);
    expect((await place().refusal(bytes)).message).toContain("tblNobody00000000");
  });
});

describe("too much", () => {
  test("an entry that unpacks to far more than it is", async () => {
    const bomb = Buffer.alloc(8 * 1024 * 1024, 32);
    const bytes = await zipOf(place().changed("users.json", () => bomb.toString()));
    expect(await place().refusal(bytes)).toMatchObject({ code: "records.base-file-too-large" });
  });

  test.each([
    ["entries", { entriesMax: 5 }],
    ["bytes, counted while unpacking", { unpackedMaxBytes: 2_000 }],
  ])("%s", async (_what, limits) => {
    const problem = await place().refusal(place().bytes, {
      limits: { ...sentFileLimits, ...limits },
    });
    expect(problem.code).toBe("records.base-file-too-large");
  });

  test("an entry that is longer than it says", async () => {
    const name = place().second;
    const bytes = await zipOf(
      place().entries.map((one) => ({ ...one, compress: one.name !== name })),
    );
    const size = Buffer.byteLength(
      String(place().entries.find((one) => one.name === name)?.content),
    );
    const said = Buffer.alloc(4);
    said.writeUInt32LE(size);
    const other = Buffer.alloc(4);
    other.writeUInt32LE(size + 1);
    const lying = withText(bytes, said.toString("latin1"), other.toString("latin1"));
    expect((await place().refusal(lying)).code).toBe("records.bad-base-file");
  });
});

describe("one changed byte", () => {
  test("in each entry is found, and the entry is named", async () => {
    for (const { name, content } of place().entries.filter((one) => one.content !== "")) {
      const bytes = await zipOf(place().entries.map((one) => ({ ...one, compress: false })));
      const at = bytes.indexOf(Buffer.from(content)) + Math.floor(Buffer.byteLength(content) / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      const problem = await place().refusal(bytes);
      expect(problem.code).toBe("records.bad-base-file");
      expect(problem.message).toContain(JSON.stringify(name));
    }
  });

  test("in a packed entry", async () => {
    const bytes = Buffer.from(place().bytes);
    const at = bytes.indexOf(place().first) + place().first.length + 40;
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    expect((await place().refusal(bytes)).message).toContain(place().first);
  });
});

describe("a manifest", () => {
  test("of a newer format is refused by its name", async () => {
    const bytes = await zipOf([
      ...place().changedJson("manifest.json", (value: object) => ({
        ...value,
        format: "basalt.base/2",
      })),
      { name: "something/new", content: "x" },
    ]);
    const problem = await place().refusal(bytes);
    expect(problem.code).toBe("records.base-file-too-new");
    expect(problem.message).toContain("basalt.base/2");
  });

  test.each([
    ["of another program", { format: "other.base/1" }],
    ["without a version", { format: "basalt.base" }],
    ["of version 0", { format: "basalt.base/0" }],
    ["with a format that is no text", { format: { version: 1 } }],
    ["with something else in it", { more: 1 }],
    [
      "with other counts of files",
      { counts: { tables: 2, records: {}, comments: 2, users: 1, files: 9 } },
    ],
  ])("%s", async (_what, change) => {
    const bytes = await zipOf(
      place().changedJson("manifest.json", (value: object) => ({ ...value, ...change })),
    );
    expect(await place().refusal(bytes)).toMatchObject({
      code: "records.bad-base-file",
      message: expect.stringContaining("manifest.json"),
    });
  });
});

describe("what is missing", () => {
  test("is named", async () => {
    for (const { name } of place().entries) {
      const problem = await place().refusal(await zipOf(place().changed(name, () => null)));
      expect(problem.code).toBe("records.bad-base-file");
      expect(problem.message).toContain(name.startsWith("files/") ? "manifest.json" : name);
    }
  });

  test("a line", async () => {
    const bytes = await zipOf(
      place().changed(place().first, (text) => text.slice(text.indexOf("\n") + 1)),
    );
    expect((await place().refusal(bytes)).message).toContain("1 lines where the manifest says 2");
  });

  test("the end of the last line", async () => {
    const bytes = await zipOf(place().changed(place().first, (text) => text.slice(0, -1)));
    expect((await place().refusal(bytes)).message).toContain("ends in the middle of a line");
  });
});
