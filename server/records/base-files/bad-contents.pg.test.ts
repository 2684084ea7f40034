import { describe, expect, test } from "vitest";
import { refusingPlace } from "./testing/refusing-place.ts";
import { zipOf, type ZippedEntry } from "./testing/zip-entries.ts";

const place = refusingPlace();

type Cells = Record<string, unknown>;
interface Schema {
  readonly tables: { readonly fields: { id: string; type: string; options: Cells }[] }[];
}

/** The id of the first table's field of this type. */
function fieldOf(type: string): string {
  const schema = JSON.parse(
    String(place().entries.find(({ name }) => name === "schema.json")?.content),
  ) as Schema;
  return schema.tables[0]?.fields.find((field) => field.type === type)?.id ?? "";
}

const withCell = (type: string, value: unknown): readonly ZippedEntry[] =>
  place().changedLine(place().first, (line) => ({
    ...line,
    cells: { ...(line["cells"] as Cells), [fieldOf(type)]: value },
  }));

describe("a schema", () => {
  const first = (change: (field: Schema["tables"][0]["fields"][0]) => void) =>
    place().changedJson("schema.json", (schema: Schema) => {
      const field = schema.tables[0]?.fields[1];
      if (field !== undefined) {
        change(field);
      }
      return schema;
    });

  test.each<[string, () => readonly ZippedEntry[], string]>([
    ["no JSON", () => place().changed("schema.json", () => "{"), "records.bad-base-file"],
    ["a list", () => place().changed("schema.json", () => "[]"), "records.bad-base-file"],
    [
      "bytes that are no text",
      () => place().changed("users.json", () => "\ud800"),
      "records.bad-base-file",
    ],
    [
      "an unknown field type",
      () => first((field) => (field.type = "hologram")),
      "records.unknown-field-type",
    ],
    [
      "a type of later versions",
      () => first((field) => (field.type = "aiText")),
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
      "a formula that is none",
      () =>
        first((field) => {
          field.type = "formula";
          field.options = { formula: 1 };
        }),
      "records.bad-field-options",
    ],
    [
      "a formula of too many characters",
      () =>
        first((field) => {
          field.type = "formula";
          field.options = { formula: `"${"x".repeat(100_000)}"` };
        }),
      "records.bad-field-options",
    ],
    [
      "a formula that reads itself",
      () =>
        first((field) => {
          field.type = "formula";
          field.options = { formula: `{${field.id}} & ""` };
        }),
      "records.formula-cycle",
    ],
    [
      "a count over something that is no id",
      () =>
        first((field) => {
          field.type = "count";
          field.options = { recordLinkFieldId: `fld"; drop` };
        }),
      "records.bad-field-options",
    ],
    [
      "no tables",
      () => place().changedJson("schema.json", (schema: object) => ({ ...schema, tables: [] })),
      "records.bad-base-file",
    ],
  ])("with %s", async (_what, entries, code) => {
    expect((await place().refusal(await zipOf(entries()))).code).toBe(code);
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
    ["with changes that are a list", (line) => ({ ...line, changed: [] })],
    ["with a change of no field", (line) => ({ ...line, changed: { x: { at: 1 } } })],
    [
      "with a change at no time",
      (line) => ({ ...line, changed: { fldAAAAAAAAAAAAAA: { at: "now" } } }),
    ],
    [
      "with a change by nobody",
      (line) => ({ ...line, changed: { fldAAAAAAAAAAAAAA: { at: 1, by: "x" } } }),
    ],
    ["with cells that are a list", (line) => ({ ...line, cells: [] })],
    ["with something else", (line) => ({ ...line, version: 1 })],
    ["with a cell of no field", (line) => ({ ...line, cells: { fldNobody00000000: 1 } })],
    ["with a cell of the prototype", (line) => ({ ...line, cells: { constructor: 1 } })],
  ])("%s", async (_what, change) => {
    expect(
      await place().refusal(await zipOf(place().changedLine(place().first, change))),
    ).toMatchObject({
      code: "records.bad-base-file",
      message: expect.stringContaining(place().first),
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
      expect(await place().refusal(await zipOf(withCell(type, value)), { keepIds })).toMatchObject({
        code: "records.bad-base-file",
        message: expect.stringContaining(place().first),
      });
    }
  });

  test("that is no JSON is named by its line", async () => {
    const bytes = await zipOf(place().changed(place().first, (text) => text.replace("\n", "\n{")));
    expect((await place().refusal(bytes)).message).toContain("line 2");
  });

  test("twice, or with a number that another has", async () => {
    for (const key of ["id", "number"]) {
      const bytes = await zipOf(
        place().changed(place().first, (text) => {
          const [one = "", two = ""] = text.trimEnd().split("\n");
          const same = { ...JSON.parse(two), [key]: JSON.parse(one)[key] };
          return `${one}\n${JSON.stringify(same)}\n`;
        }),
      );
      expect((await place().refusal(bytes)).message).toContain("is there already");
    }
  });

  test("that is linked from one side only", async () => {
    const bytes = await zipOf(
      place().changedLine(place().second, (line) => ({ ...line, cells: {} })),
    );
    expect((await place().refusal(bytes)).message).toContain("does not link back");
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
    const bytes = await zipOf(
      place().changedLine("comments.jsonl", (line) => ({ ...line, ...change })),
    );
    expect(await place().refusal(bytes)).toMatchObject({
      code: "records.bad-base-file",
      message: expect.stringContaining("comments.jsonl"),
    });
  });
});
