import { ident, sql, type Sql } from "#kernel";
import { baseRole, namedSchema, readerRole } from "../schema/base-schema.ts";
import { script } from "../schema/tables.sql.ts";

export const insertBase = (baseId: string): Sql =>
  sql`insert into records.bases (id, txn, schema_version) values (${baseId}, 0, 0)`;

/** Makes both roles of a base; `made` is false where the server lets us make none. */
export const makeRoles = (baseId: string): Sql => sql`
  select records.make_role(${baseRole(baseId)}) and records.make_role(${readerRole(baseId)}) as made`;

export const noteRole = (baseId: string): Sql =>
  sql`update records.bases set role_name = ${baseRole(baseId)} where id = ${baseId}`;

/** The base's schema and the one with the readable views. Several statements, for a script. */
export function createSchemas(baseId: string, roles: boolean): Sql {
  const [own, named] = [ident(baseId), ident(namedSchema(baseId))];
  return script([
    sql`create schema ${own}`,
    sql`create schema ${named}`,
    ...(roles
      ? [
          sql`grant usage on schema ${own} to ${ident(baseRole(baseId))}`,
          sql`grant usage on schema ${named} to ${ident(readerRole(baseId))}`,
        ]
      : []),
  ]);
}

/** Some of what a schema holds: views first, then tables. */
export const someRelations = (schema: string, limit: number): Sql => sql`
  select c.relname as name, c.relkind = 'v' as "isView"
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = ${schema} and c.relkind in ('v', 'r')
  order by c.relkind desc, c.relname limit ${limit}`;

export const dropRelation = (
  schema: string,
  { name, isView }: { readonly name: string; readonly isView: boolean },
): Sql =>
  isView
    ? sql`drop view if exists ${ident(schema, name)} cascade`
    : sql`drop table if exists ${ident(schema, name)} cascade`;

export const dropSchema = (name: string): Sql => sql`drop schema if exists ${ident(name)} cascade`;

export const dropRoles = (baseId: string): Sql => sql`
  select records.drop_role(${baseRole(baseId)}), records.drop_role(${readerRole(baseId)})`;

export const deleteBaseRow = (baseId: string): Sql =>
  sql`delete from records.bases where id = ${baseId}`;

export const deleteListings = (baseId: string): Sql =>
  sql`delete from records.iterators where base_id = ${baseId}`;
