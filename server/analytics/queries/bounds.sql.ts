import { sql, type Sql } from "#kernel";

/** Bounds of the transaction of a question: it reads, for so long, and sorts in memory what fits. */
export const boundQuery = (): Sql[] => [
  sql`set transaction read only`,
  sql`set local statement_timeout = '10s'`,
  sql`set local work_mem = '64MB'`,
];
