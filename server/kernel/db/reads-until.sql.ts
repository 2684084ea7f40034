import { sql, type Sql } from "./sql.ts";

/** Reads of one snapshot begin here. */
export const BEGIN: Sql = sql`begin`;

/** What only read has nothing to undo. */
export const COMMIT: Sql = sql`commit`;
