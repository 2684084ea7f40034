import { constant, quoteIdent, sql, type Sql } from "#kernel";
import type { Stored, StoredAttachment } from "../field-types/field-type.ts";
import type { Field } from "../schema/base-schema.ts";
import { recordsetDefinition } from "./table-sql.ts";

/** What a cell is written as once files are settled. */
export type CellValue =
  | Exclude<Stored, readonly unknown[]>
  | readonly string[]
  | readonly StoredAttachment[];

export interface RowChange {
  readonly id: string;
  readonly cells: Readonly<Record<string, CellValue>>;
}

/** The same fields of several records. */
export interface RowsChange {
  readonly fields: readonly Field[];
  readonly rows: readonly RowChange[];
  readonly at: Date;
  readonly by: string | null;
}

/**
 * The cells of a change as rows. PostgreSQL takes any list for a hundred rows and then reads the whole table; a limit that it does
 * not know when it plans makes it expect ten, and look each up.
 */
export function changedCells({ fields, rows }: RowsChange, json: string): Sql {
  const names = ["id", ...fields.map((field) => quoteIdent(field.id))].join(", ");
  const definitions = fields.map((field) => `, ${recordsetDefinition(field)}`).join("");
  return sql`select ${constant(names)} from json_to_recordset(${json}::json) as r(id text${constant(definitions)})
    limit ${rows.length}`;
}
