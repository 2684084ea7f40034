import { ident, sql, type Sql } from "./sql.ts";

export const listenOn = (channel: string): Sql => sql`listen ${ident(channel)}`;
