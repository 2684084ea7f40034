import { sql, type Sql } from "#kernel";
import type { Field, Table } from "../schema/base-schema.ts";
import { readColumnOf, tableSql } from "./table-sql.ts";

export const primaryTexts = (table: Table, primary: Field, ids: readonly string[]): Sql => sql`
  select t.id, ${readColumnOf(primary)} from ${tableSql(table).name} t where t.id = any(${ids})`;

/** Comments of the row `t`, as one more column. */
export const commentCount = (table: Table): Sql => sql`
  , (select count(*) from records.comments c where c.table_id = ${table.id} and c.record_id = t.id)`;
