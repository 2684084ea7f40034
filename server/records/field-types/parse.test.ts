import { type FieldTypeName, fieldTypeNames } from "@basalt/contract";
import { expect, test } from "vitest";
import type { Stored } from "./field-type.ts";
import { fieldTypes, typeOf } from "./registry.ts";
import { ada, bob, green, parsed, red, sampleField, writing } from "./sample-fields.ts";

const wrongType = 'Field "Cell" cannot accept the provided value';
const rec = "recA0000000000001";
const names = fieldTypeNames.filter((name) => fieldTypes[name] !== undefined);
const writable = names.filter((name) => fieldTypes[name]?.computed === false);

function refusal(
  type: FieldTypeName,
  value: unknown,
  context = writing,
): { type?: string; message?: string } {
  try {
    parsed(type, value, context);
  } catch (error) {
    const { details } = error as { details?: { airtable?: { type: string; message?: string } } };
    if (details?.airtable !== undefined) {
      return details.airtable;
    }
    throw error;
  }
  throw new Error(`${type} took ${JSON.stringify(value)}`);
}

const good: [FieldTypeName, unknown, Stored][] = [
  ["singleLineText", "a", "a"],
  ["singleLineText", "two\nlines", "two\nlines"],
  ["singleLineText", "", null],
  ["singleLineText", "NaN", "NaN"],
  ["singleLineText", "👩‍👩‍👧 ü", "👩‍👩‍👧 ü"],
  ["singleLineText", "cut \ud83d", "cut \ufffd"],
  ["singleLineText", "\udc00 cut", "\ufffd cut"],
  ["multilineText", "a\r\nb", "a\r\nb"],
  ["multilineText", "x".repeat(100_000), "x".repeat(100_000)],
  ["multilineText", "😀".repeat(100_000), "😀".repeat(100_000)],
  ["richText", "* one\n+ two\n  • three", "- one\n- two\n  - three\n"],
  ["richText", "* * *\n**bold**\n```\n* code\n```\n", "* * *\n**bold**\n```\n* code\n```\n"],
  ["richText", `${"x".repeat(100_000)}\n`, `${"x".repeat(100_000)}\n`],
  ["richText", "\n", null],
  ["richText", "", null],
  ["email", "not an address", "not an address"],
  ["url", "example.com", "example.com"],
  ["phoneNumber", "+1 (23)", "+1 (23)"],
  ["number", 0, 0],
  ["number", -0, 0],
  ["number", -1.5e-300, -1.5e-300],
  ["number", Number.MAX_VALUE, Number.MAX_VALUE],
  ["currency", 5.005, 5.005],
  ["percent", 0.5, 0.5],
  ["duration", -90.25, -90.25],
  ["rating", 5, 5],
  ["rating", 0, null],
  ["checkbox", true, true],
  ["checkbox", false, null],
  ["singleSelect", "Red", red],
  ["singleSelect", "", null],
  ["multipleSelects", ["Green", "Red", "Green"], [green, red]],
  ["multipleSelects", [], null],
  ["date", "2024-02-29", "2024-02-29"],
  ["date", "0001-01-01", "0001-01-01"],
  ["date", "9999-12-31", "9999-12-31"],
  ["date", "2024-01-01T23:30:00-05:00", "2024-01-02"],
  ["date", "2024-01-01T23:30:00", "2024-01-01"],
  ["date", "", null],
  ["dateTime", "2024-01-02", "2024-01-02T00:00:00.000Z"],
  ["dateTime", "2024-01-02T03:04Z", "2024-01-02T03:04:00.000Z"],
  ["dateTime", "2024-01-02T03:04:05.6789Z", "2024-01-02T03:04:05.678Z"],
  ["dateTime", "2024-01-02 03:04:05+0530", "2024-01-01T21:34:05.000Z"],
  ["dateTime", "0050-01-02T03:04:05Z", "0050-01-02T03:04:05.000Z"],
  ["dateTime", 1_704_164_645_678.9, "2024-01-02T03:04:05.678Z"],
  ["singleCollaborator", { id: ada.id }, ada.id],
  ["singleCollaborator", { email: "bob@example.com" }, bob.id],
  ["singleCollaborator", { ...ada, extra: 1 }, ada.id],
  ["singleCollaborator", ada.id, ada.id],
  ["multipleCollaborators", [{ id: ada.id }, { email: bob.email }, ada.id], [ada.id, bob.id]],
  ["multipleCollaborators", [], null],
  ["multipleRecordLinks", [rec, { id: rec }], [rec]],
  ["multipleRecordLinks", [], null],
  ["multipleAttachments", [], null],
  [
    "multipleAttachments",
    [{ url: "https://x.example/a b.png" }],
    [{ kind: "fetch", url: "https://x.example/a%20b.png" }],
  ],
  ["barcode", { text: "123" }, { text: "123" }],
  ["barcode", { text: "123", type: "upce" }, { text: "123", type: "upce" }],
  ["barcode", { text: "" }, null],
];

