import { type FieldTypeName, isTimeZone } from "@basalt/contract";
import { expect, test } from "vitest";
import { type ChoiceOptions, withChoices } from "./choices.ts";
import { isUserLocale } from "./date-show.ts";
import { fieldTypes, typeOf, typeToCreate } from "./registry.ts";
import { configuring, green, red, sampleField } from "./sample-fields.ts";

function create(type: FieldTypeName, input: unknown): unknown {
  return typeOf({ type }).createOptions(input, configuring);
}

const usTime = { timeZone: "utc", dateFormat: { name: "us" }, timeFormat: { name: "24hour" } };
const tbl = "tblOther000000001";

const good: [FieldTypeName, unknown, unknown][] = [
  ["singleLineText", undefined, {}],
  ["singleLineText", {}, {}],
  ["singleLineText", null, {}],
  ["number", { precision: 8 }, { precision: 8 }],
  ["percent", { precision: 0 }, { precision: 0 }],
  ["currency", { precision: 7, symbol: "€" }, { precision: 7, symbol: "€" }],
  ["duration", { durationFormat: "h:mm:ss.SSS" }, { durationFormat: "h:mm:ss.SSS" }],
  [
    "rating",
    { icon: "dot", max: 10, color: "grayBright" },
    { icon: "dot", max: 10, color: "grayBright" },
  ],
  [
    "checkbox",
    { icon: "xCheckbox", color: "redBright" },
    { icon: "xCheckbox", color: "redBright" },
  ],
  ["date", { dateFormat: { name: "iso" } }, { dateFormat: { name: "iso", format: "YYYY-MM-DD" } }],
  [
    "date",
    { dateFormat: { name: "local", format: "l" } },
    { dateFormat: { name: "local", format: "l" } },
  ],
  [
    "dateTime",
    usTime,
    {
      timeZone: "utc",
      dateFormat: { name: "us", format: "M/D/YYYY" },
      timeFormat: { name: "24hour", format: "HH:mm" },
    },
  ],
  [
    "multipleRecordLinks",
    { linkedTableId: tbl },
    { linkedTableId: tbl, isReversed: false, prefersSingleRecordLink: false },
  ],
  ["multipleAttachments", undefined, { isReversed: false }],
  ["multipleAttachments", {}, { isReversed: false }],
  [
    "createdTime",
    { result: { type: "date", options: { dateFormat: { name: "us" } } } },
    { result: { type: "date", options: { dateFormat: { name: "us", format: "M/D/YYYY" } } } },
  ],
];

test.each(good)("%s takes the options %j", (type, input, stored) => {
  expect(create(type, input)).toEqual(stored);
});

const bad: [FieldTypeName, unknown, RegExp][] = [
  ["singleLineText", { precision: 1 }, /takes none/],
  ["email", [], /takes none/],
  ["number", undefined, /options/],
  ["number", {}, /options\.precision/],
  ["number", { precision: 9 }, /options\.precision/],
  ["number", { precision: 1.5 }, /options\.precision/],
  ["number", { precision: "1" }, /options\.precision/],
  ["number", { precision: 1, more: 1 }, /more/],
  ["currency", { precision: 8, symbol: "$" }, /options\.precision/],
  ["currency", { precision: 2 }, /options\.symbol/],
  ["duration", { durationFormat: "hh:mm" }, /durationFormat/],
  ["rating", { icon: "star", max: 11, color: "redBright" }, /options\.max/],
  ["rating", { icon: "star", max: 5, color: "redLight2" }, /options\.color/],
  ["checkbox", { icon: "moon", color: "redBright" }, /options\.icon/],
  ["singleSelect", undefined, /options/],
  ["singleSelect", { choices: [{ name: "A" }, { name: "A" }] }, /twice/],
  ["singleSelect", { choices: [{ name: " " }] }, /must not be empty/],
  ["singleSelect", { choices: [{ name: "a\0" }] }, /NUL/],
  ["singleSelect", { choices: [{ name: "x".repeat(1001) }] }, /1000/],
  ["singleSelect", { choices: [{ name: "A", color: "mauve" }] }, /color/],
  [
    "singleSelect",
    { choices: Array.from({ length: 10_001 }, (_, at) => ({ name: `${at}` })) },
    /choices/,
  ],
  ["date", { dateFormat: { name: "iso", format: "l" } }, /format must be/],
  ["date", {}, /dateFormat/],
  ["dateTime", { ...usTime, timeZone: "UTC" }, /timeZone/],
  ["dateTime", { ...usTime, timeZone: "Mars/Base" }, /timeZone/],
  ["dateTime", { dateFormat: { name: "us" }, timeFormat: { name: "24hour" } }, /timeZone/],
  ["multipleRecordLinks", { linkedTableId: "tblUnknown0000001" }, /no table/],
  ["multipleRecordLinks", { linkedTableId: "recA0000000000001" }, /linkedTableId/],
  ["multipleRecordLinks", { linkedTableId: tbl, isReversed: true }, /isReversed/],
  ["lastModifiedTime", { referencedFieldIds: ["Name"] }, /referencedFieldIds/],
];

test.each(bad)("%s refuses the options %.60j", (type, input, rule) => {
  try {
    create(type, input);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({
      code: "records.bad-field-options",
      details: { airtable: { type: "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE" } },
    });
    expect((error as Error).message).toMatch(/^Invalid options for Table\.Cell: /);
    expect((error as Error).message).toMatch(rule);
  }
});

