import { join, sql, type Sql } from "#kernel";
import { tableSql } from "../rows/table-sql.ts";
import type { Table } from "../schema/base-schema.ts";

/** The first of these tables that has the record. */
export const tablesWithRecord = (tables: readonly Table[], recordId: string): Sql => sql`
  select found."tableId" from (${join(
    tables.map(
      (table) => sql`
      select ${table.id}::text as "tableId" from ${tableSql(table).name} t where t.id = ${recordId}`,
    ),
    " union all ",
  )}) found limit 1`;
