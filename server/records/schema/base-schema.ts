import type { FieldTypeName } from "@basalt/contract";

/** A base's schema as the engine works with it: immutable, one object per schema version, shared by all requests. */
export interface BaseSchema {
  readonly baseId: string;
  /** Moves with every schema change; a write refuses to run on an older one. */
  readonly version: number;
  /** The database role that has rights on this base's schema alone; null where the server lets us make none. */
  readonly role: string | null;
  readonly tables: readonly Table[];
  readonly tablesById: ReadonlyMap<string, Table>;
  /** By `nameKey`. */
  readonly tablesByName: ReadonlyMap<string, Table>;
}

export interface Table {
  readonly id: string;
  readonly baseId: string;
  readonly name: string;
  readonly description: string | null;
  readonly primaryFieldId: string;
  /** Primary field first, then by position. */
  readonly fields: readonly Field[];
  readonly fieldsById: ReadonlyMap<string, Field>;
  /** By exact name: Airtable matches field names in bodies exactly. */
  readonly fieldsByName: ReadonlyMap<string, Field>;
  readonly views: readonly View[];
}

export interface Field {
  readonly id: string;
  readonly tableId: string;
  readonly name: string;
  /** Airtable's type name: `singleLineText`. */
  readonly type: FieldTypeName;
  /** Stored options; their shape belongs to the field type. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly description: string | null;
}

export interface View {
  readonly id: string;
  readonly tableId: string;
  readonly name: string;
  readonly type: string;
  readonly options: ViewOptions;
  readonly personalForUserId: string | null;
}

export interface ViewOptions {
  /** Order of its records. */
  readonly sort?: readonly { readonly fieldId: string; readonly direction: "asc" | "desc" }[];
  /** Fields shown, in order; absent = all. */
  readonly visibleFieldIds?: readonly string[];
  readonly [more: string]: unknown;
}

/** Stored options of a link field. The junction table `lnk…` in the base's schema has columns a, b, a_pos, b_pos. */
export interface LinkOptions {
  readonly linkedTableId: string;
  /** Absent where a table links to itself. */
  readonly inverseLinkFieldId?: string;
  readonly isReversed: boolean;
  readonly prefersSingleRecordLink: boolean;
  readonly viewIdForRecordSelection?: string;
  /** The junction table's name. */
  readonly junction: string;
  /** Which column of the junction holds this field's own records; the other one holds the linked ones. */
  readonly side: "a" | "b";
}

/** How names are compared: NFC, lower case. One documented way for tables, fields and views. */
export function nameKey(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** The role without login under which a base's statements run. */
export function baseRole(baseId: string): string {
  return `basalt_${baseId}`;
}

/** The role for psql, BI tools and dbt: reads the named views of one base. */
export function readerRole(baseId: string): string {
  return `basalt_${baseId}_reader`;
}

/** The schema with views named as the user named the tables and fields. */
export function namedSchema(baseId: string): string {
  return `${baseId}_named`;
}
