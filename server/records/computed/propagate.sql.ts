import { constant, empty, ident, join, quoteIdent, sql, type Sql } from "#kernel";
import { CURRENT_TXN, tableSql } from "../rows/table-sql.ts";
import type { Field, LinkOptions, Table } from "../schema/base-schema.ts";
import { columnName, computedValue, differs, idsWhere, type RowPlan } from "./row-plan.sql.ts";

/** Records that link to any of these by the field. */
export const linkingRecords = (
  baseId: string,
  link: Field,
  { ids, limit }: { readonly ids: readonly string[]; readonly limit: number },
): Sql => {
  const { junction, side } = link.options as unknown as LinkOptions;
  const [own, other] = side === "a" ? ["a", "b"] : ["b", "a"];
  return sql`
    select distinct j.${constant(own)} from ${ident(baseId, junction)} j
    where j.${constant(other)} = any(${ids}) limit ${limit}`;
};

/** How many rows a table has, counted no further than that. */
export const rowCountUpTo = (table: Table, limit: number): Sql => sql`
  select count(*) from (select from ${tableSql(table).name} limit ${limit}) t`;

/**
 * Computes the plan's fields in rows, or in all, and writes those that differ; these get a new version. Answers their ids and
 * which fields differ.
 */
export const recomputeRows = (
  table: Table,
  plan: RowPlan,
  recordIds: readonly string[] | undefined,
): Sql => {
  const { name } = tableSql(table);
  const fields = plan.nodes.map(({ field }) => field);
  const values = fields.map((field) => sql`${computedValue(field)} as ${columnName(field)}`);
  const set = fields.map((field) =>
    constant(`${quoteIdent(field.id)} = s.${quoteIdent(field.id)}`),
  );
  const errors = plan.errors === undefined ? empty : sql`, ${plan.errors} as errors`;
  return sql`
    update ${name} as t set ${join(set)}${constant(plan.errors === undefined ? "" : ", errors = s.errors")},
      version = ${CURRENT_TXN}
    from (
      select i.id, ${join(values)}${errors},
        ${idsWhere(plan.nodes, (field) => differs(field, "i"))} as changed
      from ${name} i${plan.chain}
      ${recordIds === undefined ? empty : sql`where i.id = any(${recordIds})`}
      offset 0
    ) s
    where t.id = s.id and cardinality(s.changed) > 0
    returning t.id, s.changed`;
};
