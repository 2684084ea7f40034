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
