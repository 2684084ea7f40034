import type { FieldTypeName } from "@basalt/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { arrayElements } from "./array-literal.ts";
import { joinList, splitList } from "./cell-text.ts";
import type { ShowContext, StoredOptions } from "./field-type.ts";
import { jsonText } from "./json-text.ts";
import { compileJson, fieldTypes, show, typeOf } from "./registry.ts";
import { ada, bob, green, quoted, reading, red, sampleField, showing } from "./sample-fields.ts";

const rec = "recA0000000000001";
const gone = "selGone0000000009";
const stamp = "2024-01-02 03:04:05.678+00";

const json: [FieldTypeName, string, string | null][] = [
  ["singleLineText", 'say "hi"\n\t\\ \u0001 😀', JSON.stringify('say "hi"\n\t\\ \u0001 😀')],
  ["multilineText", "\u2028 \u007f é", JSON.stringify("\u2028 \u007f é")],
  ["number", "0", "0"],
  ["number", "-1.5", "-1.5"],
  ["number", "1e+20", "1e+20"],
  ["number", "1e-07", "1e-07"],
  ["number", "NaN", '{"specialValue":"NaN"}'],
  ["number", "Infinity", '{"specialValue":"Infinity"}'],
  ["duration", "-Infinity", '{"specialValue":"-Infinity"}'],
  ["rating", "3", "3"],
  ["checkbox", "t", "true"],
  ["checkbox", "f", null],
  ["singleSelect", red, '"Red"'],
  ["singleSelect", quoted, String.raw`"Say \"hi\", you"`],
  ["singleSelect", gone, null],
  ["multipleSelects", `{${green},${red}}`, '["Green","Red"]'],
  ["multipleSelects", `{${gone},"${red}",NULL}`, '["Red"]'],
  ["multipleSelects", `{${gone}}`, null],
  ["multipleSelects", "{}", null],
  ["date", "0024-01-02", '"0024-01-02"'],
  ["dateTime", "2024-01-02 03:04:05+00", '"2024-01-02T03:04:05.000Z"'],
  ["dateTime", "2024-01-02 03:04:05.6+00", '"2024-01-02T03:04:05.600Z"'],
  ["dateTime", "2024-01-02 03:04:05.67+00", '"2024-01-02T03:04:05.670Z"'],
  ["dateTime", stamp, '"2024-01-02T03:04:05.678Z"'],
  ["dateTime", "2024-01-02 03:04:05.6789+00", '"2024-01-02T03:04:05.678Z"'],
  ["dateTime", "2024-01-02 03:04:05.67891+00", '"2024-01-02T03:04:05.678Z"'],
  ["dateTime", "2024-01-02 03:04:05.678912+00", '"2024-01-02T03:04:05.678Z"'],
  ["singleCollaborator", ada.id, JSON.stringify(ada)],
  ["singleCollaborator", "usrGone0000000009", '{"id":"usrGone0000000009","email":"","name":""}'],
  ["multipleCollaborators", `{${bob.id},${ada.id}}`, JSON.stringify([bob, ada])],
  ["multipleCollaborators", "{}", null],
  ["multipleRecordLinks", `{${rec}}`, `["${rec}"]`],
  ["multipleRecordLinks", `{${rec},recB0000000000002}`, `["${rec}","recB0000000000002"]`],
  ["multipleRecordLinks", "{}", null],
  ["multipleAttachments", "[]", null],
  ["barcode", '{"type": "upce", "text": "1\\"2"}', String.raw`{"text":"1\"2","type":"upce"}`],
  ["barcode", '{"text": "12"}', '{"text":"12"}'],
  ["autoNumber", "17", "17"],
  ["createdTime", stamp, '"2024-01-02T03:04:05.678Z"'],
  ["lastModifiedTime", stamp, '"2024-01-02"'],
  ["createdBy", ada.id, JSON.stringify(ada)],
  ["lastModifiedBy", bob.id, JSON.stringify(bob)],
];

test.each(json)("%s reads %s as %s", (type, text, expected) => {
  const answer = compileJson(sampleField(type), reading)(text);
  expect(answer).toBe(expected);
  if (answer !== null) {
    expect(() => JSON.parse(answer) as unknown).not.toThrow();
  }
});

test.each(Object.keys(fieldTypes) as FieldTypeName[])("%s leaves out the empty cell", (type) => {
  expect(compileJson(sampleField(type), reading)(null)).toBeNull();
  expect(show(null, sampleField(type), showing)).toBeNull();
});

test("text is written as JSON.stringify writes it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => jsonText(text) === JSON.stringify(text)),
  );
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => jsonText(text) === JSON.stringify(text)),
  );
});