test.each(good)("%s takes %j", (type, value, stored) => {
  expect(parsed(type, value)).toEqual(stored);
});

test.each(writable)("%s is cleared by null, strictly and with typecast", (type) => {
  const field = sampleField(type);
  expect(typeOf(field).parse(null, field, writing)).toBeNull();
  expect(typeOf(field).typecast(null, field, writing)).toBeNull();
});

test.each(names.filter((name) => !writable.includes(name)))(
  "%s takes nothing, not even null",
  (type) => {
    for (const value of [null, "x", 1]) {
      expect(refusal(type, value)).toEqual({
        type: "INVALID_VALUE_FOR_COLUMN",
        message: 'Field "Cell" cannot accept a value because the field is computed',
      });
    }
  },
);

const takes: Partial<Record<FieldTypeName, readonly string[]>> = {
  number: ["number"],
  currency: ["number"],
  percent: ["number"],
  duration: ["number"],
  rating: ["number"],
  checkbox: ["boolean"],
  singleSelect: ["string"],
  multipleSelects: ["array"],
  date: ["string"],
  dateTime: ["string", "number"],
  singleCollaborator: ["string", "object"],
  multipleCollaborators: ["array"],
  multipleRecordLinks: ["array"],
  multipleAttachments: ["array"],
  barcode: ["object"],
};
const samples: Readonly<Record<string, unknown>> = {
  string: "x",
  number: 1,
  boolean: true,
  array: ["x"],
  object: { some: "key" },
};

test.each(writable)("%s refuses every other kind of JSON", (type) => {
  for (const [kind, value] of Object.entries(samples)) {
    if (!(takes[type] ?? ["string"]).includes(kind)) {
      expect(refusal(type, value), kind).toEqual({
        type: "INVALID_VALUE_FOR_COLUMN",
        message: wrongType,
      });
    }
  }
});

const long = "x".repeat(100_001);
const bad: [FieldTypeName, unknown, string][] = [
  ["singleLineText", "a\0b", "INVALID_VALUE_FOR_COLUMN"],
  ["singleLineText", long, "INVALID_VALUE_FOR_COLUMN"],
  ["multilineText", "😀".repeat(100_001), "INVALID_VALUE_FOR_COLUMN"],
  ["multilineText", "x".repeat(1_000_000), "INVALID_VALUE_FOR_COLUMN"],
  ["richText", long, "INVALID_VALUE_FOR_COLUMN"],
  ["number", Number.POSITIVE_INFINITY, "INVALID_VALUE_FOR_COLUMN"],
  ["number", Number.NaN, "INVALID_VALUE_FOR_COLUMN"],
  ["number", "1", "INVALID_VALUE_FOR_COLUMN"],
  ["rating", 6, "INVALID_VALUE_FOR_COLUMN"],
  ["rating", -1, "INVALID_VALUE_FOR_COLUMN"],
  ["rating", 1.5, "INVALID_VALUE_FOR_COLUMN"],
  ["singleSelect", "red", "INVALID_MULTIPLE_CHOICE_OPTIONS"],
  ["singleSelect", "constructor", "INVALID_MULTIPLE_CHOICE_OPTIONS"],
  ["multipleSelects", ["Red", "Blue"], "INVALID_MULTIPLE_CHOICE_OPTIONS"],
  ["multipleSelects", [["Red"]], "INVALID_VALUE_FOR_COLUMN"],
  ["multipleSelects", [null], "INVALID_VALUE_FOR_COLUMN"],
  ["date", "2026-02-30", "INVALID_VALUE_FOR_COLUMN"],
  ["date", "2023-02-29", "INVALID_VALUE_FOR_COLUMN"],
  ["date", "0000-01-01", "INVALID_VALUE_FOR_COLUMN"],
  ["date", "10000-01-01", "INVALID_VALUE_FOR_COLUMN"],
  ["date", "0001-01-01T00:00:00+01:00", "INVALID_VALUE_FOR_COLUMN"],
  ["date", "9999-12-31T23:59:59-01:00", "INVALID_VALUE_FOR_COLUMN"],
  ["date", "1/2/2024", "INVALID_VALUE_FOR_COLUMN"],
  ["date", "today", "INVALID_VALUE_FOR_COLUMN"],
  ["dateTime", "2024-01-02T24:00:00Z", "INVALID_VALUE_FOR_COLUMN"],
  ["dateTime", "2024-01-02T23:60:00Z", "INVALID_VALUE_FOR_COLUMN"],
  ["dateTime", "2024-01-02T23:59:60Z", "INVALID_VALUE_FOR_COLUMN"],
  ["dateTime", "2024-01-02T00:00:00+25:00", "INVALID_VALUE_FOR_COLUMN"],
  ["dateTime", "0001-01-01T00:00:00+01:00", "INVALID_VALUE_FOR_COLUMN"],
  ["dateTime", 1e16, "INVALID_VALUE_FOR_COLUMN"],
  ["dateTime", Number.NaN, "INVALID_VALUE_FOR_COLUMN"],
  ["singleCollaborator", "usrNobody00000009", "INVALID_VALUE_FOR_COLUMN"],
  ["singleCollaborator", "ada@example.com", "INVALID_VALUE_FOR_COLUMN"],
  ["singleCollaborator", { id: "recA0000000000001" }, "INVALID_VALUE_FOR_COLUMN"],
  ["singleCollaborator", { id: 7, email: "ada@example.com" }, "INVALID_VALUE_FOR_COLUMN"],
  ["singleCollaborator", { email: "nobody@example.com" }, "INVALID_VALUE_FOR_COLUMN"],
  ["multipleCollaborators", [[ada.id]], "INVALID_VALUE_FOR_COLUMN"],
  ["multipleCollaborators", [null], "INVALID_VALUE_FOR_COLUMN"],
  ["multipleRecordLinks", ["foo"], "INVALID_RECORD_ID"],
  ["multipleRecordLinks", ["tblA0000000000001"], "INVALID_RECORD_ID"],
  ["multipleRecordLinks", ["recTooShort"], "INVALID_RECORD_ID"],
  ["multipleRecordLinks", ['rec}{,"0000000001'], "INVALID_RECORD_ID"],
  ["multipleRecordLinks", [[rec]], "INVALID_VALUE_FOR_COLUMN"],
  ["multipleRecordLinks", [{ id: null }], "INVALID_VALUE_FOR_COLUMN"],
  ["barcode", { text: 1 }, "INVALID_VALUE_FOR_COLUMN"],
  ["barcode", { text: "1", more: 1 }, "INVALID_VALUE_FOR_COLUMN"],
  ["barcode", { type: "upce" }, "INVALID_VALUE_FOR_COLUMN"],
  ["barcode", { text: long }, "INVALID_VALUE_FOR_COLUMN"],
];

