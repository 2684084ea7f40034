import { sql, type Sql } from "#kernel";
import { tableSql } from "../../rows/table-sql.ts";
import type { Table } from "../../schema/base-schema.ts";

/** All rows of a table in order of creation, as `rowColumns` of all fields. */
export const allRows = (table: Table): Sql => sql`
  select ${tableSql(table).all} from ${tableSql(table).name} t order by t.auto_number`;
