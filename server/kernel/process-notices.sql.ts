import { sql, type Sql } from "./db/sql.ts";

export const NOTICES_CHANNEL = "basalt_changes";

/** PostgreSQL takes 8,000 bytes in one notification. */
export const NOTIFICATION_MAX_BYTES = 7_900;

export const notifyChanges = (payloads: readonly string[]): Sql =>
  sql`select pg_notify(${NOTICES_CHANNEL}, payload) from unnest(${payloads}::text[]) payload`;