test("an array that PostgreSQL wrote gives its elements", () => {
  const element = fc.string({ unit: "binary", minLength: 1 }).filter((text) => text !== "NULL");
  fc.assert(
    fc.property(fc.array(element), fc.boolean(), (texts, always) => {
      const elements = texts.map((text) =>
        always || /[{}",\\\s]/.test(text) ? `"${text.replaceAll(/["\\]/g, "\\$&")}"` : text,
      );
      expect(arrayElements(`{${elements.join(",")}}`)).toEqual(texts);
    }),
  );
  expect(arrayElements('{NULL,"NULL",a}')).toEqual(["NULL", "a"]);
  expect(arrayElements("{a,NULL}")).toEqual(["a"]);
});

test("a joined list splits into the same texts", () => {
  const item = fc
    .string()
    .map((text) => text.trim())
    .filter((text) => text !== "");
  fc.assert(
    fc.property(fc.array(item), (texts) => {
      expect(splitList(joinList(texts))).toEqual(texts);
    }),
  );
});

const fixed = { precision: 2 };
const iso = { name: "iso", format: "YYYY-MM-DD" };
const friendly = { dateFormat: { name: "friendly", format: "LL" } };
const local = { dateFormat: { name: "local", format: "l" } };
const clock = { timeFormat: { name: "12hour", format: "h:mma" }, timeZone: "America/New_York" };
const british: Partial<ShowContext> = { timeZone: "Europe/London", userLocale: "en-GB" };

const shown: [
  FieldTypeName,
  string,
  string | null,
  (StoredOptions | undefined)?,
  Partial<ShowContext>?,
][] = [
  ["singleLineText", "a, b", "a, b"],
  ["number", "1234.5", "1234.50", fixed],
  ["number", "-0.001", "0.00", fixed],
  ["number", "2.5", "3", { precision: 0 }],
  ["number", "NaN", "NaN"],
  ["currency", "NaN", "NaN"],
  ["number", "1234.5", "1234.50", fixed, { userLocale: "de" }],
  ["currency", "5", "$5.00"],
  ["currency", "-5.5", "-$5.50"],
  ["percent", "0.285", "28.5%"],
  ["percent", "0.285", "29%", { precision: 0 }],
  ["percent", "1e-07", "0.0%"],
  ["percent", "Infinity", "Infinity"],
  ["duration", "5400", "1:30"],
  ["duration", "-5400", "-1:30"],
  ["duration", "3723.4", "1:02:03", { durationFormat: "h:mm:ss" }],
  ["duration", "3723.456", "1:02:03.5", { durationFormat: "h:mm:ss.S" }],
  ["duration", "3723.456", "1:02:03.46", { durationFormat: "h:mm:ss.SS" }],
  ["duration", "59.9996", "0:01:00.000", { durationFormat: "h:mm:ss.SSS" }],
  ["rating", "4", "4"],
  ["checkbox", "t", "checked"],
  ["checkbox", "f", null],
  ["singleSelect", red, "Red"],
  ["singleSelect", gone, null],
  ["multipleSelects", `{${red},${gone},${quoted}}`, String.raw`Red, "Say \"hi\", you"`],
  ["multipleSelects", `{${gone}}`, null],
  ["date", "2024-01-02", "1/2/2024"],
  ["date", "2024-01-02", "2/1/2024", { dateFormat: { name: "european", format: "D/M/YYYY" } }],
  ["date", "2024-01-02", "2024-01-02", { dateFormat: iso }],
  ["date", "2024-01-02", "January 2, 2024", friendly],
  ["date", "2024-01-02", "2. Januar 2024", friendly, { userLocale: "de" }],
  ["date", "2024-01-02", "1/2/2024", local],
  ["date", "2024-01-02", "02/01/2024", local, british],
  ["date", "2024-01-02", "1/2/2024", undefined, { timeZone: "America/Los_Angeles" }],
  ["dateTime", stamp, "1/2/2024 03:04"],
  ["dateTime", stamp, "2024-01-01 10:04pm", { dateFormat: iso, ...clock }],
  ["dateTime", stamp, "2024-01-02 3:04am", { dateFormat: iso, ...clock }, british],
  [
    "dateTime",
    "2024-07-01 11:30:00+00",
    "2024-07-01 12:30pm",
    { dateFormat: iso, ...clock },
    british,
  ],
  [
    "dateTime",
    "2024-01-02 00:05:00+00",
    "2024-01-02 12:05am",
    { dateFormat: iso, ...clock, timeZone: "client" },
  ],
  ["singleCollaborator", ada.id, "Ada Lovelace"],
  ["singleCollaborator", "usrGone0000000009", "usrGone0000000009"],
  ["multipleCollaborators", `{${ada.id},${bob.id}}`, String.raw`Ada Lovelace, "Bob \"Bo\", Jr"`],
  ["multipleRecordLinks", `{${rec},recGone0000000001}`, `Text of ${rec}`],
  ["barcode", '{"text": "12"}', "12"],
  ["autoNumber", "17", "17"],
  ["createdTime", stamp, "1/2/2024 03:04"],
  ["lastModifiedTime", stamp, "1/2/2024"],
  ["lastModifiedTime", stamp, "1/1/2024", undefined, { timeZone: "America/Los_Angeles" }],
  ["createdBy", ada.id, "Ada Lovelace"],
];

test.each(shown)("%s shows %s as %s", (type, text, expected, options, context) => {
  expect(show(text, sampleField(type, options), { ...showing, ...context })).toBe(expected);
});

test("a session whose zone is not UTC is a bug that shows", () => {
  const field = sampleField("dateTime");
  expect(() => typeOf(field).compileJson(field, reading)("2024-01-02 03:04:05+02")).toThrow(
    /time zone is UTC/,
  );
});
