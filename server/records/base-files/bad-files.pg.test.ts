import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Problem, sql, type Scope } from "#kernel";
import { listBases } from "#workspaces";
import { openTestWorld, testWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { newOwner } from "../testing/new-base.ts";
import { exportBase } from "./export-base.ts";
import { importBase } from "./import-base.ts";
import { fullBase } from "./testing/full-base.ts";
import { entriesOfZip, withText, zipOf, type ZippedEntry } from "./testing/zip-entries.ts";
import { sentFileLimits } from "./zip-reader.ts";

const world = testWorld();

let folder: string;
let there: TestWorld;
let scope: Scope;
let workspaceId: string;
let good: readonly ZippedEntry[];
let goodBytes: Buffer;
let entry: { readonly first: string; readonly second: string; readonly file: string };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-bad-base-file-"));
  const here = await newOwner(world());
  const baseId = await fullBase(here.scope, here.workspaceId);
  const { bytes } = await exportBase(here.scope, { baseId, program: "test" });
  goodBytes = Buffer.concat(await Array.fromAsync(bytes as AsyncIterable<Uint8Array>));
  const entries = await entriesOfZip(await saved(goodBytes));
  good = entries.map(([name, content]) => ({ name, content }));
  const [first = "", second = ""] = entries
    .map(([name]) => name)
    .filter((name) => name.startsWith("records/"));
  entry = { first, second, file: entries.find(([name]) => name.startsWith("files/"))?.[0] ?? "" };
  there = await openTestWorld();
  ({ scope, workspaceId } = await newOwner(there, "There"));
});
afterAll(async () => {
  await there.close();
  await rm(folder, { recursive: true });
});

/** Whatever was refused, nothing of it is there. */
afterEach(async () => {
  expect(await listBases(there.system)).toEqual([]);
  const rows = await there.db.all(sql`
    select id from records.bases union all select id from records.fields union all select id from records.comments
    union all select nspname::text from pg_namespace where nspname like 'app%'
    union all select base_id from kernel.events`);
  expect(rows).toEqual([]);
});

async function saved(bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, randomUUID());
  await writeFile(file, bytes);
  return file;
}

async function refusal(bytes: Uint8Array, keepIds = true): Promise<Problem> {
  const file = await saved(bytes);
  try {
    await importBase(scope, { workspaceId, keepIds, file });
  } catch (error) {
    if (error instanceof Problem) {
      return error;
    }
    throw error;
  }
  throw new Error("the file was taken in");
}

/** The good entries with one of them changed; null leaves it out. */
function changed(name: string, change: (text: string) => string | null): readonly ZippedEntry[] {
  return good.flatMap((one) => {
    const content = one.name === name ? change(String(one.content)) : one.content;
    return content === null ? [] : [{ ...one, content }];
  });
}

/** The same with the first line of an entry changed as an object. */
function changedLine(
  name: string,
  change: (line: Record<string, unknown>) => object,
): readonly ZippedEntry[] {
  return changed(name, (text) => {
    const [first = "", ...rest] = text.split("\n");
    return [JSON.stringify(change(JSON.parse(first))), ...rest].join("\n");
  });
}

function changedJson(name: string, change: (value: never) => unknown): readonly ZippedEntry[] {
  return changed(name, (text) => JSON.stringify(change(JSON.parse(text) as never)));
}

type Cells = Record<string, unknown>;
interface Schema {
  readonly tables: { readonly fields: { id: string; type: string; options: Cells }[] }[];
}

/** The id of the first table's field of this type. */
function fieldOf(type: string): string {
  const schema = JSON.parse(
    String(good.find(({ name }) => name === "schema.json")?.content),
  ) as Schema;
  return schema.tables[0]?.fields.find((field) => field.type === type)?.id ?? "";
}

const withCell = (type: string, value: unknown): readonly ZippedEntry[] =>
  changedLine(entry.first, (line) => ({
    ...line,
    cells: { ...(line["cells"] as Cells), [fieldOf(type)]: value },
  }));

describe("an archive that is none", () => {
  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ["no bytes", () => new Uint8Array()],
    ["text", () => Buffer.from("This is not an archive.")],
    ["the first half", (bytes) => bytes.subarray(0, bytes.length / 2)],
    ["without its last byte", (bytes) => bytes.subarray(0, -1)],
    ["an empty archive", () => Buffer.from(`PK\u0005\u0006${"\0".repeat(18)}`, "latin1")],
  ])("%s", async (_what, cut) => {
    expect((await refusal(cut(goodBytes))).code).toBe("records.bad-base-file");
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
    const bytes = await zipOf([...good, { name: sized, content: "x" }]);
    expect((await refusal(withText(bytes, sized, name))).code).toBe("records.bad-base-file");
  });

  test("a link of the file system", async () => {
    const bytes = await zipOf([...good, { name: sized, content: "/etc/passwd", mode: 0o120777 }]);
    expect((await refusal(bytes)).message).toContain("is not an ordinary file");
  });

  test("one that is there twice", async () => {
    const [manifest] = good;
    const bytes = await zipOf([...good, ...(manifest === undefined ? [] : [manifest])]);
    expect((await refusal(bytes)).message).toBe(`The base file's "manifest.json" is there twice.`);
  });

  test("records of a table that is not there", async () => {
    const bytes = await zipOf([...good, { name: "records/tblNobody00000000.jsonl", content: "" }]);
    expect((await refusal(bytes)).message).toContain("tblNobody00000000");
  });
});

