import { z } from "zod";

/** Every field type that Airtable's schema can name, in the order of its documentation. */
export const fieldTypeNames = [
  "singleLineText",
  "multilineText",
  "richText",
  "email",
  "url",
  "phoneNumber",
  "number",
  "currency",
  "percent",
  "duration",
  "rating",
  "checkbox",
  "singleSelect",
  "multipleSelects",
  "date",
  "dateTime",
  "singleCollaborator",
  "multipleCollaborators",
  "multipleRecordLinks",
  "multipleAttachments",
  "barcode",
  "formula",
  "rollup",
  "multipleLookupValues",
  "count",
  "autoNumber",
  "createdTime",
  "lastModifiedTime",
  "createdBy",
  "lastModifiedBy",
  "button",
  "externalSyncSource",
  "aiText",
] as const;

/** The name of a field type on the wire. */
export type FieldTypeName = (typeof fieldTypeNames)[number];

/** Characters (code points) in one text cell. Source: Airtable's limit for long text, applied to every text kind. */
export const CELL_TEXT_MAX_CHARACTERS = 100_000;
/** Choices of one select field, as in Airtable. */
export const CHOICES_MAX = 10_000;
/** Characters in the name of a select choice. Ours. */
export const CHOICE_NAME_MAX_CHARACTERS = 1_000;
/** Files in one attachment cell. Ours. */
export const ATTACHMENTS_PER_CELL_MAX = 1_000;
/** Characters in the address of a file to fetch. Ours; the same as the longest URL that the API takes. */
export const ATTACHMENT_URL_MAX_CHARACTERS = 16_000;
/** Characters in the name of an attached file. Ours: what file systems hold. */
export const ATTACHMENT_FILENAME_MAX_CHARACTERS = 255;
/** Records in one link cell. Ours: bounds one statement. */
export const LINKS_PER_CELL_MAX = 10_000;
/** Persons in one collaborator cell. Ours. */
export const COLLABORATORS_PER_CELL_MAX = 1_000;
/** Characters in the name of a field. Ours. */
export const FIELD_NAME_MAX_CHARACTERS = 255;
/** Characters in the description of a table or field. Source: Airtable's documentation. */
export const DESCRIPTION_MAX_CHARACTERS = 20_000;

const hues = [
  "blue",
  "cyan",
  "teal",
  "green",
  "yellow",
  "orange",
  "red",
  "pink",
  "purple",
  "gray",
] as const;

/** The row of colours that choices made without one go through, in this order. */
export const lightChoiceColors = hues.map((hue) => `${hue}Light2` as const);
/** Colours of check boxes and ratings. */
export const brightColors = hues.map((hue) => `${hue}Bright` as const);
/** Colours of select choices. */
export const choiceColors = hues.flatMap(
  (hue) => [`${hue}Light2`, `${hue}Light1`, `${hue}Bright`, `${hue}Dark1`] as const,
);

export const choiceColor = z.enum(choiceColors);
export const brightColor = z.enum(brightColors);
export type ChoiceColor = z.infer<typeof choiceColor>;

/** Date formats: the name that is chosen -> the pattern that goes with it. */
export const dateFormats = {
  local: "l",
  friendly: "LL",
  us: "M/D/YYYY",
  european: "D/M/YYYY",
  iso: "YYYY-MM-DD",
} as const;

/** Time formats: the name that is chosen -> the pattern that goes with it. */
export const timeFormats = { "12hour": "h:mma", "24hour": "HH:mm" } as const;

export type DateFormatName = keyof typeof dateFormats;
export type TimeFormatName = keyof typeof timeFormats;

/** Duration formats, coarse to fine: the digits after the point are shown fractions of a second. */
export const durationFormats = [
  "h:mm",
  "h:mm:ss",
  "h:mm:ss.S",
  "h:mm:ss.SS",
  "h:mm:ss.SSS",
] as const;

const patternMustAgree = "format must be the pattern that belongs to name";

export const dateFormat = z
  .strictObject({
    name: z.enum(["local", "friendly", "us", "european", "iso"]),
    format: z.string().optional(),
  })
  .refine(({ name, format }) => format === undefined || format === dateFormats[name], {
    message: patternMustAgree,
  })
  .transform(({ name }) => ({ name, format: dateFormats[name] }));

export const timeFormat = z
  .strictObject({ name: z.enum(["12hour", "24hour"]), format: z.string().optional() })
  .refine(({ name, format }) => format === undefined || format === timeFormats[name], {
    message: patternMustAgree,
  })
  .transform(({ name }) => ({ name, format: timeFormats[name] }));

