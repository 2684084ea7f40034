import type { FilterOperator } from "@basalt/contract";

/** A base written down by hand: everything is named, nothing has an id. */
export interface BaseSource {
  readonly name: string;
  readonly description: string;
  readonly color: string;
  readonly icon: string;
  readonly tables: readonly TableSource[];
}

export interface TableSource {
  readonly name: string;
  readonly description?: string;
  /** The first one is the primary field. */
  readonly fields: readonly FieldSource[];
  readonly views?: readonly ViewSource[];
  /** Values in the order of `columns`, names of fields; null is an empty cell. */
  readonly columns?: readonly string[];
  readonly rows?: readonly (readonly unknown[])[];
}

export interface FieldSource {
  readonly name: string;
  readonly type: string;
  readonly description?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  /** Of a link: the table, the field on the other side (none where a table links to itself), whether it holds one record. */
  readonly link?: {
    readonly table: string;
    readonly field?: string;
    readonly single?: boolean;
  };
  /** Of a field that reads linked records: the link of its table, and, unless it counts, the field of the linked one. */
  readonly through?: { readonly link: string; readonly field?: string };
  /** Of a time or author of change: only changes of these fields count. */
  readonly watched?: readonly string[];
}

export interface ViewSource {
  readonly name: string;
  readonly type: string;
  /** `Field` or `-Field`, the latter from the end. */
  readonly sort?: readonly string[];
  /** Conditions that hold all: a field, an operator, a value; choices by name. */
  readonly where?: readonly (readonly [
    string,
    FilterOperator,
    (string | number | boolean | readonly string[])?,
  ])[];
  /** Names of the fields shown, in order. */
  readonly visible?: readonly string[];
  /** Other options that hold the id of a field, by its name: `groupFieldId`, `dateFieldId`. */
  readonly fieldIds?: Readonly<Record<string, string>>;
}