test.each(bad)("%s refuses %.60j as %s", (type, value, code) => {
  const { type: answered, message = "" } = refusal(type, value);
  expect(answered).toBe(code);
  expect(message.length).toBeLessThan(300);
});

test("messages are Airtable's, and name the rule where the kind was right", () => {
  expect(refusal("singleSelect", "Blue").message).toBe(
    'Insufficient permissions to create new select option ""Blue""',
  );
  expect(refusal("multipleRecordLinks", ["foo"]).message).toBe(
    'Value "foo" is not a valid record ID.',
  );
  expect(refusal("number", "1").message).toBe(wrongType);
  expect(refusal("singleLineText", long).message).toBe(
    `${wrongType}: text may have at most 100,000 characters`,
  );
  expect(refusal("rating", 9).message).toBe(`${wrongType}: a rating is a whole number from 1 to 5`);
});

test("a thousand nested arrays are refused like any other wrong value", () => {
  const nested = JSON.parse("[".repeat(1000) + "]".repeat(1000)) as unknown;
  for (const type of writable.filter((name) => name !== "multipleAttachments")) {
    expect(refusal(type, nested).type).toBe("INVALID_VALUE_FOR_COLUMN");
  }
});

test("a date-time without an offset is in the field's zone, a gap in its clock is stepped over", () => {
  const field = sampleField("dateTime", {
    timeZone: "America/New_York",
    dateFormat: { name: "iso", format: "YYYY-MM-DD" },
    timeFormat: { name: "24hour", format: "HH:mm" },
  });
  const parse = (value: unknown) => typeOf(field).parse(value, field, writing);
  expect(parse("2024-07-01T12:00:00")).toBe("2024-07-01T16:00:00.000Z");
  expect(parse("2024-01-01")).toBe("2024-01-01T05:00:00.000Z");
  expect(parse("2024-03-10T02:30:00")).toBe("2024-03-10T07:30:00.000Z");
  expect(parse("2024-07-01T12:00:00Z")).toBe("2024-07-01T12:00:00.000Z");
});

test("an upsert may compare with an automatic number", () => {
  const field = sampleField("autoNumber");
  const type = typeOf(field);
  expect(type.parseKey?.(7, field)).toBe(7);
  expect(() => type.parseKey?.(7.5, field)).toThrow(/whole/);
  expect(() => type.parseKey?.("7", field)).toThrow(wrongType);
});
