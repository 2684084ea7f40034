import type { FieldTypeName } from "@basalt/contract";
import { expect, test } from "vitest";
import { ada, bob, cast, green, quoted, red, sampleField } from "./sample-fields.ts";

const fld = sampleField("number").id;
const rec = "recA0000000000001";

const table: [FieldTypeName, unknown, unknown][] = [
  ["singleLineText", 1.5, "1.5"],
  ["singleLineText", true, "true"],
  ["singleLineText", "a\r\nb\nc", "a b c"],
  ["multilineText", "a\nb", "a\nb"],
  ["number", "1,234.5", 1234.5],
  ["number", " 12 ", 12],
  ["number", "$5", 5],
  ["number", "-$1,234,567.89", -1_234_567.89],
  ["number", "(5)", -5],
  ["number", "1e3", 1000],
  ["number", "1,5", 1.5],
  ["number", "1.234,5", 1234.5],
  ["number", "12 €", 12],
  ["number", "50%", 0.5],
  ["number", "-0", 0],
  ["number", "twelve", null],
  ["number", "NaN", null],
  ["number", "Infinity", null],
  ["number", "1e999", null],
  ["number", "0x10", null],
  ["number", "1.2.3", null],
  ["number", "", null],
  ["number", true, 1],
  ["currency", "$1,000", 1000],
  ["percent", "12.5%", 0.125],
  ["percent", "12.5", 0.125],
  ["percent", "12.3%", 0.123],
  ["percent", 0.5, 0.5],
  ["percent", "lots", null],
  ["duration", "1:30", 5400],
  ["duration", "1:02:03", 3723],
  ["duration", "-0:30", -1800],
  ["duration", "90", 90],
  ["duration", "1:30.5", null],
  ["duration", "soon", null],
  ["rating", "3", 3],
  ["rating", "0", null],
  ["rating", "none", null],
  ["checkbox", "TRUE", true],
  ["checkbox", " Checked ", true],
  ["checkbox", "1", true],
  ["checkbox", "yes", true],
  ["checkbox", "no", null],
  ["checkbox", "", null],
  ["checkbox", 1, true],
  ["checkbox", 0, null],
  ["singleSelect", "Red", red],
  ["singleSelect", " Red ", red],
  ["singleSelect", "Blue", `new ${fld} Blue`],
  ["singleSelect", 5, `new ${fld} 5`],
  ["singleSelect", ["Red"], red],
  ["singleSelect", " ", null],
  ["multipleSelects", "Red, Green,,Red", [red, green]],
  ["multipleSelects", 'Red,"Say \\"hi\\", you"', [red, quoted]],
  ["multipleSelects", 'Red,"Say ""hi"", you"', [red, quoted]],
  ["multipleSelects", 'Say "hi", you', [quoted]],
  ["multipleSelects", ["Red", "Blue", 7], [red, `new ${fld} Blue`, `new ${fld} 7`]],
  ["multipleSelects", "", null],
  ["date", "1/2/2024", "2024-01-02"],
  ["date", "2024-01-02T23:00:00-05:00", "2024-01-03"],
  ["date", "January 2, 2024", "2024-01-02"],
  ["date", "2 Jan 2024", "2024-01-02"],
  ["date", "Tue, Jan 2nd 2024", "2024-01-02"],
  ["date", "1-2-69", "2069-01-02"],
  ["date", "1/2/70", "1970-01-02"],
  ["date", "2024/1/2", "2024-01-02"],
  ["dateTime", "1/2/2024 3:04pm", "2024-01-02T15:04:00.000Z"],
  ["dateTime", "1/2/2024, 12:04 AM", "2024-01-02T00:04:00.000Z"],
  ["dateTime", "2024-01-02 3 pm", "2024-01-02T15:00:00.000Z"],
  ["dateTime", "Jan 2, 2024 15:04:05.25", "2024-01-02T15:04:05.250Z"],
  ["singleCollaborator", "ada@example.com", ada.id],
  ["singleCollaborator", "Ada Lovelace", ada.id],
  ["singleCollaborator", [{ id: bob.id }], bob.id],
  ["singleCollaborator", "", null],
  ["multipleCollaborators", "ada@example.com, bob@example.com", [ada.id, bob.id]],
  ["multipleCollaborators", 'Ada Lovelace, "Bob \\"Bo\\", Jr"', [ada.id, bob.id]],
  ["multipleCollaborators", { id: ada.id }, [ada.id]],
  ["multipleRecordLinks", `${rec}, Acme`, [rec, `link ${fld} Acme`]],
  ["multipleRecordLinks", '"Smith, Ann", Bo', [`link ${fld} Smith, Ann`, `link ${fld} Bo`]],
  [
    "multipleRecordLinks",
    ["Acme, Inc", 5, { id: rec }],
    [`link ${fld} Acme, Inc`, `link ${fld} 5`, rec],
  ],
  ["multipleRecordLinks", [" "], null],
  ["barcode", "123", { text: "123" }],
  ["barcode", 123, { text: "123" }],
  ["barcode", { text: "1" }, { text: "1" }],
];

