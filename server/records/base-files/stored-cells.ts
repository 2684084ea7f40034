import {
  ATTACHMENT_FILENAME_MAX_CHARACTERS,
  ATTACHMENTS_PER_CELL_MAX,
  barcode,
  CELL_TEXT_MAX_CHARACTERS,
  COLLABORATORS_PER_CELL_MAX,
  LINKS_PER_CELL_MAX,
  type FieldTypeName,
} from "@basalt/contract";
import { isId, type IdPrefix } from "#kernel";
import type { CellValue } from "../rows/changed-cells.sql.ts";
import type { Field } from "../schema/base-schema.ts";
import type { BaseContent } from "./base-content.ts";

/** What stored values are carried over with. */
export interface CellContext extends Pick<BaseContent, "files" | "missingFiles"> {
  /** The id in the new base for one of the content. */
  newId(prefix: IdPrefix, id: string): string;
  /** The person here for one of the content. */
  userId(id: string): string;
}

/** Checks one stored value and carries it over. Throws `BadCell` with why it cannot be. */
export type CarryCell = (value: unknown) => CellValue;

/** Why a stored value is none that its field can hold. */
export class BadCell extends Error {}

/** The function for a field's values; undefined for types that store none. */
export function cellCarrier(field: Field, context: CellContext): CarryCell | undefined {
  return carriers[field.type]?.(context);
}

type Carrier = (context: CellContext) => CarryCell;

const text: Carrier = () => (value) => {
  // A code point is at most two units, so this never refuses what a cell may hold.
  if (typeof value !== "string" || value.length > 2 * CELL_TEXT_MAX_CHARACTERS) {
    throw new BadCell(`is no text of at most ${CELL_TEXT_MAX_CHARACTERS} characters`);
  }
  return value;
};

const number: Carrier = () => (value) => {
  if (typeof value === "number" || (typeof value === "string" && specialNumbers.has(value))) {
    return value;
  }
  throw new BadCell("is no number");
};
const specialNumbers: ReadonlySet<string> = new Set(["NaN", "Infinity", "-Infinity"]);

const rating: Carrier = () => (value) => {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 10) {
    return value;
  }
  throw new BadCell("is no rating");
};

const checkbox: Carrier = () => (value) => {
  if (typeof value !== "boolean") {
    throw new BadCell("is neither true nor false");
  }
  return value;
};

const shaped =
  (shape: RegExp, what: string): Carrier =>
  () =>
  (value) => {
    if (typeof value !== "string" || !shape.test(value)) {
      throw new BadCell(`is no ${what}`);
    }
    return value;
  };

const choice: Carrier = (context) => (value) => ownId("sel", value, context);
const choices: Carrier = (context) => (value) =>
  list(value, CHOICES_PER_CELL_MAX).map((id) => ownId("sel", id, context));
const person: Carrier = (context) => (value) => personId(value, context);
const people: Carrier = (context) => (value) =>
  list(value, COLLABORATORS_PER_CELL_MAX).map((id) => personId(id, context));
const links: Carrier = (context) => (value) => {
  const ids = list(value, Number.MAX_SAFE_INTEGER).map((id) => ownId("rec", id, context));
  if (new Set(ids).size !== ids.length) {
    throw new BadCell("names a record twice");
  }
  return ids;
};

const scanned: Carrier = () => (value) => {
  const result = barcode.safeParse(value);
  if (!result.success || result.data.text.length > 2 * CELL_TEXT_MAX_CHARACTERS) {
    throw new BadCell("is no barcode");
  }
  return result.data;
};

const attachments: Carrier = (context) => (value) =>
  list(value, ATTACHMENTS_PER_CELL_MAX).map((file) => attachment(file, context));

/** Choices of one cell at most: as many as a field can have. */
const CHOICES_PER_CELL_MAX = LINKS_PER_CELL_MAX;

const carriers: Readonly<Partial<Record<FieldTypeName, Carrier>>> = {
  singleLineText: text,
  multilineText: text,
  richText: text,
  email: text,
  url: text,
  phoneNumber: text,
  number,
  currency: number,
  percent: number,
  duration: number,
  rating,
  checkbox,
  singleSelect: choice,
  multipleSelects: choices,
  date: shaped(/^\d{4,6}-\d\d-\d\d( BC)?$/, "date"),
  dateTime: shaped(
    /^\d{4,6}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)( BC)?$/,
    "date with a time and an offset",
  ),
  singleCollaborator: person,
  multipleCollaborators: people,
  multipleRecordLinks: links,
  multipleAttachments: attachments,
  barcode: scanned,
};

interface AttachmentOfFile {
  readonly id?: unknown;
  readonly filename?: unknown;
  readonly hash?: unknown;
  readonly sourceUrl?: unknown;
  readonly size?: unknown;
  readonly type?: unknown;
  readonly width?: unknown;
  readonly height?: unknown;
}

/** Facts about the bytes come from the bytes; only names and types are taken over. */
function attachment(value: unknown, context: CellContext): StoredFileOfCell {
  if (typeof value !== "object" || value === null) {
    throw new BadCell("holds something that is no file");
  }
  const file = value as AttachmentOfFile;
  const { filename, hash, sourceUrl, type } = file;
  const id = ownId("att", file.id, context);
  if (typeof filename !== "string" || filename.length > 2 * ATTACHMENT_FILENAME_MAX_CHARACTERS) {
    throw new BadCell("holds a file without a proper name");
  }
  const named = { id, filename, ...(isMediaType(type) && { type }) };
  if (hash === undefined) {
    if (typeof sourceUrl !== "string" || !/^https?:\/\//.test(sourceUrl)) {
      throw new BadCell("holds a file without bytes");
    }
    return { ...named, sourceUrl };
  }
  if (typeof hash !== "string") {
    throw new BadCell("holds a file whose hash is none");
  }
  const stored = context.files.get(hash);
  if (stored !== undefined) {
    return { ...named, ...stored };
  }
  if (!context.missingFiles.has(hash)) {
    throw new BadCell(`names the file ${JSON.stringify(hash.slice(0, 64))}, which is not there`);
  }
  const { size, width, height } = file;
  return {
    ...named,
    hash,
    ...(isCount(size) && { size }),
    ...(isCount(width) && { width }),
    ...(isCount(height) && { height }),
  };
}

type StoredFileOfCell = Extract<CellValue, readonly { readonly filename: string }[]>[number];

function isMediaType(type: unknown): type is string {
  return (
    typeof type === "string" && type.length <= 127 && /^[a-z0-9][\w.+-]*\/[\w.+-]+$/i.test(type)
  );
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function list(value: unknown, max: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > max) {
    throw new BadCell("is no list, or too long a one");
  }
  return value;
}

function ownId(prefix: IdPrefix, id: unknown, context: CellContext): string {
  if (!isId(prefix, id)) {
    throw new BadCell(`holds something that is no id beginning with ${prefix}`);
  }
  return context.newId(prefix, id);
}

function personId(id: unknown, context: CellContext): string {
  if (!isId("usr", id)) {
    throw new BadCell("names nobody");
  }
  return context.userId(id);
}
