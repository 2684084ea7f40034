import { sql, type Sql } from "#kernel";
import type { Field, Table } from "../schema/base-schema.ts";
import { columnOf, tableSql } from "./table-sql.ts";

export const allBases = (): Sql => sql`select id from records.bases order by id`;

/** Which of the hashes stand in the cells of an attachment field. */
export const hashesInCells = (table: Table, field: Field, hashes: readonly string[]): Sql => sql`
  select distinct file ->> 'hash'
  from ${tableSql(table).name} t, jsonb_array_elements(${columnOf(field)}) file
  where file ->> 'hash' = any(${hashes})`;

/** Which of the hashes an entry of the change log names. */
export const hashesInLog = (fieldIds: readonly string[], hashes: readonly string[]): Sql => sql`
  select h.hash from unnest(${hashes}::text[]) h(hash)
  where exists (
    select 1 from kernel.events e
    where e.field_ids && ${fieldIds}::text[] and position(h.hash in e.body::text) > 0)`;
