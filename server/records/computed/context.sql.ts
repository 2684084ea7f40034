import { sql, type Sql } from "#kernel";

/** Until the end of the transaction; see `CONTEXT`. */
export const setContext = ({
  now,
  names,
}: {
  readonly now: Date;
  readonly names: string;
}): Sql => sql`
  select set_config('basalt.now', ${now.toISOString()}, true), set_config('basalt.people', ${names}, true)`;

/** What `CURRENT_TXN` is until the end of the transaction, where the number was taken in another way. */
export const setCurrentTxn = (txn: number): Sql => sql`
  select set_config('basalt.txn', ${String(txn)}, true)`;
