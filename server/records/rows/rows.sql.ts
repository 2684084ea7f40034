import { constant, join, quoteIdent, sql, type Sql } from "#kernel";
import type { RowPlan } from "../computed/row-plan.sql.ts";
import { computedInsert, computedUpdate } from "../computed/written-rows.sql.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import { changedCells, type CellValue, type RowsChange } from "./changed-cells.sql.ts";
import { columnOf, CURRENT_TXN, tableSql } from "./table-sql.ts";

export interface NewRow {
  readonly id: string;
  /** Field id -> value; absent = empty. */
  readonly cells: Readonly<Record<string, CellValue>>;
}

export interface RowToInsert extends NewRow {
  /** How far this row's call is from the last number of the batch: 0 or negative. */
  readonly ahead: number;
  readonly at: Date;
  readonly by: string | null;
}

/**
 * Adds rows from one JSON parameter and answers them as `rowColumns` of all fields, in the order given. With a plan its
 * computed fields are computed in the same statement.
 */
export function insertRows(table: Table, rows: readonly RowToInsert[], plan?: RowPlan): Sql {
  const parts = tableSql(table);
  const json = JSON.stringify(
    rows.map(({ id, at, by, ahead, cells }) => ({ id, at, by, ahead, ...cells })),
  );
  if (plan !== undefined) {
    return computedInsert(table, plan, json);
  }
  return sql`
    insert into ${parts.name} as t
      (id, created_time, created_by, modified_time, modified_by, version${parts.storedColumns})
    select r.id, r.at, r.by, r.at, r.by, ${CURRENT_TXN} + r.ahead${parts.storedFromRecordset}
    from json_to_recordset(${json}::json) as r(id text, at timestamptz, by text, ahead integer${parts.storedDefinitions})
    returning ${parts.all}`;
}

/** `id, version`, and the named cells as one JSON array text, of the records that exist. */
export function cellsBefore(table: Table, fields: readonly Field[], ids: readonly string[]): Sql {
  return sql`
    select t.id, t.version, ${cellsAsJson(fields)}
    from ${tableSql(table).name} t where t.id = any(${ids})`;
}

/** Stored values of the fields as the text of a JSON array. In slices: a function takes at most 100 arguments. */
export function cellsAsJson(fields: readonly Field[]): Sql {
  const slices: Sql[] = [];
  for (let at = 0; at < fields.length; at += 90) {
    const columns = fields.slice(at, at + 90).map((field) => columnOf(field));
    slices.push(sql`jsonb_build_array(${join(columns)})`);
  }
  return slices.length === 0 ? sql`'[]'` : sql`(${join(slices, " || ")})::text`;
}

/**
 * Writes the same fields of several records. A record whose cells already hold these values keeps its version and times.
 * Answers `rowColumns` of all fields; with a plan its computed fields are computed in the same statement, and the ids of those
 * that changed come last.
 */
export function updateRows(table: Table, change: RowsChange, plan?: RowPlan): Sql {
  if (plan !== undefined) {
    return computedUpdate(table, plan, change);
  }
  const parts = tableSql(table);
  const names = change.fields.map((field) => quoteIdent(field.id));
  const json = JSON.stringify(change.rows.map(({ id, cells }) => ({ id, ...cells })));
  const differs = constant(
    `(${names.map((name) => `t.${name}`).join(", ")}) is distinct from (${names.map((name) => `r.${name}`).join(", ")})`,
  );
  const ids = change.rows.map(({ id }) => id);
  // PostgreSQL takes a recordset for a hundred rows and would read the whole table; the list of ids tells it how few.
  return sql`
    update ${parts.name} as t set
      ${constant(names.map((name) => `${name} = r.${name}`).join(", "))},
      version = case when ${differs} then ${CURRENT_TXN} else t.version end,
      modified_time = case when ${differs} then ${change.at}::timestamptz else t.modified_time end,
      modified_by = case when ${differs} then ${change.by} else t.modified_by end
    from (${changedCells(change, json)}) r
    where t.id = r.id collate "C" and t.id = any(${ids})
    returning ${parts.all}`;
}

/** Whole rows by id, as `rowColumns` of all fields. */
export const rowsById = (table: Table, ids: readonly string[]): Sql => sql`
  select ${tableSql(table).all} from ${tableSql(table).name} t where t.id = any(${ids})`;

/** Which of these ids exist. */
export const existingIds = (table: Table, ids: readonly string[]): Sql => sql`
  select t.id from ${tableSql(table).name} t where t.id = any(${ids})`;

export const deleteRows = (table: Table, ids: readonly string[]): Sql => sql`
  delete from ${tableSql(table).name} t where t.id = any(${ids}) returning t.id`;

export const deleteComments = (table: Table, ids: readonly string[]): Sql => sql`
  delete from records.comments where table_id = ${table.id} and record_id = any(${ids})`;
