import { sql, type Sql } from "#kernel";

/** How new each of these bases is; those that have gone are left out. */
export const txnsOf = (baseIds: readonly string[]): Sql =>
  sql`select id, txn from records.bases where id = any(${baseIds})`;
