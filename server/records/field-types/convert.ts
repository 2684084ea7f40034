import type { DateTimeOptions, FieldTypeName, RatingOptions } from "@basalt/contract";
import { Problem, type Sql } from "#kernel";
import { isUtc } from "./calendar.ts";
import { changeChoices, type ChoiceOptions } from "./choices.ts";
import {
  checkToNumber,
  choicesToChoice,
  choiceToChoice,
  type ColumnConversion,
  dayToInstant,
  instantToDay,
  listToOne,
  numberToCheck,
  oneLine,
  oneToList,
  roundedToRating,
  sameColumn,
} from "./convert.sql.ts";
import type {
  Field,
  OptionsContext,
  ShowContext,
  StampOptions,
  Stored,
  StoredOptions,
  WriteContext,
} from "./field-type.ts";
import { compileShow, typeOf } from "./registry.ts";

/**
 * How the cells of a field change with its type.
 *
 * - `column`: one expression over the old column, and one that tells which rows lose something; a dry run counts those.
 * - `cells`: a function from the column's text to what is stored; a text that gives null is a lost cell. Choices that it
 *   needs are asked for through `newChoice`: stream once to collect them, make them, then stream again to write.
 */
export type Conversion =
  | { readonly kind: "column"; readonly convert: (column: Sql) => ColumnConversion }
  | { readonly kind: "cells"; readonly convert: (text: string | null) => Stored };

/** What converting may ask for. Texts are shown without a request's zone or locale. */
export type ConversionContext = WriteContext & Pick<ShowContext, "linkText">;

const texts = [
  "singleLineText",
  "multilineText",
  "richText",
  "email",
  "url",
  "phoneNumber",
] as const;
const doubles = ["number", "currency", "percent", "duration"] as const;
const numbers = [...doubles, "rating", "autoNumber"] as const;
const stamps = ["createdTime", "lastModifiedTime"] as const;
const days = ["date", "dateTime", ...stamps] as const;
const selects = ["singleSelect", "multipleSelects"] as const;
const authors = ["createdBy", "lastModifiedBy"] as const;
const people = ["singleCollaborator", "multipleCollaborators", ...authors] as const;
const everything = [
  ...texts,
  ...numbers,
  ...days,
  ...selects,
  ...people,
  "checkbox",
  "multipleRecordLinks",
  "multipleAttachments",
  "barcode",
  "formula",
  "rollup",
  "multipleLookupValues",
  "count",
  "button",
] as const;

const toText: readonly FieldTypeName[] = everything;
const toNumber: readonly FieldTypeName[] = [
  ...texts,
  ...numbers,
  "checkbox",
  "singleSelect",
  "barcode",
];
const toDay: readonly FieldTypeName[] = [...texts, ...days, "singleSelect"];
const toSelect: readonly FieldTypeName[] = [
  ...texts,
  ...numbers,
  ...days,
  ...selects,
  ...people,
  "multipleRecordLinks",
  "barcode",
];
const toPeople: readonly FieldTypeName[] = [...texts, ...selects, ...people];

/** Type to become -> types that can become it. Links, files and computed types are not made out of other cells. */
export const convertible: Readonly<Partial<Record<FieldTypeName, readonly FieldTypeName[]>>> = {
  singleLineText: toText,
  multilineText: toText,
  richText: toText,
  email: toText,
  url: toText,
  phoneNumber: toText,
  number: toNumber,
  currency: toNumber,
  percent: toNumber,
  duration: toNumber,
  rating: toNumber,
  checkbox: [...texts, ...numbers, "checkbox", "singleSelect"],
  date: toDay,
  dateTime: toDay,
  singleSelect: toSelect,
  multipleSelects: toSelect,
  singleCollaborator: toPeople,
  multipleCollaborators: toPeople,
  barcode: [...texts, ...numbers, "singleSelect", "barcode"],
};

/** How to get from one field to the other; undefined where there is no way. */
export function conversion(
  from: Field,
  to: Field,
  context: ConversionContext,
): Conversion | undefined {
  const sources: readonly string[] | undefined = convertible[typeOf(to).name];
  if (sources === undefined || !sources.includes(from.type)) {
    return undefined;
  }
  const column = columnConversion(from, to);
  return column === undefined
    ? { kind: "cells", convert: cellConversion(from, to, context) }
    : { kind: "column", convert: column };
}

/**
 * The options of the field after the change: a select that becomes the other select keeps its choices and their ids
 * unless others are given. Problem: `records.bad-field-options`.
 */
