import { sql, type Sql } from "#kernel";

/** Held until the transaction ends. */
export const lockPreparation = (): Sql =>
  sql`select pg_advisory_xact_lock(hashtext('basalt.prepare-database'))`;

export const preparedFor = (): Sql =>
  sql`select value #>> '{}' as "preparedFor" from kernel.facts where name = 'prepared'`;

export const notePrepared = (what: string): Sql => sql`
  insert into kernel.facts (name, value) values ('prepared', to_json(${what}::text))
  on conflict (name) do update set value = excluded.value, at = now()`;
