import { sql, type Sql } from "#kernel";

/** The number of the base's last transaction. */
export const txnOf = (baseId: string): Sql =>
  sql`select txn from records.bases where id = ${baseId}`;