describe("too much", () => {
  test("an entry that unpacks to far more than it is", async () => {
    const bomb = Buffer.alloc(8 * 1024 * 1024, 32);
    const bytes = await zipOf(changed("users.json", () => bomb.toString()));
    expect(await refusal(bytes)).toMatchObject({ code: "records.base-file-too-large" });
  });

  test.each([
    ["entries", { entriesMax: 5 }],
    ["bytes, counted while unpacking", { unpackedMaxBytes: 2_000 }],
  ])("%s", async (_what, limits) => {
    const call = importBase(scope, {
      workspaceId,
      keepIds: true,
      file: await saved(goodBytes),
      limits: { ...sentFileLimits, ...limits },
    });
    await expect(call).rejects.toMatchObject({ code: "records.base-file-too-large" });
  });

  test("an entry that is longer than it says", async () => {
    const name = entry.second;
    const bytes = await zipOf(good.map((one) => ({ ...one, compress: one.name !== name })));
    const size = Buffer.byteLength(String(good.find((one) => one.name === name)?.content));
    const said = Buffer.alloc(4);
    said.writeUInt32LE(size);
    const other = Buffer.alloc(4);
    other.writeUInt32LE(size + 1);
    const lying = withText(bytes, said.toString("latin1"), other.toString("latin1"));
    expect((await refusal(lying)).code).toBe("records.bad-base-file");
  });
});

describe("one changed byte", () => {
  test("in each entry is found, and the entry is named", async () => {
    for (const { name, content } of good.filter((one) => one.content !== "")) {
      const bytes = await zipOf(good.map((one) => ({ ...one, compress: false })));
      const at = bytes.indexOf(Buffer.from(content)) + Math.floor(Buffer.byteLength(content) / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      const problem = await refusal(bytes);
      expect(problem.code).toBe("records.bad-base-file");
      expect(problem.message).toContain(JSON.stringify(name));
    }
  });

  test("in a packed entry", async () => {
    const bytes = Buffer.from(goodBytes);
    const at = bytes.indexOf(entry.first) + entry.first.length + 40;
    bytes[at] = (bytes[at] ?? 0) ^ 0x10;
    expect((await refusal(bytes)).message).toContain(entry.first);
  });
});

describe("a manifest", () => {
  test("of a newer format is refused by its name", async () => {
    const bytes = await zipOf([
      ...changedJson("manifest.json", (value: object) => ({ ...value, format: "basalt.base/2" })),
      { name: "something/new", content: "x" },
    ]);
    const problem = await refusal(bytes);
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
      changedJson("manifest.json", (value: object) => ({ ...value, ...change })),
    );
    expect(await refusal(bytes)).toMatchObject({
      code: "records.bad-base-file",
      message: expect.stringContaining("manifest.json"),
    });
  });
});

describe("what is missing", () => {
  test("is named", async () => {
    for (const { name } of good) {
      const problem = await refusal(await zipOf(changed(name, () => null)));
      expect(problem.code).toBe("records.bad-base-file");
      expect(problem.message).toContain(name.startsWith("files/") ? "manifest.json" : name);
    }
  });

  test("a line", async () => {
    const bytes = await zipOf(changed(entry.first, (text) => text.slice(text.indexOf("\n") + 1)));
    expect((await refusal(bytes)).message).toContain("1 lines where the manifest says 2");
  });

  test("the end of the last line", async () => {
    const bytes = await zipOf(changed(entry.first, (text) => text.slice(0, -1)));
    expect((await refusal(bytes)).message).toContain("ends in the middle of a line");
  });
});

describe("a schema", () => {
  const first = (change: (field: Schema["tables"][0]["fields"][0]) => void) =>
    changedJson("schema.json", (schema: Schema) => {
      const field = schema.tables[0]?.fields[1];
      if (field !== undefined) {
        change(field);
      }
      return schema;
    });

  test.each<[string, () => readonly ZippedEntry[], string]>([
    ["no JSON", () => changed("schema.json", () => "{"), "records.bad-base-file"],
    ["a list", () => changed("schema.json", () => "[]"), "records.bad-base-file"],
    [
      "bytes that are no text",
      () => changed("users.json", () => "\ud800"),
      "records.bad-base-file",
    ],
    [
      "an unknown field type",
      () => first((field) => (field.type = "hologram")),
      "records.unknown-field-type",
    ],
    [
      "a type of later versions",
      () => first((field) => (field.type = "formula")),
      "records.unsupported-field-type",
    ],
    [
      "a field id that is none",
      () => first((field) => (field.id = `fld"; drop`)),
      "records.bad-schema",
    ],
    [
      "an id twice",
      () => first((field) => (field.id = fieldOf("singleLineText"))),
      "records.bad-schema",
    ],
    [
      "options of another type",
      () => first((field) => (field.options = { precision: 1 })),
      "records.bad-field-options",
    ],
    [
      "no tables",
      () => changedJson("schema.json", (schema: object) => ({ ...schema, tables: [] })),
      "records.bad-base-file",
    ],
  ])("with %s", async (_what, entries, code) => {
    expect((await refusal(await zipOf(entries()))).code).toBe(code);
  });
});

