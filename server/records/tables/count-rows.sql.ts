import { join, sql, type Sql } from "#kernel";
import type { Table } from "../schema/base-schema.ts";
import { tableSql } from "../rows/table-sql.ts";

/** How many rows each table has, up to a bound and one more, and what the database believes. One statement. */
export const countsUpTo = (tables: readonly Table[], most: number): Sql =>
  join(
    tables.map(
      (table) => sql`
        select ${table.id}::text as "tableId",
          (select count(*) from (select from ${tableSql(table).name} limit ${most + 1}) found)::int as counted,
          (select greatest(reltuples, 0)::float8 from pg_class c
            where c.oid = to_regclass(format('%I.%I', ${table.baseId}::text, ${table.id}::text))) as estimated`,
    ),
    " union all ",
  );
