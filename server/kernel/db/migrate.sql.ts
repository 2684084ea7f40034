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