/** True for `utc`, `client` and names of the IANA database; the spelling `UTC` is refused, as Airtable does. */
export function isTimeZone(text: string): boolean {
  if (text === "utc" || text === "client") {
    return true;
  }
  return text.toLowerCase() !== "utc" && text.toLowerCase() !== "client" && isZoneOfRequest(text);
}

/** True for a name that Intl knows as a time zone, such as a request's `timeZone`. Offsets like `+02:00` are refused. */
export function isZoneOfRequest(text: string): boolean {
  if (!/^[A-Za-z]/.test(text)) {
    return false;
  }
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

export const timeZone = z
  .string()
  .refine(isTimeZone, { message: "must be utc, client or the name of an IANA time zone" });

export const numberOptions = z.strictObject({ precision: z.int().min(0).max(8) });
export const currencyOptions = z.strictObject({
  precision: z.int().min(0).max(7),
  symbol: z.string().min(1).max(20),
});
export const durationOptions = z.strictObject({ durationFormat: z.enum(durationFormats) });
export const ratingOptions = z.strictObject({
  icon: z.enum(["star", "heart", "thumbsUp", "flag", "dot"]),
  max: z.int().min(1).max(10),
  color: brightColor,
});
export const checkboxOptions = z.strictObject({
  icon: z.enum(["check", "xCheckbox", "star", "heart", "thumbsUp", "flag", "dot"]),
  color: brightColor,
});

const choiceName = z
  .string()
  .refine((name) => name.trim() !== "", { message: "must not be empty" });

/** A choice as a caller sends it: the id names one that exists already. */
export const choiceInput = z.strictObject({
  id: z
    .string()
    .regex(/^sel[A-Za-z0-9]{14}$/)
    .optional(),
  name: choiceName,
  color: choiceColor.optional(),
});
export const choicesInput = z.strictObject({ choices: z.array(choiceInput).max(CHOICES_MAX) });

export const dateOptions = z.strictObject({ dateFormat });
export const dateTimeOptions = z.strictObject({ timeZone, dateFormat, timeFormat });

export const linkOptions = z.strictObject({
  linkedTableId: z.string().regex(/^tbl[A-Za-z0-9]{14}$/),
  viewIdForRecordSelection: z
    .string()
    .regex(/^viw[A-Za-z0-9]{14}$/)
    .optional(),
  prefersSingleRecordLink: z.boolean().optional(),
});
export const attachmentOptions = z.strictObject({ isReversed: z.boolean().default(false) });

/** What a created or modified time shows: an ordinary date or date-time configuration. */
export const timeResult = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("date"), options: dateOptions }),
  z.strictObject({ type: z.literal("dateTime"), options: dateTimeOptions }),
]);
const fieldId = z.string().regex(/^fld[A-Za-z0-9]{14}$/);

export const stampOptions = z.strictObject({ result: timeResult.optional() });
/** Only changes of these fields count; none or an empty list: of every field that people can change. */
export const watchOptions = z.strictObject({
  referencedFieldIds: z.array(fieldId).max(500).optional(),
});
export const modifiedTimeOptions = z.strictObject({
  ...stampOptions.shape,
  ...watchOptions.shape,
});
/** What a schema shows of a computed field and nobody writes; it may be sent back and is ignored. */
const shown = {
  isValid: z.boolean().optional(),
  referencedFieldIds: z.array(z.string()).nullish(),
};
/** Characters of one formula text. Source: what the formula language promises. */
export const FORMULA_TEXT_MAX_CHARACTERS = 100_000;

const formulaText = z.string().max(FORMULA_TEXT_MAX_CHARACTERS);
/** How a number, date or text that is computed is shown; left out, it follows from the formula. */
const resultFormat = z.object({ type: z.enum(fieldTypeNames), options: z.unknown().optional() });
/** A formula over the linked table: records of which it is not true are left out. Ours. */
const linkedFilter = { filterByFormula: formulaText.optional() };

