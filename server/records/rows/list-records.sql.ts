import { nameOfUser, namesOfUsers } from "#identity";
import { constant, empty, join, sql, type Sql } from "#kernel";
import type { SortContext } from "../field-types/field-type.ts";
import { shownAs, sortKeys } from "../field-types/registry.ts";
import { orderTerms } from "../field-types/sort-keys.sql.ts";
import type { BaseSchema, Field, LinkOptions, Table } from "../schema/base-schema.ts";
import type { SortBy } from "./list-records.ts";
import type { RecordShape } from "./record-json.ts";
import { commentCount } from "./record-json.sql.ts";
import { columnOf, tableSql } from "./table-sql.ts";

/** Rows after a number, oldest first, with the number as the last column. */
export const pageAfter = (
  table: Table,
  page: {
    readonly columns: Sql;
    readonly after: number;
    readonly limit: number;
    readonly shape: RecordShape;
  },
): Sql => sql`
  select ${page.columns}${page.shape.commentCount ? commentCount(table) : empty}, t.auto_number
  from ${tableSql(table).name} t where t.auto_number > ${page.after}
  order by t.auto_number limit ${page.limit}`;

export const rowsOfPage = (
  table: Table,
  page: { readonly columns: Sql; readonly ids: readonly string[]; readonly shape: RecordShape },
): Sql => sql`
  select ${page.columns}${page.shape.commentCount ? commentCount(table) : empty}
  from ${tableSql(table).name} t where t.id = any(${page.ids})`;

/** Ids in the order of the sort, ties in the order of creation. Empty cells come first, last when descending. */
export function idsInOrder(
  schema: BaseSchema,
  table: Table,
  { sort, limit }: { readonly sort: readonly SortBy[]; readonly limit?: number },
): Sql {
  const keys = sort.flatMap(({ fieldId, direction }) =>
    sortTerms(schema, table.fieldsById.get(fieldId), direction),
  );
  return sql`
    select t.id from ${tableSql(table).name} t
    order by ${join([...keys, constant("t.auto_number")])}${limit === undefined ? empty : sql` limit ${limit}`}`;
}

function sortTerms(schema: BaseSchema, field: Field | undefined, direction: "asc" | "desc"): Sql[] {
  if (field === undefined) {
    return [];
  }
  return [
    orderTerms(sortKeys(field, columnOf(field), sortContext(schema, shownAs(field).as)), direction),
  ];
}

function sortContext(schema: BaseSchema, field: { readonly options: object }): SortContext {
  return {
    userText: (column, shape) => (shape === "one" ? nameOfUser(column) : namesOfUsers(column)),
    linkText: (_fieldId, column) => {
      const linked = schema.tablesById.get((field.options as unknown as LinkOptions).linkedTableId);
      const primary = linked?.fieldsById.get(linked.primaryFieldId);
      return linked === undefined || primary === undefined
        ? sql`null::text`
        : sql`(select string_agg((${columnOf(primary, "l")})::text, ', ' order by p.at)
            from unnest(${column}) with ordinality p(id, at) join ${tableSql(linked).name} l on l.id = p.id)`;
    },
  };
}

interface IteratorKey {
  readonly id: string;
  readonly baseId: string;
  readonly tableId: string;
  readonly queryHash: string;
}

export const keepIterator = (
  it: IteratorKey & { readonly ids: readonly string[]; readonly at: Date },
): Sql => sql`
  insert into records.iterators (id, base_id, table_id, query_hash, record_ids, created_at)
  values (${it.id}, ${it.baseId}, ${it.tableId}, ${it.queryHash}, ${it.ids}, ${it.at})`;

/** The ids from a record on, as many as asked. */
export const readIterator = (
  it: IteratorKey & { readonly recordId: string; readonly limit: number; readonly oldest: Date },
): Sql => sql`
  select record_ids[p.at : p.at + ${it.limit} - 1] as ids
  from records.iterators i, array_position(i.record_ids, ${it.recordId}::text) p(at)
  where i.id = ${it.id} and i.base_id = ${it.baseId} and i.table_id = ${it.tableId}
    and i.query_hash = ${it.queryHash} and i.created_at >= ${it.oldest} and p.at is not null`;

export const deleteIterators = (before: Date): Sql =>
  sql`delete from records.iterators where created_at < ${before}`;
