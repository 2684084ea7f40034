import { sql, type Sql } from "#kernel";
import { nameKey, type Field, type Table, type View } from "./base-schema.ts";

/** New tables after those that the base has, in the order given. */
export function insertTables(baseId: string, tables: readonly TableHead[], at: Date): Sql {
  const rows = tables.map((table) => ({
    id: table.id,
    name: table.name,
    name_key: nameKey(table.name),
    description: table.description,
    primary_field_id: table.primaryFieldId,
  }));
  return sql`
    insert into records.tables (id, base_id, name, name_key, description, primary_field_id, position, created_at)
    select e.id, ${baseId}, e.name, e.name_key, e.description, e.primary_field_id,
      (select coalesce(max(t.position), 0) from records.tables t where t.base_id = ${baseId}) + e.place, ${at}
    from rows from (json_to_recordset(${JSON.stringify(rows)}::json)
      as (id text, name text, name_key text, description text, primary_field_id text))
      with ordinality as e(id, name, name_key, description, primary_field_id, place)`;
}

/** New fields, each after those that its table has. */
export function insertFields(baseId: string, fields: readonly Field[], at: Date): Sql {
  const rows = fields.map((field) => ({
    id: field.id,
    table_id: field.tableId,
    name: field.name,
    name_key: nameKey(field.name),
    type: field.type,
    options: field.options,
    description: field.description,
  }));
  return sql`
    insert into records.fields
      (id, base_id, table_id, name, name_key, type, options, description, position, created_at)
    select e.id, ${baseId}, e.table_id, e.name, e.name_key, e.type, e.options, e.description,
      (select coalesce(max(f.position), 0) from records.fields f where f.table_id = e.table_id) + e.place, ${at}
    from rows from (json_to_recordset(${JSON.stringify(rows)}::json)
      as (id text, table_id text, name text, name_key text, type text, options jsonb, description text))
      with ordinality as e(id, table_id, name, name_key, type, options, description, place)`;
}

/** New views, each after those that its table has. */
export function insertViews(baseId: string, views: readonly View[], at: Date): Sql {
  const rows = views.map((view) => ({
    id: view.id,
    table_id: view.tableId,
    name: view.name,
    name_key: nameKey(view.name),
    type: view.type,
    options: view.options,
    personal_for_user_id: view.personalForUserId,
  }));
  return sql`
    insert into records.views
      (id, base_id, table_id, name, name_key, type, options, personal_for_user_id, position, created_at)
    select e.id, ${baseId}, e.table_id, e.name, e.name_key, e.type, e.options, e.personal_for_user_id,
      (select coalesce(max(v.position), 0) from records.views v where v.table_id = e.table_id) + e.place, ${at}
    from rows from (json_to_recordset(${JSON.stringify(rows)}::json)
      as (id text, table_id text, name text, name_key text, type text, options jsonb, personal_for_user_id text))
      with ordinality as e(id, table_id, name, name_key, type, options, personal_for_user_id, place)`;
}

export const updateTableRow = (table: TableHead): Sql => sql`
  update records.tables
  set name = ${table.name}, name_key = ${nameKey(table.name)}, description = ${table.description}
  where id = ${table.id}`;

export const updateFieldRow = (field: Field): Sql => sql`
  update records.fields
  set name = ${field.name}, name_key = ${nameKey(field.name)}, type = ${field.type},
    options = ${JSON.stringify(field.options)}::jsonb, description = ${field.description}
  where id = ${field.id}`;

export const updateViewRow = (view: View): Sql => sql`
  update records.views
  set name = ${view.name}, name_key = ${nameKey(view.name)}, type = ${view.type},
    options = ${JSON.stringify(view.options)}::jsonb
  where id = ${view.id}`;

/** Fields, views and comments go with it; listings that were begun end. */
export const deleteTableRow = (tableId: string): Sql => sql`
  with listings as (delete from records.iterators where table_id = ${tableId})
  delete from records.tables where id = ${tableId}`;

export const deleteFieldRows = (fieldIds: readonly string[]): Sql =>
  sql`delete from records.fields where id = any(${fieldIds}::text[])`;

export const deleteViewRow = (viewId: string): Sql =>
  sql`delete from records.views where id = ${viewId}`;

type TableHead = Pick<Table, "id" | "name" | "description" | "primaryFieldId">;
