import { sql, type Sql } from "#kernel";

/** The name of the user whose id the expression gives; null for nobody. For statements of other modules that sort by it. */
export const nameOfUser = (id: Sql): Sql =>
  sql`(select u.name from identity.users u where u.id = ${id})`;

/** The names of the users in a `text[]`, joined in its order; null for nobody. */
export const namesOfUsers = (ids: Sql): Sql => sql`
  (select string_agg(u.name, ', ' order by p.at)
   from unnest(${ids}) with ordinality p(id, at) join identity.users u on u.id = p.id)`;
