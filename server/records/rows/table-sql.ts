import { constant, quoteIdent, type Sql } from "#kernel";
import { shownAs, typeOf } from "../field-types/registry.ts";
import type { Field, Table } from "../schema/base-schema.ts";

/** A table's SQL that does not change between calls, composed once per schema version. */
export interface TableSql {
  /** `"app…"."tbl…"`. */
  readonly name: Sql;
  /** Fields with a column of their own, in the table's order. */
  readonly stored: readonly Field[];
  /** Their columns, comma before each: `, "fldA", "fldB"`. */
  readonly storedColumns: Sql;
  /** The same read from a recordset `r`. */
  readonly storedFromRecordset: Sql;
  /** Their column definitions for `json_to_recordset(…) as r(…)`, comma before each. */
  readonly storedDefinitions: Sql;
  /** What every row is read as: see `rowColumns`. */
  readonly all: Sql;
}

const composed = new WeakMap<Table, TableSql>();

/** The parts of a table's statements. */
export function tableSql(table: Table): TableSql {
  let parts = composed.get(table);
  if (parts === undefined) {
    parts = compose(table);
    composed.set(table, parts);
  }
  return parts;
}

/** The number of the running transaction, as `setTxn` kept it. */
export const CURRENT_TXN: Sql = constant("current_setting('basalt.txn')::bigint");

/** Columns before those of the fields: id, created_time, version. */
export const LEADING_COLUMNS = 3;

/** What a row is read as: `id, created_time, version`, then one column a field, in the order given. */
export function rowColumns(fields: readonly Field[], alias = "t"): Sql {
  const columns = fields.map((field) => readText(field, alias));
  return constant(
    [`${alias}.id`, `${alias}.created_time`, `${alias}.version`, ...columns].join(", "),
  );
}

/** The column, or the system column, that holds a field. */
export function columnOf(field: Field, alias = "t"): Sql {
  return constant(columnText(field, alias));
}

/** The definition of a field's column in a recordset. Text carries the collation of the table, so that both compare. */
export function recordsetDefinition(field: Field): string {
  const type = typeOf(field).recordsetType ?? "text";
  const collation = type.startsWith("text") ? ' collate "C"' : "";
  return `${quoteIdent(field.id)} ${type}${collation}`;
}

/** The field as its type reads it: the column, with marks where errors stand beside it. */
export function readColumnOf(field: Field, alias = "t"): Sql {
  return constant(readText(field, alias));
}

/** True where the field has a column that a write can set. */
export function isStored(field: Field): boolean {
  const type = typeOf(field);
  return !type.computed && type.column(field).own;
}

function readText(field: Field, alias: string): string {
  const { list, marked } = shownAs(field);
  const column = columnText(field, alias);
  if (!marked) {
    return column;
  }
  // Ids of fields are 17 characters; the places of errors in a list follow after a colon.
  return list
    ? `(coalesce((select substr(e, 19) from unnest(${alias}.errors) e where starts_with(e, '${field.id}:')), '') || '|' || ${column}::text)`
    : `(case when '${field.id}' = any(${alias}.errors) then 'E' else 'V' || ${column}::text end)`;
}

function columnText(field: Field, alias: string): string {
  const column = typeOf(field).column(field);
  // The type stands in the text, so that a field that was converted gets a new prepared statement: PostgreSQL refuses one
  // whose answer has changed its type.
  return column.own
    ? `${alias}.${quoteIdent(field.id)}/*${column.sqlType}*/`
    : `${alias}.${column.expression}`;
}

function compose(table: Table): TableSql {
  const stored = table.fields.filter(isStored);
  const names = stored.map((field) => quoteIdent(field.id));
  return {
    name: constant(`${quoteIdent(table.baseId)}.${quoteIdent(table.id)}`),
    stored,
    storedColumns: constant(names.map((name) => `, ${name}`).join("")),
    storedFromRecordset: constant(names.map((name) => `, r.${name}`).join("")),
    storedDefinitions: constant(stored.map((field) => `, ${recordsetDefinition(field)}`).join("")),
    all: rowColumns(table.fields),
  };
}
