import { join, sql, type Sql } from "#kernel";
import type { Field, Table } from "../schema/base-schema.ts";
import { columnOf, tableSql } from "../rows/table-sql.ts";

/** All statements of the transaction see one moment. */
export const readOneMoment = (): Sql =>
  sql`set transaction isolation level repeatable read, read only`;

export const txnOfBase = (baseId: string): Sql =>
  sql`select txn::text from records.bases where id = ${baseId}`;

/** Rows of a table, and the bytes of the files in these fields. */
export const measureTable = (table: Table, files: readonly Field[]): Sql => sql`
  select count(*)::text, ${files.length === 0 ? sql`0` : sql`coalesce(sum(${join(files.map(sizeIn), " + ")}), 0)`}::text
  from ${tableSql(table).name} t`;

const sizeIn = (field: Field): Sql => sql`(
  select coalesce(sum((file ->> 'size')::bigint), 0) from jsonb_array_elements(${columnOf(field)}) file)`;
