import { constant, empty, join, quoteIdent, sql, type Sql } from "#kernel";
import { changedCells, type RowsChange } from "../rows/changed-cells.sql.ts";
import { CURRENT_TXN, tableSql } from "../rows/table-sql.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import {
  columnName,
  differs,
  errorsAfter,
  idsWhere,
  inColumns,
  inSteps,
  valueColumns,
  type RowPlan,
} from "./row-plan.sql.ts";

/**
 * Adds rows with their computed fields. The row `i` that the steps see has every column that is written, and its number,
 * which a formula may ask for.
 */
export function computedInsert(table: Table, plan: RowPlan, json: string): Sql {
  const parts = tableSql(table);
  const fields = plan.nodes.map(({ field }) => field);
  const touched =
    plan.watched.length === 0 ? undefined : touchedBy(plan.watched, TOUCHED_IN_INSERT);
  const columns = [
    ...fields.map(columnName),
    ...(plan.hasErrors ? [constant("errors")] : []),
    ...(touched === undefined ? [] : [constant("touched")]),
  ];
  const values = [
    ...fields.map((field) => constant(inSteps(field, "v"))),
    ...(plan.hasErrors ? [errorsAfter(plan, inSteps, "null::text[]")] : []),
    ...(touched === undefined ? [] : [constant("i.touched")]),
  ];
  return sql`
    insert into ${parts.name} as t
      (id, auto_number, created_time, created_by, modified_time, modified_by, version${parts.storedColumns}${after(columns)})
    select i.id, i.auto_number, i.created_time, i.created_by, i.modified_time, i.modified_by, i.version
      ${storedFrom(parts.stored, "i")}${after(values)}
    from (
      select r.id, nextval(${sequenceOf(table)}) as auto_number, r.at as created_time, r.by as created_by,
        r.at as modified_time, r.by as modified_by, ${CURRENT_TXN} + r.ahead as version
        ${touched === undefined ? empty : sql`, ${touched} as touched`}${storedFrom(parts.stored, "r")}
      from json_to_recordset(${json}::json) as r(id text, at timestamptz, by text, ahead integer${parts.storedDefinitions})
      offset 0
    ) i${plan.chain}
    returning ${parts.all}`;
}

/**
 * Writes fields of several rows with what is computed from them. Rows that hold these values already stay as they are.
 * The ids of the computed fields that changed are answered last.
 */
export function computedUpdate(table: Table, plan: RowPlan, change: RowsChange): Sql {
  const parts = tableSql(table);
  const { fields } = change;
  const written = new Set(fields.map(({ id }) => id));
  const computed = plan.nodes.map(({ field }) => field);
  const watched = plan.watched.filter(({ id }) => written.has(id));
  const now = inColumns("n");
  const old = (field: Field): string => quoteIdent(`${field.id}_old`);
  const setAlways = fields.map(({ id }) => quoteIdent(id)).map((name) => `${name} = s.${name}`);
  const setIfOther = [
    ...computed.map(({ id }) => quoteIdent(id)),
    ...(plan.hasErrors ? ["errors"] : []),
    ...(watched.length === 0 ? [] : ["touched"]),
    "modified_time",
    "modified_by",
  ].map((name) => `${name} = case when s.is_other then s.${name} else t.${name} end`);
  const olds = computed.map((field) => `, i.${old(field)}`);
  const differing = idsWhere(plan.nodes, (field) =>
    differs(field, { now, old: `n.${old(field)}`, errors: "n.old_errors" }),
  );
  // Nobody else writes the base meanwhile, so a row is still where it was read.
  return sql`
    update ${parts.name} as t set ${constant([...setAlways, ...setIfOther].join(", "))},
      version = case when s.is_other then ${CURRENT_TXN} else t.version end
    from (
      select n.place, n.is_other, n.modified_time, n.modified_by${storedFrom(fields, "n")}${storedFrom(computed, "n")}
        ${watched.length === 0 ? empty : constant(", n.touched")}
        ${plan.hasErrors ? sql`, ${errorsAfter(plan, now, "n.old_errors")} as errors` : empty},
        case when n.is_other then ${differing} else '{}' end as changed
      from (
        select i.place, i.is_other, i.modified_time, i.modified_by${storedFrom(fields, "i")}${constant(olds.join(""))}
          ${watched.length === 0 ? empty : constant(", i.touched")}
          ${plan.hasErrors ? constant(", i.errors as old_errors") : empty}${valueColumns(plan)}
        from (${rowsToUpdate(table, plan, { change, watched })}) i${plan.chain}
        offset 0
      ) n
      offset 0
    ) s
    where t.ctid = s.place
    returning ${parts.all}, s.changed`;
}

