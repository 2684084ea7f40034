import { sql, type Sql } from "#kernel";
import type { Table } from "../schema/base-schema.ts";
import { recomputed } from "./propagate.sql.ts";
import type { RowPlan } from "./row-plan.sql.ts";

export const basesWithVolatile = (): Sql => sql`
  select distinct f.base_id as "baseId" from records.fields f where f.options ->> 'volatile' = 'true'`;

/** True where some row of the table holds another value of one of the plan's fields than computing gives. */
export const hasStaleRows = (table: Table, plan: RowPlan): Sql => sql`
  select exists (select from (${recomputed(table, plan)}) s where cardinality(s.changed) > 0)`;
