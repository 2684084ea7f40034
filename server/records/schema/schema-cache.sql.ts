import { sql, type Sql } from "#kernel";

export const schemaVersion = (baseId: string): Sql => sql`
  select schema_version as version, role_name as role from records.bases where id = ${baseId}`;

export const baseTables = (baseId: string): Sql => sql`
  select id, name, description, primary_field_id as "primaryFieldId"
  from records.tables where base_id = ${baseId} order by position, id`;

export const baseFields = (baseId: string): Sql => sql`
  select id, table_id as "tableId", name, type, options, description
  from records.fields where base_id = ${baseId} order by position, id`;

export const baseViews = (baseId: string): Sql => sql`
  select id, table_id as "tableId", name, type, options, personal_for_user_id as "personalForUserId"
  from records.views where base_id = ${baseId} order by position, id`;
