import { type FieldTypeName, fieldTypeNames } from "@basalt/contract";
import { expect, test } from "vitest";
import { conversion, type ConversionContext, convertible, optionsAfter } from "./convert.ts";
import type { Stored, StoredOptions } from "./field-type.ts";
import { fieldTypes } from "./registry.ts";
import { ada, configuring, green, red, sampleField, showing, writing } from "./sample-fields.ts";

const context: ConversionContext = { ...writing, linkText: showing.linkText };
const names = fieldTypeNames.filter((name) => fieldTypes[name] !== undefined);

function convert(
  from: FieldTypeName,
  to: FieldTypeName,
  text: string | null,
  options?: StoredOptions,
): Stored {
  const way = conversion(sampleField(from), sampleField(to, options), context);
  if (way?.kind !== "cells") {
    throw new Error(`${from} does not become ${to} cell by cell`);
  }
  return way.convert(text);
}

const fld = sampleField("number").id;

const table: [FieldTypeName, FieldTypeName, string | null, Stored][] = [
  ["number", "singleLineText", "1234.5", "1234.50"],
  ["currency", "singleLineText", "5", "$5.00"],
  ["percent", "singleLineText", "0.5", "50.0%"],
  ["duration", "singleLineText", "5400", "1:30"],
  ["checkbox", "singleLineText", "t", "checked"],
  ["singleSelect", "singleLineText", red, "Red"],
  ["multipleSelects", "singleLineText", `{${red},${green}}`, "Red, Green"],
  ["date", "singleLineText", "2024-01-02", "1/2/2024"],
  ["dateTime", "email", "2024-01-02 03:04:05+00", "1/2/2024 03:04"],
  ["singleCollaborator", "singleLineText", ada.id, "Ada Lovelace"],
  ["multipleRecordLinks", "singleLineText", "{recA0000000000001}", "Text of recA0000000000001"],
  [
    "multipleAttachments",
    "singleLineText",
    '[{"id":"att","filename":"a.png","hash":"h"}]',
    "a.png",
  ],
  ["barcode", "singleLineText", '{"text":"12"}', "12"],
  ["autoNumber", "singleLineText", "17", "17"],
  ["createdTime", "singleLineText", "2024-01-02 03:04:05+00", "1/2/2024 03:04"],
  ["singleLineText", "richText", "* a", "- a\n"],
  ["singleLineText", "number", "1,234.5", 1234.5],
  ["singleLineText", "number", "none", null],
  ["singleLineText", "percent", "50%", 0.5],
  ["singleLineText", "duration", "1:30", 5400],
  ["singleLineText", "rating", "3", 3],
  ["singleLineText", "rating", "9", null],
  ["singleLineText", "checkbox", "checked", true],
  ["singleLineText", "date", "1/2/2024", "2024-01-02"],
  ["singleLineText", "date", "13/13/2024", null],
  ["singleLineText", "dateTime", "1/2/2024 03:04", "2024-01-02T03:04:00.000Z"],
  ["singleLineText", "singleSelect", "Red", red],
  ["singleLineText", "singleSelect", "Blue", `new ${fld} Blue`],
  ["singleLineText", "multipleSelects", "Red, Blue", [red, `new ${fld} Blue`]],
  ["singleLineText", "singleCollaborator", "ada@example.com", ada.id],
  ["singleLineText", "singleCollaborator", "nobody", null],
  ["singleLineText", "barcode", "12", { text: "12" }],
  ["singleSelect", "checkbox", red, null],
  [
    "multipleRecordLinks",
    "multipleSelects",
    "{recA0000000000001}",
    [`new ${fld} Text of recA0000000000001`],
  ],
  ["number", "singleSelect", "5", `new ${fld} 5.00`],
  ["singleLineText", "number", null, null],
];

test.each(table)("%s becomes %s: %s is then %j", (from, to, text, stored) => {
  expect(convert(from, to, text)).toEqual(stored);
});

test("what is shown of a field is read back by the field that it came from", () => {
  for (const [type, text, stored] of [
    ["number", "1234.5", 1234.5],
    ["currency", "-1234.5", -1234.5],
    ["percent", "0.125", 0.125],
    ["duration", "5400", 5400],
    ["date", "2024-01-02", "2024-01-02"],
    ["dateTime", "2024-01-02 03:04:00+00", "2024-01-02T03:04:00.000Z"],
    ["multipleSelects", `{${red},${green}}`, [red, green]],
  ] as const) {
    const shown = convert(type, "singleLineText", text);
    expect(convert("singleLineText", type, shown as string), type).toEqual(stored);
  }
});

test("a refusal to make choices is heard, not taken for a lost cell", () => {
  const refusing: ConversionContext = {
    ...context,
    newChoice() {
      throw new Error("may not");
    },
  };
  const way = conversion(sampleField("email"), sampleField("singleSelect"), refusing);
  expect(() => way?.kind === "cells" && way.convert("Blue")).toThrow("may not");
});

test("every pair either has a way or is none, and every type becomes text", () => {
  for (const from of names) {
    for (const to of names) {
      const way = conversion(sampleField(from), sampleField(to), context);
      expect(way !== undefined, `${from} to ${to}`).toBe(convertible[to]?.includes(from) === true);
    }
    expect(conversion(sampleField(from), sampleField("multilineText"), context)).toBeDefined();
  }
  for (const to of [
    "multipleRecordLinks",
    "multipleAttachments",
    "autoNumber",
    "createdTime",
  ] as const) {
    expect(conversion(sampleField("singleLineText"), sampleField(to), context)).toBeUndefined();
  }
});

test("a select that becomes the other select keeps its choices", () => {
  const single = sampleField("singleSelect");
  expect(optionsAfter(single, { to: "multipleSelects", input: undefined }, configuring)).toBe(
    single.options,
  );
  const changed = optionsAfter(
    single,
    { to: "multipleSelects", input: { choices: [{ name: "Green" }] } },
    configuring,
  );
  expect(changed).toMatchObject({ choices: [{ id: green, name: "Green" }] });
  const text = sampleField("singleLineText");
  expect(optionsAfter(text, { to: "singleSelect", input: undefined }, configuring)).toEqual({
    choices: [],
  });
  expect(optionsAfter(text, { to: "number", input: { precision: 1 } }, configuring)).toEqual({
    precision: 1,
  });
  expect(() => optionsAfter(text, { to: "number", input: undefined }, configuring)).toThrow(
    /options/,
  );
});
