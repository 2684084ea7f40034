import { empty, sql, type Sql } from "#kernel";
import type { Table } from "../schema/base-schema.ts";
import type { RecordShape } from "./record-json.ts";
import { commentCount } from "./record-json.sql.ts";
import { tableSql } from "./table-sql.ts";

/**
 * The number of the base's last transaction, and the version of its schema; asked before rows are, so that they are at
 * least as new.
 */
export const baseTxn = (baseId: string): Sql =>
  sql`select txn, schema_version from records.bases where id = ${baseId}`;

export const recordsOf = (
  table: Table,
  {
    columns,
    ids,
    shape,
  }: { readonly columns: Sql; readonly ids: readonly string[]; readonly shape: RecordShape },
): Sql => sql`
  select ${columns}${shape.commentCount ? commentCount(table) : empty}
  from ${tableSql(table).name} t where t.id = any(${ids})`;