export function optionsAfter(
  from: Field,
  { to, input }: { readonly to: FieldTypeName; readonly input: unknown },
  context: OptionsContext,
): StoredOptions {
  if (!isOneOf(selects, to)) {
    return typeOf({ type: to }).createOptions(input, context);
  }
  if (!isOneOf(selects, from.type)) {
    return typeOf({ type: to }).createOptions(input ?? { choices: [] }, context);
  }
  const current = from.options as ChoiceOptions;
  return input === undefined ? current : changeChoices(input, current, context);
}

type ConvertColumn = (column: Sql) => ColumnConversion;

function columnConversion(from: Field, to: Field): ConvertColumn | undefined {
  if (isOneOf(texts, from.type) && isOneOf(texts, to.type)) {
    return textColumn(from.type, to.type);
  }
  if (isOneOf(numbers, from.type)) {
    return numberColumn(from, to);
  }
  if (from.type === "checkbox" && isOneOf(numbers, to.type)) {
    return (column) =>
      checkToNumber(column, to.type === "rating" ? "smallint" : "double precision");
  }
  if (isOneOf(days, from.type) && isOneOf(days, to.type)) {
    return dayColumn(from, to);
  }
  if (isOneOf(selects, from.type) && isOneOf(selects, to.type)) {
    const ids = (to.options as ChoiceOptions).choices.map(({ id }) => id);
    const list = to.type === "multipleSelects";
    return from.type === "singleSelect"
      ? (column) => choiceToChoice(column, ids, list)
      : (column) => choicesToChoice(column, ids, list);
  }
  if (isOneOf(people, from.type) && isOneOf(people, to.type)) {
    return peopleColumn(from.type === "multipleCollaborators", to.type === "multipleCollaborators");
  }
  return (from.type === "checkbox" || from.type === "barcode") && from.type === to.type
    ? sameColumn
    : undefined;
}

/** Rich text is normalised cell by cell. */
function textColumn(from: string, to: string): ConvertColumn | undefined {
  const lines = from === "multilineText" || from === "richText";
  if (to === "richText" && from !== "richText") {
    return undefined;
  }
  return lines && to !== "multilineText" && to !== "richText"
    ? oneLine
    : (column) => sameColumn(column);
}

function numberColumn(from: Field, to: Field): ConvertColumn | undefined {
  if (to.type === "checkbox") {
    return numberToCheck;
  }
  if (to.type === "rating") {
    const { max } = to.options as RatingOptions;
    return (column) => roundedToRating(column, max);
  }
  if (!isOneOf(doubles, to.type)) {
    return undefined;
  }
  return isOneOf(doubles, from.type)
    ? (column) => sameColumn(column)
    : (column) => sameColumn(column, "double precision");
}

function dayColumn(from: Field, to: Field): ConvertColumn {
  if ((from.type === "date") === (to.type === "date")) {
    return (column) => sameColumn(column);
  }
  return to.type === "date"
    ? (column) => instantToDay(column, zoneOf(from))
    : (column) => dayToInstant(column, zoneOf(to));
}

function zoneOf(field: Field): string {
  const zone = isOneOf(stamps, field.type)
    ? zoneOfStamp(field.options as StampOptions)
    : (field.options as DateTimeOptions).timeZone;
  return isUtc(zone) ? "UTC" : zone;
}

function zoneOfStamp({ result }: StampOptions): string {
  return result.type === "dateTime" ? result.options.timeZone : "utc";
}

function peopleColumn(fromList: boolean, toList: boolean): ConvertColumn {
  if (fromList === toList) {
    return (column) => sameColumn(column);
  }
  return toList ? oneToList : listToOne;
}

/** By way of the text that people see, read as typecast reads it; what it cannot read is lost. */
function cellConversion(
  from: Field,
  to: Field,
  context: ConversionContext,
): (text: string | null) => Stored {
  const shown = compileShow(from, context);
  const type = typeOf(to);
  return (text) => {
    const value = shown(text);
    try {
      return type.typecast(value, to, context);
    } catch (error) {
      if (error instanceof Problem && lossy.has(error.code)) {
        return null;
      }
      throw error;
    }
  };
}

/** A value that does not fit is lost; a choice that the caller may not make is for the caller to hear of. */
const lossy: ReadonlySet<string> = new Set(["records.cell-refused"]);

function isOneOf<T extends string>(names: readonly T[], name: string): name is T {
  return (names as readonly string[]).includes(name);
}
