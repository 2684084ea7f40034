import { nameOfUser, namesOfUsers } from "#identity";
import { constant, empty, join, sql, type Sql } from "#kernel";
import { namesPeople } from "../computed/kinds.ts";
import type { RowCondition } from "../filters/condition.ts";
import { nameInStatement, namesInStatement, rowsWhere } from "../filters/condition.sql.ts";
import type { SortContext, SortKey } from "../field-types/field-type.ts";
import { shownAs, sortKeys } from "../field-types/registry.ts";
import { orderTerms } from "../field-types/sort-keys.sql.ts";
import type { BaseSchema, Field, LinkOptions, Table } from "../schema/base-schema.ts";
import type { SortBy } from "./list-records.ts";
import type { RecordShape } from "./record-json.ts";
import { commentCount } from "./record-json.sql.ts";
import { columnOf, tableSql } from "./table-sql.ts";

/** What a page is read by. Without a shape there are no columns beside those of the fields. */
interface PageQuery {
  readonly columns: Sql;
  readonly shape?: RecordShape;
  readonly condition?: RowCondition;
  readonly now: Date;
}

/** Rows after a number, oldest first, with the number as the last column. */
export const pageAfter = (
  table: Table,
  page: PageQuery & { readonly after: number; readonly limit: number },
): Sql => sql`
  select ${page.columns}${page.shape?.commentCount ? commentCount(table) : empty}, t.auto_number
  ${rowsWhere(table, page.condition, { now: page.now, more: sql`t.auto_number > ${page.after}` })}
  order by t.auto_number limit ${page.limit}`;

export const rowsOfPage = (
  table: Table,
  page: PageQuery & { readonly ids: readonly string[] },
): Sql => sql`
  select ${page.columns}${page.shape?.commentCount ? commentCount(table) : empty}
  ${rowsWhere(table, page.condition, { now: page.now, more: sql`t.id = any(${page.ids})` })}`;

/** How many comments each of these records has; those without any are left out. */
export const commentCounts = (table: Table, ids: readonly string[]): Sql => sql`
  select c.record_id, count(*) from records.comments c
  where c.table_id = ${table.id} and c.record_id = any(${ids}) group by c.record_id`;

interface OrderQuery {
  readonly sort: readonly SortBy[];
  readonly limit?: number;
  readonly condition?: RowCondition;
  /** Fields of the sort whose persons' names the statement has been given. */
  readonly people?: readonly Field[];
  readonly now: Date;
}

/** Ids in the order of the sort, ties in the order of creation. Empty cells come first, last when descending. */
export function idsInOrder(schema: BaseSchema, table: Table, order: OrderQuery): Sql {
  const { sort, limit, condition, people, now } = order;
  const keys = sort.flatMap(({ fieldId, direction }) => {
    const field = table.fieldsById.get(fieldId);
    const given = people !== undefined;
    return field === undefined ? [] : [orderTerms(sortKeysOf(schema, field, { given }), direction)];
  });
  return sql`
    select t.id ${rowsWhere(table, condition, { now, ...(people !== undefined && { people }) })}
    order by ${join([...keys, constant("t.auto_number")])}${limit === undefined ? empty : sql` limit ${limit}`}`;
}

/** Fields of a sort that name persons. */
export function peopleOfSort(table: Table, sort: readonly SortBy[]): Field[] {
  return sort.flatMap(({ fieldId }) => {
    const field = table.fieldsById.get(fieldId);
    return field !== undefined && namesPeople(field) ? [field] : [];
  });
}

/**
 * What the rows `t` are sorted by for a field, most significant first: errors after everything else. `given`: the
 * statement has been given the names of persons, because it may not read them.
 */
export function sortKeysOf(
  schema: BaseSchema,
  field: Field,
  { given }: { readonly given: boolean },
): readonly SortKey[] {
  const { as, marked } = shownAs(field);
  const keys = sortKeys(field, columnOf(field), sortContext(schema, as, given));
  return marked ? [{ expression: holdsErrorSql(field), sqlType: "boolean" }, ...keys] : keys;
}

function holdsErrorSql(field: Field): Sql {
  return sql`coalesce(${constant(`'${field.id}'`)} = any(t.errors), false)`;
}

function sortContext(
  schema: BaseSchema,
  field: { readonly options: object },
  given: boolean,
): SortContext {
  const [nameOf, namesOf] = given
    ? [nameInStatement, namesInStatement]
    : [nameOfUser, namesOfUsers];
  return {
    userText: (column, shape) => (shape === "one" ? nameOf(column) : namesOf(column)),
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
