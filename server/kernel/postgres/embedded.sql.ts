import { literal, type Sql, sql } from "../db/sql.ts";

/** Is it there, and which version is it? */
export function serverVersion(): Sql {
  return sql`show server_version`;
}

/**
 * The role that Basalt signs in as: may make databases and roles (one a base) and use the roles that it made, but is no
 * superuser, so no statement of ours can reach files or programs of the machine.
 */
export function createAppRole(password: string): Sql {
  return sql`create role basalt login createdb createrole password ${literal(password)}`;
}

/** Roles that the role makes are granted to it at once (PostgreSQL 16 and newer do not do this by themselves). */
export function grantOwnRoles(): Sql {
  return sql`alter role basalt set createrole_self_grant = 'set, inherit'`;
}

export function createAppDatabase(): Sql {
  return sql`create database basalt owner basalt`;
}

export function appRoleExists(): Sql {
  return sql`select rolname from pg_roles where rolname = 'basalt'`;
}

export function appDatabaseExists(): Sql {
  return sql`select datname from pg_database where datname = 'basalt'`;
}

export function setAppPassword(password: string): Sql {
  return sql`alter role basalt password ${literal(password)}`;
}
