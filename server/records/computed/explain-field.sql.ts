import { sql, type Sql } from "#kernel";
import { cellsAsJson } from "../rows/rows.sql.ts";
import { tableSql } from "../rows/table-sql.ts";
import type { Field, Table } from "../schema/base-schema.ts";

export const lastRecompute = (fieldId: string): Sql => sql`
  select r.at, r.txn, r.rows, r.took_ms as "tookMs" from records.recomputes r where r.field_id = ${fieldId}`;

/** Records in which the field is an error, and what some fields hold there. */
export const failingRows = (
  table: Table,
  field: Field,
  { fields, limit }: { readonly fields: readonly Field[]; readonly limit: number },
): Sql => sql`
  select t.id, ${cellsAsJson(fields)} from ${tableSql(table).name} t
  where ${field.id} = any(t.errors) order by t.auto_number limit ${limit}`;