/** The rows as they will be, as far as steps read them, with what the computed fields hold now. */
function rowsToUpdate(
  table: Table,
  plan: RowPlan,
  { change, watched }: { readonly change: RowsChange; readonly watched: readonly Field[] },
): Sql {
  const { name, stored } = tableSql(table);
  const { fields } = change;
  const json = JSON.stringify(change.rows.map(({ id, cells }) => ({ id, ...cells })));
  const names = fields.map((field) => quoteIdent(field.id));
  const isOther = constant(
    `(${names.map((one) => `o.${one}`).join(", ")}) is distinct from (${names.map((one) => `r.${one}`).join(", ")})`,
  );
  const written = new Set(fields.map(({ id }) => id));
  const kept = plan.reads.filter(({ id }) => !written.has(id) && hasOwnColumn(id, stored));
  const olds = plan.nodes.map(
    ({ field: { id } }) => `, o.${quoteIdent(id)} as ${quoteIdent(`${id}_old`)}`,
  );
  return sql`
    select o.id, o.ctid as place, o.auto_number, o.created_time, o.created_by, x.is_other,
      case when x.is_other then ${change.at}::timestamptz else o.modified_time end as modified_time,
      case when x.is_other then ${change.by} else o.modified_by end as modified_by
      ${storedFrom(fields, "r")}${storedFrom(kept, "o")}${constant(olds.join(""))}
      ${plan.hasErrors ? constant(", o.errors") : empty}
      ${plan.watched.length === 0 ? empty : sql`, ${touchedIn(watched, change)} as touched`}
    from (${changedCells(change, json)}) r
    join ${name} o on o.id = r.id collate "C" and o.id = any(${change.rows.map(({ id }) => id)})
    cross join lateral (select ${isOther} as is_other offset 0) x
    offset 0`;
}

/** Comma before each. */
function after(parts: readonly Sql[]): Sql {
  return parts.length === 0 ? empty : sql`, ${join(parts)}`;
}

function hasOwnColumn(id: string, stored: readonly Field[]): boolean {
  return stored.some((field) => field.id === id);
}

function storedFrom(fields: readonly Field[], alias: string): Sql {
  return constant(fields.map(({ id }) => `, ${alias}.${quoteIdent(id)}`).join(""));
}

const TOUCHED_IN_INSERT = { at: constant("r.at"), by: constant("r.by") };

/** `{fld…: {at, by}}` of the fields that hold something in the new row `r`. */
function touchedBy(
  fields: readonly Field[],
  { at, by }: { readonly at: Sql; readonly by: Sql },
): Sql {
  const parts = fields.map(
    ({ id }) => sql`${constant(`'${id}'`)}, case when r.${constant(quoteIdent(id))} is not null
      then jsonb_build_object('at', floor(extract(epoch from ${at}) * 1000), 'by', ${by}) end`,
  );
  return sql`jsonb_strip_nulls(jsonb_build_object(${join(parts)}))`;
}

/** The same after a change: of fields that hold something else than in the old row `o`. */
function touchedIn(fields: readonly Field[], { at, by }: RowsChange): Sql {
  if (fields.length === 0) {
    return constant("o.touched");
  }
  const parts = fields.map(({ id }) => {
    const name = quoteIdent(id);
    return sql`${constant(`'${id}', case when o.${name} is distinct from r.${name} then`)}
      jsonb_build_object('at', ${at.getTime()}::double precision, 'by', ${by}::text) end`;
  });
  return sql`coalesce(o.touched, '{}') || jsonb_strip_nulls(jsonb_build_object(${join(parts)}))`;
}

function sequenceOf(table: Table): Sql {
  return constant(
    `'${quoteIdent(table.baseId)}.${quoteIdent(`${table.id}_auto_number_seq`)}'::regclass`,
  );
}
