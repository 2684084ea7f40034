import { ident, join, sql, type Sql } from "#kernel";
import { columnOf } from "../rows/table-sql.ts";
import type { Table } from "../schema/base-schema.ts";

/** Persons that cells of the base name or may name, and the names of those who have no account here. */
export const namedPeople = (baseId: string): Sql => sql`
  select n.user_id, null from records.named_people n where n.base_id = ${baseId}
  union all
  select a.user_id, coalesce(nullif(a.name, ''), a.email) from records.absent_people a where a.base_id = ${baseId}`;

export const rememberPeople = (baseId: string, userIds: readonly string[]): Sql => sql`
  insert into records.named_people (base_id, user_id)
  select ${baseId}, p.id from unnest(${userIds}::text[]) p(id)
  on conflict (base_id, user_id) do nothing`;

/** Remembers whoever stands in rows of a table. */
export const rememberPeopleOfRows = (table: Table): Sql => {
  const rows = ident(table.baseId, table.id);
  const columns = table.fields.flatMap((field) => {
    switch (field.type) {
      case "singleCollaborator":
        return [sql`select ${columnOf(field)} from ${rows} t`];
      case "multipleCollaborators":
        return [sql`select e.id from ${rows} t, unnest(${columnOf(field)}) e(id)`];
      default:
        return [];
    }
  });
  return sql`
    insert into records.named_people (base_id, user_id)
    select ${table.baseId}, p.id from (
      ${join([sql`select t.created_by from ${rows} t`, sql`select t.modified_by from ${rows} t`, ...columns], " union ")}
    ) p(id) where p.id is not null
    on conflict (base_id, user_id) do nothing`;
};
