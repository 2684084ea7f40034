import { type FieldTypeName, fieldTypeNames } from "@basalt/contract";
import { Problem, type Sql } from "#kernel";
import { multipleAttachments } from "./attachments.ts";
import { createdBy, lastModifiedBy } from "./authors.ts";
import { autoNumber } from "./auto-number.ts";
import { barcode } from "./barcode.ts";
import { button } from "./button.ts";
import { checkbox } from "./checkbox.ts";
import type { ShownAs } from "./computed.ts";
import { listJson, type ListReading, listText, unmarked } from "./computed-cells.ts";
import { count } from "./count.ts";
import { date } from "./date.ts";
import { dateTime } from "./date-time.ts";
import { duration } from "./duration.ts";
import type {
  Field,
  FieldType,
  FromText,
  OptionsContext,
  ReadContext,
  ShowContext,
  SortContext,
  SortKey,
} from "./field-type.ts";
import { formula } from "./formula.ts";
import { multipleLookupValues } from "./multiple-lookup-values.ts";
import { multipleSelects } from "./multiple-selects.ts";
import { currency, number, percent } from "./number.ts";
import { multipleCollaborators, singleCollaborator } from "./people.ts";
import { rating } from "./rating.ts";
import { multipleRecordLinks } from "./record-links.ts";
import { rollup } from "./rollup.ts";
import { singleSelect } from "./single-select.ts";
import { joinedJsonKeys, joinedText, plainKeys, textKeys } from "./sort-keys.sql.ts";
import { createdTime, lastModifiedTime } from "./stamps.ts";
import { email, multilineText, phoneNumber, richText, singleLineText, url } from "./text.ts";

/**
 * Every type that a field can have. A name of the contract that is not here is known and cannot be created
 * (`aiText`, `externalSyncSource`): to add one, write its file and one line here.
 */
export const fieldTypes: Readonly<Partial<Record<FieldTypeName, FieldType>>> = {
  singleLineText,
  multilineText,
  richText,
  email,
  url,
  phoneNumber,
  number,
  currency,
  percent,
  duration,
  rating,
  checkbox,
  singleSelect,
  multipleSelects,
  date,
  dateTime,
  singleCollaborator,
  multipleCollaborators,
  multipleRecordLinks,
  multipleAttachments,
  barcode,
  formula,
  rollup,
  multipleLookupValues,
  count,
  button,
  autoNumber,
  createdTime,
  lastModifiedTime,
  createdBy,
  lastModifiedBy,
};

const byName: ReadonlyMap<string, FieldType> = new Map(Object.entries(fieldTypes));

/** The type of a field that exists. */
export function typeOf(field: Pick<Field, "type">): FieldType {
  const type = byName.get(field.type);
  if (type === undefined) {
    throw new Error(`no field can be of type ${field.type}`);
  }
  return type;
}

/**
 * The type that a new field asks for. With `strict`, types that Airtable does not let programs create are refused too.
 * Problems: `records.unknown-field-type`, `records.unsupported-field-type`.
 */
export function typeToCreate(
  name: string,
  {
    tableName,
    fieldName,
    strict,
  }: Pick<OptionsContext, "tableName" | "fieldName"> & { readonly strict: boolean },
): FieldType {
  const known = fieldTypeNames.find((candidate) => candidate === name);
  if (known === undefined) {
    throw new Problem("invalid", "records.unknown-field-type", {
      message: `${tableName}.${fieldName}: there is no field type ${JSON.stringify(name)}.`,
      fields: { type: "unknown" },
    });
  }
  const type = fieldTypes[known];
  if (type === undefined || (strict && type.creatable === "extension")) {
    const message = `Invalid options for ${tableName}.${fieldName}: Creating ${known} fields is not supported at this time`;
    throw new Problem("invalid", "records.unsupported-field-type", {
      message,
      fields: { type: "cannot be created" },
      airtable: { type: "UNSUPPORTED_FIELD_TYPE_FOR_CREATE", message },
    });
  }
  return type;
}

/**
 * The field whose type shows the cells: for a computed field one that looks like its result, else the field itself.
 * `list` is true where a cell holds several values of such a field.
 */
export function shownAs(field: Field): ShownAs {
  return typeOf(field).shownAs?.(field) ?? { as: field, list: false, marked: false };
}

/** From the text of a field's column to the JSON of its value: made once for a version of the schema. */
export function compileJson(field: Field, context: ReadContext): FromText {
  const { as, list, marked } = shownAs(field);
  const read = typeOf(as).compileJson(as, context);
  if (list) {
    return wholeLists.has(as.type) ? read : listJson(listReading(as, read, marked));
  }
  return marked ? unmarked(read, "json") : read;
}

/** From the text of a field's column to its text for people. */
export function compileShow(field: Field, context: ShowContext): FromText {
  const { as, list, marked } = shownAs(field);
  const read = typeOf(as).compileShow(as, context);
  if (list) {
    return wholeLists.has(as.type) ? read : listText(listReading(as, read, marked));
  }
  return marked ? unmarked(read, "text") : read;
}

/** What to sort a field by, most significant first. `column` is its own column. */
export function sortKeys(field: Field, column: Sql, context: SortContext): readonly SortKey[] {
  const { as, list } = shownAs(field);
  const several = list ? severalOf[as.type] : undefined;
  if (!list || wholeLists.has(as.type) || several !== undefined) {
    return (several ?? typeOf(as)).sortKeys(as, column, context);
  }
  if (as.type === "barcode") {
    return joinedJsonKeys(column);
  }
  const { column: columnOf } = typeOf(as);
  const { sqlType } = columnOf(as) as { readonly sqlType?: string };
  return sqlType === undefined || sqlType.startsWith("text")
    ? textKeys(joinedText(column))
    : plainKeys(column, `${sqlType}[]`);
}

/** Types whose cells are lists: several of their cells together look like one. */
const wholeLists: ReadonlySet<string> = new Set([
  "multipleRecordLinks",
  "multipleSelects",
  "multipleCollaborators",
  "multipleAttachments",
]);

/** Types that hold several of what another type holds one of. */
const severalOf: Readonly<Record<string, FieldType>> = {
  singleSelect: multipleSelects,
  singleCollaborator: multipleCollaborators,
  createdBy: multipleCollaborators,
  lastModifiedBy: multipleCollaborators,
};

function listReading(as: Field, element: FromText, marked: boolean): ListReading {
  return { element, jsonb: as.type === "barcode", marked };
}

/** One cell's text for people; null where it is empty. For many cells make one function with `compileShow`. */
export function show(text: string | null, field: Field, context: ShowContext): string | null {
  return compileShow(field, context)(text);
}