export const formulaOptions = z.strictObject({
  formula: formulaText,
  result: resultFormat.nullish(),
  ...shown,
});
export const lookupOptions = z.strictObject({
  recordLinkFieldId: fieldId,
  fieldIdInLinkedTable: fieldId,
  ...linkedFilter,
  result: z.unknown().optional(),
  ...shown,
});
/** Without a formula: the sum of a field of numbers, the joined texts of any other. */
export const rollupOptions = z.strictObject({
  recordLinkFieldId: fieldId,
  fieldIdInLinkedTable: fieldId,
  formula: formulaText.optional(),
  ...linkedFilter,
  result: resultFormat.nullish(),
  ...shown,
});
export const countOptions = z.strictObject({
  recordLinkFieldId: fieldId,
  ...linkedFilter,
  ...shown,
});
/** A button opens the address that its formula gives; without a formula it does nothing. */
export const buttonOptions = z.strictObject({
  label: z.string().min(1).max(100).optional(),
  formula: formulaText.optional(),
  ...shown,
});

export type NumberOptions = z.infer<typeof numberOptions>;
export type CurrencyOptions = z.infer<typeof currencyOptions>;
export type DurationOptions = z.infer<typeof durationOptions>;
export type RatingOptions = z.infer<typeof ratingOptions>;
export type CheckboxOptions = z.infer<typeof checkboxOptions>;
export type ChoiceInput = z.infer<typeof choiceInput>;
export type DateOptions = z.infer<typeof dateOptions>;
export type DateTimeOptions = z.infer<typeof dateTimeOptions>;
export type TimeResult = z.infer<typeof timeResult>;

/** A select choice as it is stored and as the schema shows it. */
export interface Choice {
  readonly id: string;
  readonly name: string;
  readonly color?: ChoiceColor | undefined;
}

/**
 * A field to be created, as far as the edge can tell: the options are checked by the type itself, because its errors
 * name the table and the field.
 */
export const fieldConfig = z.strictObject({
  name: z.string().max(FIELD_NAME_MAX_CHARACTERS),
  type: z.enum(fieldTypeNames),
  description: z.string().max(DESCRIPTION_MAX_CHARACTERS).optional(),
  options: z.unknown().optional(),
});
export type FieldConfig = z.infer<typeof fieldConfig>;

/** Shapes of the write options by type; a type without an entry takes none. */
export const writeOptions = {
  number: numberOptions,
  percent: numberOptions,
  currency: currencyOptions,
  duration: durationOptions,
  rating: ratingOptions,
  checkbox: checkboxOptions,
  singleSelect: choicesInput,
  multipleSelects: choicesInput,
  date: dateOptions,
  dateTime: dateTimeOptions,
  multipleRecordLinks: linkOptions,
  multipleAttachments: attachmentOptions,
  createdTime: stampOptions,
  lastModifiedTime: modifiedTimeOptions,
  lastModifiedBy: watchOptions,
  formula: formulaOptions,
  rollup: rollupOptions,
  multipleLookupValues: lookupOptions,
  count: countOptions,
  button: buttonOptions,
} as const satisfies Partial<Record<FieldTypeName, z.ZodType>>;

/** A person in a cell. */
export const collaborator = z.object({ id: z.string(), email: z.string(), name: z.string() });
export type Collaborator = Readonly<z.infer<typeof collaborator>>;

export const barcode = z.strictObject({ text: z.string(), type: z.string().optional() });
export type Barcode = Readonly<z.infer<typeof barcode>>;

const thumbnail = z.object({ url: z.string(), width: z.int(), height: z.int() });

/** A file in a cell as it is read; its addresses expire. */
export const attachment = z.object({
  id: z.string(),
  url: z.string(),
  filename: z.string(),
  size: z.int().optional(),
  type: z.string().optional(),
  width: z.int().optional(),
  height: z.int().optional(),
  thumbnails: z
    .object({ small: thumbnail, large: thumbnail, full: thumbnail })
    .partial()
    .optional(),
});
export type Attachment = z.infer<typeof attachment>;

/** A number that JSON cannot write. */
export const specialNumber = z.object({ specialValue: z.enum(["NaN", "Infinity", "-Infinity"]) });
/** A computed value that could not be computed. */
export const cellError = z.object({ error: z.literal("#ERROR!") });
/** A button as it is read. */
export const button = z.object({ label: z.string(), url: z.string().nullable() });

/** A cell as it is read; empty cells are left out of `fields`. */
export const cellValue = z.union([
  z.string(),
  z.number(),
  z.literal(true),
  z.array(z.string()),
  z.array(collaborator),
  z.array(attachment),
  collaborator,
  barcode,
  specialNumber,
  cellError,
  button,
  z.array(
    z.union([z.string(), z.number(), z.literal(true), barcode, specialNumber, cellError, z.null()]),
  ),
]);
export type CellValue = z.infer<typeof cellValue>;
