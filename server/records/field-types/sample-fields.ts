import type { Collaborator, FieldTypeName } from "@basalt/contract";
import { newId } from "#kernel";
import type {
  Field,
  OptionsContext,
  ReadContext,
  ShowContext,
  StoredOptions,
  WriteContext,
} from "./field-type.ts";
import { typeOf } from "./registry.ts";

/** Fields, people and contexts that the tests of the types share. */

export const ada: Collaborator = {
  id: "usrAda00000000001",
  email: "ada@example.com",
  name: "Ada Lovelace",
};
export const bob: Collaborator = {
  id: "usrBob00000000002",
  email: "bob@example.com",
  name: 'Bob "Bo", Jr',
};

export const red = "selRed00000000001";
export const green = "selGreen000000002";
export const quoted = "selQuoted00000003";

const day = { dateFormat: { name: "us", format: "M/D/YYYY" } };
const moment = { ...day, timeZone: "utc", timeFormat: { name: "24hour", format: "HH:mm" } };
const choices = {
  choices: [
    { id: red, name: "Red", color: "redLight2" },
    { id: green, name: "Green", color: "greenLight2" },
    { id: quoted, name: 'Say "hi", you', color: "blueLight2" },
  ],
};

const options: Partial<Record<FieldTypeName, StoredOptions>> = {
  number: { precision: 2 },
  currency: { precision: 2, symbol: "$" },
  percent: { precision: 1 },
  duration: { durationFormat: "h:mm" },
  rating: { icon: "star", max: 5, color: "yellowBright" },
  checkbox: { icon: "check", color: "greenBright" },
  singleSelect: choices,
  multipleSelects: choices,
  date: day,
  dateTime: moment,
  multipleRecordLinks: {
    linkedTableId: "tblOther000000001",
    isReversed: false,
    prefersSingleRecordLink: false,
    inverseLinkFieldId: "fldInverse0000001",
  },
  multipleAttachments: { isReversed: false },
  createdTime: { result: { type: "dateTime", options: moment } },
  lastModifiedTime: { result: { type: "date", options: day } },
};

/** A field of the type called `Cell`, with the usual options or these. */
export function sampleField(type: FieldTypeName, more?: StoredOptions): Field {
  return { id: "fldCell0000000001", name: "Cell", type, options: more ?? options[type] ?? {} };
}

export const writing: WriteContext = {
  creating: false,
  userById: (id) => [ada, bob].find((person) => person.id === id),
  userByEmail: (email) => [ada, bob].find((person) => person.email === email),
  userByName: (name) => [ada, bob].find((person) => person.name === name),
  newChoice: (fieldId, name) => `new ${fieldId} ${name}`,
  linkByText: (fieldId, text) => `link ${fieldId} ${text}`,
};

export const reading: ReadContext = {
  userById: writing.userById,
  fileUrl: ({ hash, filename }) => `https://files.example/${hash}/${filename}?signed`,
};

export const showing: ShowContext = {
  ...reading,
  linkText: (_fieldId, recordId) =>
    recordId === "recGone0000000001" ? undefined : `Text of ${recordId}`,
};

export const configuring: OptionsContext = {
  tableName: "Table",
  fieldName: "Cell",
  newId,
  knownTable: (tableId) => tableId === "tblOther000000001",
};

/** What is stored for a written value. */
export function parsed(
  type: FieldTypeName,
  value: unknown,
  context: WriteContext = writing,
): unknown {
  const field = sampleField(type);
  return typeOf(field).parse(value, field, context);
}

/** What is stored for a value written with `typecast`. */
export function cast(type: FieldTypeName, value: unknown, more?: StoredOptions): unknown {
  const field = sampleField(type, more);
  return typeOf(field).typecast(value, field, writing);
}
