import { sql, type Sql } from "#kernel";

/** Processes that start together take turns: a fixed number. */
export const lockSettings = (): Sql => sql`select pg_advisory_xact_lock(4270315)`;
