import { sql, type Sql } from "#kernel";
import { SCHEMA_LOCK_TIMEOUT_MS, SCHEMA_STATEMENT_TIMEOUT_MS } from "./limits.ts";

/** Until the end of the transaction: locks are waited for briefly, statements may take longer than those of a request. */
export const setChangeTimeouts = (): Sql => sql`
  select set_config('lock_timeout', ${String(SCHEMA_LOCK_TIMEOUT_MS)}, true),
    set_config('statement_timeout', ${String(SCHEMA_STATEMENT_TIMEOUT_MS)}, true)`;

/** Locks the base's row and takes the next number, whatever the version. */
export const takeTxn = (baseId: string): Sql =>
  sql`select records.take_txn(${baseId}, 1, 0) as txn`;

export const raiseVersion = (baseId: string): Sql => sql`
  update records.bases set schema_version = schema_version + 1 where id = ${baseId}`;
