import { sql, type Sql } from "#kernel";

export const firstAdministratorId = (): Sql => sql`
  select id from identity.users where admin and disabled_at is null and deleted_at is null
  order by created_at, id limit 1`;
