import type { FieldTypeName } from "@basalt/contract";
import { cleanText, scalarText } from "./cell-text.ts";
import type { Field, FieldType, NoOptions, Stored } from "./field-type.ts";
import { jsonText } from "./json-text.ts";
import { cellRefused, checkNoOptions } from "./refusals.ts";
import { textKeys } from "./sort-keys.sql.ts";

/** One line of text. Typecast makes one line of several. */
export const singleLineText = textType("singleLineText", {
  typecast: (text) => text.replaceAll(/\r\n|[\r\n]/g, " "),
});
/** Text with line breaks. */
export const multilineText = textType("multilineText", {});
/** Markdown, kept as Airtable normalises it: bullets are `- `, a line break ends it. */
export const richText = textType("richText", { normalise: normaliseRichText });
/** An address that nobody checks, as in Airtable. */
export const email = textType("email", {});
export const url = textType("url", {});
export const phoneNumber = textType("phoneNumber", {});

interface TextRules {
  /** Applied to every text that is written. */
  readonly normalise?: (text: string) => string;
  /** Applied before that under typecast. */
  readonly typecast?: (text: string) => string;
}

function textType(name: FieldTypeName, { normalise, typecast }: TextRules): FieldType<NoOptions> {
  const store = (text: string, field: Field): Stored => {
    const clean = cleanText(normalise === undefined ? text : withoutLastBreak(text), field);
    return clean === "" ? null : (normalise?.(clean) ?? clean);
  };
  return {
    name,
    computed: false,
    primaryAllowed: true,
    creatable: "yes",
    recordsetType: "text",
    mergeType: "text",
    needs: "nothing",
    column: () => ({ own: true, sqlType: 'text collate "C"' }),
    createOptions: checkNoOptions,
    changeOptions: (input, _current, context) => checkNoOptions(input, context),
    airtableOptions: () => undefined,
    parse(value, field) {
      if (value === null) {
        return null;
      }
      if (typeof value !== "string") {
        throw cellRefused(field);
      }
      return store(value, field);
    },
    typecast(value, field) {
      if (value === null) {
        return null;
      }
      const text = scalarText(value);
      if (text === undefined) {
        throw cellRefused(field);
      }
      return store(typecast === undefined ? text : typecast(text), field);
    },
    compileJson: () => (text) => (text === null ? null : jsonText(text)),
    compileShow: () => (text) => text,
    sortKeys: (_field, column) => textKeys(column),
  };
}

/** The break that normalising adds does not count against the limit: what was read can be written back. */
function withoutLastBreak(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}

/** Bullets `*`, `+` and `•` become `-`, outside of fenced code and of rules like `* * *`; the text ends with a line break. */
export function normaliseRichText(text: string): string {
  let fenced = false;
  const lines = text.split("\n").map((line) => {
    if (/^\s*(?:```|~~~)/.test(line)) {
      fenced = !fenced;
      return line;
    }
    return fenced || /^\s*(?:\*\s*){3,}$/.test(line)
      ? line
      : line.replace(/^(\s*)[*+•]\s+(?=\S)/, "$1- ");
  });
  return text.endsWith("\n") ? lines.join("\n") : `${lines.join("\n")}\n`;
}
