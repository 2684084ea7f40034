import { constant, empty, ident, join, quoteIdent, sql, type Sql } from "#kernel";
import { CURRENT_TXN, tableSql } from "../rows/table-sql.ts";
import type { Field, LinkOptions, Table } from "../schema/base-schema.ts";
import {
  differs,
  errorsAfter,
  idsWhere,
  inColumns,
  valueColumns,
  type RowPlan,
} from "./row-plan.sql.ts";

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
  const columns = [
    ...plan.nodes.map(({ field }) => quoteIdent(field.id)),
    ...(plan.hasErrors ? ["errors"] : []),
  ];
  const rows =
    recordIds === undefined ? recomputed(table, plan) : recomputed(table, plan, recordIds);
  // Nobody else writes the base meanwhile, so a row is still where it was read.
  return sql`
    update ${tableSql(table).name} as t
    set ${join(columns.map((name) => constant(`${name} = s.${name}`)))}, version = ${CURRENT_TXN}
    from (${rows} offset 0) s
    where t.ctid = s.place and cardinality(s.changed) > 0
    returning t.id, s.changed`;
};

/** Rows with the new values of the plan's fields, `errors`, `changed` (ids of the fields that differ) and their `place`. */
export function recomputed(table: Table, plan: RowPlan, recordIds?: readonly string[]): Sql {
  const fields = plan.nodes.map(({ field }) => field);
  const now = inColumns("n");
  const old = (field: Field): string => quoteIdent(`${field.id}_old`);
  const olds = constant(
    fields.map((field) => `, i.${quoteIdent(field.id)} as ${old(field)}`).join(""),
  );
  const oldErrors = constant(plan.hasErrors ? ", i.errors as old_errors" : "");
  const differing = idsWhere(plan.nodes, (field) =>
    differs(field, { now, old: `n.${old(field)}`, errors: "n.old_errors" }),
  );
  return sql`
    select n.place, ${join(fields.map((field) => constant(now(field, "v"))))},
      ${plan.hasErrors ? sql`${errorsAfter(plan, now, "n.old_errors")} as errors,` : empty} ${differing} as changed
    from (
      select i.ctid as place${olds}${oldErrors}${valueColumns(plan)}
      from ${tableSql(table).name} i${plan.chain}
      ${recordIds === undefined ? empty : sql`where i.id = any(${recordIds})`}
      offset 0
    ) n`;
}