describe("a record", () => {
  test.each<[string, (line: Record<string, unknown>) => object]>([
    ["without an id", ({ id: _id, ...line }) => line],
    ["with an id that is none", (line) => ({ ...line, id: "rec'; drop table x" })],
    ["with a number that is none", (line) => ({ ...line, number: "1" })],
    ["with a number beyond counting", (line) => ({ ...line, number: 1e300 })],
    ["with a time that is none", (line) => ({ ...line, createdTime: "yesterday" })],
    [
      "with a time that no calendar has",
      (line) => ({ ...line, createdTime: "2026-02-31T00:00:00Z" }),
    ],
    ["with cells that are a list", (line) => ({ ...line, cells: [] })],
    ["with something else", (line) => ({ ...line, version: 1 })],
    ["with a cell of no field", (line) => ({ ...line, cells: { fldNobody00000000: 1 } })],
    ["with a cell of the prototype", (line) => ({ ...line, cells: { constructor: 1 } })],
  ])("%s", async (_what, change) => {
    expect(await refusal(await zipOf(changedLine(entry.first, change)))).toMatchObject({
      code: "records.bad-base-file",
      message: expect.stringContaining(entry.first),
    });
  });

  test.each<[string, unknown]>([
    ["singleLineText", 1],
    ["multilineText", { text: "x" }],
    ["singleLineText", "a\u0000b"],
    ["number", "1"],
    ["number", true],
    ["rating", 11],
    ["checkbox", "true"],
    ["singleSelect", "Red"],
    ["multipleSelects", ["selX"]],
    ["date", "2026-02-30"],
    ["date", "infinity"],
    ["dateTime", "now"],
    ["singleCollaborator", "ada@example.com"],
    ["multipleCollaborators", "usrAAAAAAAAAAAAAA"],
    ["multipleAttachments", [{ id: "attAAAAAAAAAAAAAA", filename: "x" }]],
    ["multipleAttachments", [{ id: "attAAAAAAAAAAAAAA", filename: "x", hash: "0".repeat(64) }]],
    ["multipleAttachments", [{ id: "../x", filename: "x", hash: "0".repeat(64) }]],
    ["multipleAttachments", [null]],
    ["barcode", "123"],
    ["barcode", { text: "1", extra: 2 }],
    ["autoNumber", 1],
    ["createdTime", "2026-01-01T00:00:00Z"],
    ["multipleRecordLinks", ["recNobody00000000"]],
    ["multipleRecordLinks", "recNobody00000000"],
  ])("with a %s of %j", async (type, value) => {
    for (const keepIds of [true, false]) {
      expect(await refusal(await zipOf(withCell(type, value)), keepIds)).toMatchObject({
        code: "records.bad-base-file",
        message: expect.stringContaining(entry.first),
      });
    }
  });

  test("that is no JSON is named by its line", async () => {
    const bytes = await zipOf(changed(entry.first, (text) => text.replace("\n", "\n{")));
    expect((await refusal(bytes)).message).toContain("line 2");
  });

  test("twice, or with a number that another has", async () => {
    for (const key of ["id", "number"]) {
      const bytes = await zipOf(
        changed(entry.first, (text) => {
          const [one = "", two = ""] = text.trimEnd().split("\n");
          const same = { ...JSON.parse(two), [key]: JSON.parse(one)[key] };
          return `${one}\n${JSON.stringify(same)}\n`;
        }),
      );
      expect((await refusal(bytes)).message).toContain("is there already");
    }
  });

  test("that is linked from one side only", async () => {
    const bytes = await zipOf(changedLine(entry.second, (line) => ({ ...line, cells: {} })));
    expect((await refusal(bytes)).message).toContain("does not link back");
  });
});

describe("a comment", () => {
  test.each<[string, object]>([
    ["on a record that is not there", { recordId: "recNobody00000000" }],
    ["on a table that is not there", { tableId: "tblNobody00000000" }],
    ["that answers nobody", { parentId: "comNobody00000000" }],
    ["without an author", { authorId: null }],
    ["with mentions that are none", { mentioned: { usrAAAAAAAAAAAAAA: 1 } }],
    ["with NUL", { text: "\u0000" }],
    ["with something else", { likes: 1 }],
  ])("%s", async (_what, change) => {
    const bytes = await zipOf(changedLine("comments.jsonl", (line) => ({ ...line, ...change })));
    expect(await refusal(bytes)).toMatchObject({
      code: "records.bad-base-file",
      message: expect.stringContaining("comments.jsonl"),
    });
  });
});
