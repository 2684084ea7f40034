import type { Barcode, Collaborator, FieldTypeName, TimeResult } from "@basalt/contract";
import type { IdPrefix, Sql } from "#kernel";
import type { ShownAs } from "./computed.ts";

/** What a type keeps about a field, as JSON; each type knows its own shape. */
export type StoredOptions = Readonly<object>;

/** A field as its type needs to see it. Immutable: a change of the schema makes new objects, so closures may hold it. */
export interface Field<O extends StoredOptions = StoredOptions> {
  /** `fld…`; also the name of its column. */
  readonly id: string;
  readonly name: string;
  /** The name of its type, one of `fieldTypes`. */
  readonly type: string;
  readonly options: O;
}

/** Where a field's value stands: a column of its own with this SQL type, or a system column of the row. */
export type Column =
  | { readonly own: true; readonly sqlType: string }
  | { readonly own: false; readonly expression: SystemColumn };

export type SystemColumn =
  | "auto_number"
  | "created_time"
  | "created_by"
  | "modified_time"
  | "modified_by";

/** A file that a written cell asks for: one that the cell holds already, or one to be fetched. */
export type AttachmentInput =
  | { readonly kind: "keep"; readonly id: string; readonly filename?: string }
  | { readonly kind: "fetch"; readonly url: string; readonly filename?: string };

/** A file as the cell's `jsonb` holds it; addresses are signed when it is read. */
export interface StoredAttachment {
  readonly id: string;
  readonly filename: string;
  /** Absent while the file is still being fetched; then `sourceUrl` is where from. */
  readonly hash?: string;
  readonly sourceUrl?: string;
  /** Bytes. */
  readonly size?: number;
  readonly type?: string;
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  readonly thumbnails?: Readonly<Partial<Record<ThumbnailSize, StoredThumbnail>>>;
}

export type ThumbnailSize = "small" | "large" | "full";

export interface StoredThumbnail {
  readonly hash: string;
  readonly width: number;
  readonly height: number;
}

/** What a cell is written as, through `json_to_recordset`; null is the empty cell. */
export type Stored =
  | null
  | string
  | number
  | boolean
  | readonly string[]
  | readonly AttachmentInput[]
  | Barcode;

/** Answers to questions about people from a set that was loaded before. */
export interface Directory {
  userById(id: string): Collaborator | undefined;
}

/** What checking a written value may need to know. */
export interface WriteContext extends Directory {
  /** The record is new: there are no files to keep. */
  readonly creating: boolean;
  userByEmail(email: string): Collaborator | undefined;
  userByName(name: string): Collaborator | undefined;
  /**
   * The id that a choice of this name will have: under typecast the caller makes the collected ones in one change of
   * the schema before it writes. Throws a refusal where the caller may not edit the schema. The same name of a field
   * gives the same id.
   */
  newChoice(fieldId: string, name: string): string;
  /** A stand-in for the record that has this primary text: the caller finds or makes them all in one query. */
  linkByText(fieldId: string, text: string): string;
}

/** What writing a cell as JSON may need to know. */
export interface ReadContext extends Directory {
  /** The signed, expiring address of a stored file. */
  fileUrl(file: {
    readonly attachmentId: string;
    readonly hash: string;
    readonly filename: string;
    readonly type?: string;
  }): string;
}

/** What showing a cell as text may need to know. Without a zone or locale a field's own zone and plain English count. */
export interface ShowContext extends Directory {
  /** IANA name, of the request. */
  readonly timeZone?: string;
  /** BCP 47 tag, of the request. */
  readonly userLocale?: string;
  /** Primary text of a linked record; undefined or empty ones are left out. */
  linkText(fieldId: string, recordId: string): string | undefined;
  /** Absent where no address should be shown, as in a text that is kept. */
  fileUrl?: ReadContext["fileUrl"];
}

/** What checking options may need to know. */
export interface OptionsContext {
  readonly tableName: string;
  readonly fieldName: string;
  newId(prefix: IdPrefix & "sel"): string;
  /** True for a table of the same base. */
  knownTable(tableId: string): boolean;
  /** Ids in the options are taken as they are: for imports into a new base. */
  readonly keepIds?: boolean;
}

/** Expressions that sorting needs for values that live elsewhere. `column` is the field's own column. */
export interface SortContext {
  /** The primary texts of the linked records, joined, as one text; null when there are none. */
  linkText(fieldId: string, column: Sql): Sql;
  /** The display name of the user, from a `text` column or, for `list`, of the users of a `text[]`, joined. */
  userText(column: Sql, shape: "one" | "list"): Sql;
}

/** One expression to sort by, and its type for a cursor that compares with it. Null is the empty cell. */
export interface SortKey {
  readonly expression: Sql;
  readonly sqlType: string;
}

/** Turns the text that PostgreSQL wrote for a column into something else; null stands for the empty cell on both sides. */
export type FromText = (text: string | null) => string | null;

/** Everything that depends on the type of a field. One object a type; no I/O. */
export interface FieldType<O extends StoredOptions = StoredOptions> {
  readonly name: FieldTypeName;
  /** Nobody writes it: every write is refused. */
  readonly computed: boolean;
  /** May be the first field of a table. */
  readonly primaryAllowed: boolean;
  /** `extension`: Airtable refuses to create it by API, we do not unless we are asked to be strict. */
  readonly creatable: "yes" | "extension";
  /** The type of the value in `json_to_recordset(…) as r(fldX <type>)`; null for computed types. */
  readonly recordsetType: string | null;
  /** The type that both sides of an upsert's comparison have; null where the type cannot be merged on. */
  readonly mergeType: string | null;
  /** What the caller must still do with what `parse` gave: look records up, or settle files. */
  readonly needs: "nothing" | "records" | "files";

  column(field: Field<O>): Column;
  /** For computed types: whose functions show the cells. */
  shownAs?(field: Field<O>): ShownAs;

  /** Checks write options and completes them. Problem: `records.bad-field-options`. */
  createOptions(input: unknown, context: OptionsContext): O;
  /** The same for a field that exists. Problem: `records.bad-field-options`. */
  changeOptions(input: unknown, current: O, context: OptionsContext): O;
  /** `options` in the schema JSON; undefined where Airtable leaves the key out. */
  airtableOptions(options: O): object | undefined;

  /**
   * Checks a JSON value and gives what is stored. Problems: `records.cell-refused`, `records.field-computed`,
   * `records.unknown-choice`, `records.bad-record-id`, `records.bad-attachment`.
   */
  parse(value: unknown, field: Field<O>, context: WriteContext): Stored;
  /** The same, and forgiving by the rules of `typecast`. */
  typecast(value: unknown, field: Field<O>, context: WriteContext): Stored;
  /** The value of an upsert key where it is not `parse`: for computed types that can be compared. */
  parseKey?(value: unknown, field: Field<O>): Stored;

  /** A function from the column's text to the JSON text of the API value; null where the key is left out. */
  compileJson(field: Field<O>, context: ReadContext): FromText;
  /** A function from the column's text to the text for people; null where the cell is empty. */
  compileShow(field: Field<O>, context: ShowContext): FromText;
  /** What to sort by, most significant first. */
  sortKeys(field: Field<O>, column: Sql, context: SortContext): readonly SortKey[];
}

/** Options of types that have none. */
export type NoOptions = Readonly<Record<never, never>>;

/** Options of created and modified time. */
export interface StampOptions {
  readonly result: TimeResult;
}
