import { ident, sql, type Sql } from "#kernel";
import { namedSchema } from "../../schema/base-schema.ts";

/** A record of a readable view, by its name. */
export const namedRows = (baseId: string, view: string, name: string): Sql => sql`
  select v."Name", v."Twice", v."Of" from ${ident(namedSchema(baseId), view)} v where v."Name" = ${name}`;
