import { ident, sql, type Sql } from "./sql.ts";

/** Serialises migrations over all processes of a database: "basalt migrations" as one fixed number. */
const LOCK = 4_270_311;

export const lockMigrations = (): Sql => sql`select pg_advisory_lock(${LOCK})`;
export const unlockMigrations = (): Sql => sql`select pg_advisory_unlock(${LOCK})`;
export const migrationsTableExists = (): Sql =>
  sql`select to_regclass('kernel.migrations') is not null as there`;

export const createMigrationsTable = (): Sql => sql`
  create table if not exists kernel.migrations (
    module text not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    primary key (module, name)
  )`;

export const createSchema = (name: string): Sql => sql`create schema if not exists ${ident(name)}`;
export const appliedMigrations = (): Sql =>
  sql`select module, name, checksum from kernel.migrations`;

export const noteMigration = (module: string, name: string, checksum: string): Sql => sql`
  insert into kernel.migrations (module, name, checksum) values (${module}, ${name}, ${checksum})`;

export const scriptsTableExists = (): Sql =>
  sql`select to_regclass('kernel.scripts') is not null as there`;

export const createScriptsTable = (): Sql => sql`
  create table if not exists kernel.scripts (
    name text primary key,
    checksum text not null,
    applied_at timestamptz not null default now()
  )`;

export const scriptsRun = (): Sql => sql`select name, checksum from kernel.scripts`;

export const noteScript = ({
  name,
  checksum,
}: {
  readonly name: string;
  readonly checksum: string;
}): Sql => sql`
  insert into kernel.scripts (name, checksum) values (${name}, ${checksum})
  on conflict (name) do update set checksum = excluded.checksum, applied_at = now()`;