test("choices get ids, and colours in turn", () => {
  const made = create("singleSelect", {
    choices: [{ name: "A" }, { name: "B", color: "redDark1" }, { name: "C" }],
  }) as ChoiceOptions;
  expect(made.choices.map(({ name, color }) => [name, color])).toEqual([
    ["A", "blueLight2"],
    ["B", "redDark1"],
    ["C", "tealLight2"],
  ]);
  expect(made.choices.every(({ id }) => /^sel[A-Za-z0-9]{14}$/.test(id))).toBe(true);
});

test("ids of a new field are ours, unless an import keeps them", () => {
  const input = { choices: [{ id: red, name: "A" }] };
  const type = typeOf({ type: "singleSelect" });
  expect(type.createOptions(input, configuring)).not.toMatchObject({ choices: [{ id: red }] });
  expect(type.createOptions(input, { ...configuring, keepIds: true })).toMatchObject({
    choices: [{ id: red }],
  });
});

test("a changed list keeps the choices that it names, by id or by name", () => {
  const field = sampleField("singleSelect");
  const change = (choices: unknown) =>
    typeOf(field).changeOptions({ choices }, field.options, configuring);
  expect(change([{ name: "Green" }, { id: red, name: "Crimson" }, { name: "New" }])).toMatchObject({
    choices: [
      { id: green, name: "Green", color: "greenLight2" },
      { id: red, name: "Crimson", color: "redLight2" },
      { name: "New", color: "tealLight2" },
    ],
  });
  // The name of a choice that is itself renamed is free for a new one.
  expect(change([{ id: red, name: "Crimson" }, { name: "Red" }])).toMatchObject({
    choices: [{ id: red }, { id: expect.not.stringMatching(red) as string, name: "Red" }],
  });
  expect(() => change([{ id: "selUnknown0000009", name: "X" }])).toThrow(
    /no choice selUnknown0000009/,
  );
});

test("choices that typecast asked for come last, within the limit of a field", () => {
  const field = { ...sampleField("singleSelect"), options: { choices: [] } };
  const { choices } = withChoices(field, [
    { id: red, name: "A" },
    { id: green, name: "B" },
  ]);
  expect(choices).toEqual([
    { id: red, name: "A", color: "blueLight2" },
    { id: green, name: "B", color: "cyanLight2" },
  ]);
  const many = Array.from({ length: 10_001 }, (_, at) => ({ id: `${at}`, name: `${at}` }));
  expect(() => withChoices(field, many)).toThrow(/at most 10,000 choices/);
});

test("a link stays with its table, and keeps what else is known of it", () => {
  const field = sampleField("multipleRecordLinks");
  const type = typeOf(field);
  expect(
    type.changeOptions(
      { linkedTableId: tbl, prefersSingleRecordLink: true },
      field.options,
      configuring,
    ),
  ).toEqual({
    ...field.options,
    prefersSingleRecordLink: true,
  });
  expect(() =>
    type.changeOptions({ linkedTableId: "tblElse0000000002" }, field.options, configuring),
  ).toThrow(/another table/);
});

test("the schema shows options as Airtable does, and none where it shows none", () => {
  const shown = (type: FieldTypeName) =>
    typeOf({ type }).airtableOptions(sampleField(type).options);
  expect(shown("singleLineText")).toBeUndefined();
  expect(shown("createdBy")).toBeUndefined();
  expect(shown("autoNumber")).toBeUndefined();
  expect(shown("singleCollaborator")).toBeUndefined();
  expect(shown("barcode")).toBeUndefined();
  expect(shown("number")).toEqual({ precision: 2 });
  expect(shown("multipleAttachments")).toEqual({ isReversed: false });
  expect(shown("multipleRecordLinks")).toEqual(sampleField("multipleRecordLinks").options);
  expect(shown("createdTime")).toMatchObject({ result: { type: "dateTime" } });
  expect(shown("lastModifiedTime")).toMatchObject({
    isValid: true,
    referencedFieldIds: [],
    result: { type: "date" },
  });
});

test("what cannot be created is refused by name", () => {
  const ask = (name: string, strict = false) =>
    typeToCreate(name, { tableName: "T", fieldName: "F", strict });
  expect(ask("number").name).toBe("number");
  expect(ask("createdTime").name).toBe("createdTime");
  for (const [name, strict] of [
    ["aiText", false],
    ["externalSyncSource", false],
    ["createdTime", true],
    ["autoNumber", true],
  ] as const) {
    expect(() => ask(name, strict)).toThrow(
      `Invalid options for T.F: Creating ${name} fields is not supported at this time`,
    );
  }
  for (const name of ["nonsense", "constructor", "toString", ""]) {
    expect(() => ask(name)).toThrow(/no field type/);
  }
});

test("every type is registered under its own name", () => {
  for (const [name, type] of Object.entries(fieldTypes)) {
    expect(type.name).toBe(name);
    expect(type.recordsetType === null).toBe(type.computed);
  }
});

test("time zones and locales are known ones", () => {
  expect(["utc", "client", "Europe/Berlin", "Etc/GMT+5"].every(isTimeZone)).toBe(true);
  expect(["UTC", "Utc", "Client", "+02:00", "", "Nowhere", "a/../b"].some(isTimeZone)).toBe(false);
  expect(["en", "en-gb", "zh-Hant-TW"].every(isUserLocale)).toBe(true);
  expect(["", "en_US", "x", "english language"].some(isUserLocale)).toBe(false);
});