test.each(table)("%s makes of %j %j", (type, value, stored) => {
  expect(cast(type, value)).toEqual(stored);
});

test.each([
  ["h:mm:ss", "1:30", 90],
  ["h:mm:ss.SS", "1:30.25", 90.25],
  ["h:mm:ss", "1:02:03", 3723],
] as const)("a duration in %s reads %s", (durationFormat, text, seconds) => {
  expect(cast("duration", text, { durationFormat })).toBe(seconds);
});

test.each([
  ["european", "D/M/YYYY", "1/2/2024", "2024-02-01"],
  ["local", "l", "1/2/2024", "2024-01-02"],
  ["local", "l", "1.2.2024", "2024-02-01"],
  ["us", "M/D/YYYY", "1.2.2024", "2024-01-02"],
  ["friendly", "LL", "13 December 2024", "2024-12-13"],
])("a date in the %s format (%s) reads %s", (name, format, text, stored) => {
  expect(cast("date", text, { dateFormat: { name, format } })).toBe(stored);
});

const refused: [FieldTypeName, unknown][] = [
  ["singleLineText", ["a"]],
  ["singleLineText", { a: 1 }],
  ["singleLineText", "a\0"],
  ["number", ["1"]],
  ["number", {}],
  ["rating", "9"],
  ["checkbox", {}],
  ["singleSelect", ["Red", "Green"]],
  ["singleSelect", {}],
  ["singleSelect", "a\0"],
  ["singleSelect", "x".repeat(1001)],
  ["multipleSelects", [["Red"]]],
  ["date", "13/13/2024"],
  ["date", "someday"],
  ["date", "2/30/2024"],
  ["date", "x".repeat(100_000)],
  ["date", 5],
  ["dateTime", "1/2/2024 25:00"],
  ["dateTime", "1/2/2024 13pm"],
  ["singleCollaborator", "Nobody"],
  ["singleCollaborator", [ada.id, bob.id]],
  ["multipleCollaborators", "ada@example.com, nobody@example.com"],
  ["multipleRecordLinks", [["Acme"]]],
  ["multipleRecordLinks", [{ id: "x" }]],
  ["barcode", []],
];

test("hostile texts are read in time that grows with their length", () => {
  const long = 1_000_000;
  expect(cast("number", `${"1".repeat(long)}x`)).toBeNull();
  expect(cast("duration", `${"1".repeat(long)}x`)).toBeNull();
  expect(cast("percent", " ".repeat(long))).toBeNull();
  expect(cast("multipleAttachments", " ".repeat(long))).toBeNull();
  expect(cast("multipleSelects", ",".repeat(long))).toBeNull();
  expect(cast("richText", `* ${" ".repeat(90_000)}`)).toBe(`* ${" ".repeat(90_000)}\n`);
});

test.each(refused)("%s cannot make anything of %.40j", (type, value) => {
  expect(() => cast(type, value)).toThrow(/cannot accept the provided value|not a valid record ID/);
});
