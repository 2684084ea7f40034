import { constant, sql, type Sql } from "#kernel";
import { tableSql } from "../rows/table-sql.ts";
import type { Table } from "../schema/base-schema.ts";
import { differs, type RowPlan } from "./row-plan.sql.ts";

export const basesWithVolatile = (): Sql => sql`
  select distinct f.base_id as "baseId" from records.fields f where f.options ->> 'volatile' = 'true'`;

/** True where some row of the table holds another value of the plan's one field than computing gives. */
export const hasStaleRows = (table: Table, plan: RowPlan): Sql => {
  const [node] = plan.nodes;
  return sql`
    select exists (select from ${tableSql(table).name} i${plan.chain}
      where ${node === undefined ? constant("false") : differs(node.field, "i")})`;
};
