import { ident, type Sql, sql } from "../db/sql.ts";

export function createDatabase(name: string, template: string): Sql {
  return sql`create database ${ident(name)} template ${ident(template)}`;
}

export function dropDatabase(name: string): Sql {
  return sql`drop database if exists ${ident(name)} with (force)`;
}
