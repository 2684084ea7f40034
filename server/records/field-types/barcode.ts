import { barcode as barcodeShape, type Barcode } from "@basalt/contract";
import { cleanText, scalarText } from "./cell-text.ts";
import type { Field, FieldType, NoOptions } from "./field-type.ts";
import { cellRefused, checkNoOptions } from "./refusals.ts";
import { barcodeKeys } from "./sort-keys.sql.ts";

const TYPE_MAX_CHARACTERS = 100;

/** A scanned text and, where known, the kind of code. Without text the cell is empty. */
export const barcode: FieldType<NoOptions> = {
  name: "barcode",
  computed: false,
  primaryAllowed: true,
  creatable: "yes",
  recordsetType: "jsonb",
  mergeType: null,
  needs: "nothing",
  column: () => ({ own: true, sqlType: "jsonb" }),
  createOptions: checkNoOptions,
  changeOptions: (input, _current, context) => checkNoOptions(input, context),
  airtableOptions: () => undefined,
  parse: (value, field) => (value === null ? null : readBarcode(value, field)),
  typecast(value, field) {
    const text = scalarText(value);
    return value === null ? null : readBarcode(text === undefined ? value : { text }, field);
  },
  compileJson: () => (text) =>
    text === null ? null : JSON.stringify(ordered(storedBarcode(text))),
  compileShow: () => (text) => (text === null ? null : storedBarcode(text).text),
  sortKeys: (_field, column) => barcodeKeys(column),
};

function readBarcode(value: unknown, field: Field): Barcode | null {
  const result = barcodeShape.safeParse(value);
  if (!result.success) {
    throw cellRefused(field);
  }
  const text = cleanText(result.data.text, field);
  const { type } = result.data;
  if (text === "") {
    return null;
  }
  return type === undefined
    ? { text }
    : { text, type: cleanText(type, field, TYPE_MAX_CHARACTERS) };
}

function storedBarcode(text: string): Barcode {
  return JSON.parse(text) as Barcode;
}

/** The text first, as Airtable writes it. */
function ordered({ text, type }: Barcode): Barcode {
  return type === undefined ? { text } : { text, type };
}
