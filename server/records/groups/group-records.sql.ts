import { GROUPS_MAX, type SummaryName } from "@basalt/contract";
import type { FormulaField } from "@basalt/formulas";
import { constant, empty, join, sql, type Sql } from "#kernel";
import { fieldInFormula } from "../computed/field-values.sql.ts";
import { namesPeople } from "../computed/kinds.ts";
import type { ChoiceOptions } from "../field-types/choices.ts";
import { shownAs } from "../field-types/registry.ts";
import type { RowCondition } from "../filters/condition.ts";
import { rowsWhere } from "../filters/condition.sql.ts";
import { sortKeysOf } from "../rows/list-records.sql.ts";
import type { SortBy } from "../rows/list-records.ts";
import { columnOf, readColumnOf } from "../rows/table-sql.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";

/** One level of a grouping. */
export interface GroupLevel {
  readonly field: Field;
  readonly direction: SortBy["direction"];
  /** Instants are put together by the day in this zone: an IANA name, or `utc`. */
  readonly dayIn?: string;
}

/** Something to work out for each group. */
export interface Summary {
  readonly field: Field;
  readonly name: SummaryName;
  /** The field as formulas see it. */
  readonly formula: FormulaField;
}

/** What a grouping is made by. */
export interface GroupQuery {
  readonly schema: BaseSchema;
  readonly table: Table;
  readonly levels: readonly GroupLevel[];
  readonly summaries: readonly Summary[];
  readonly condition?: RowCondition;
  readonly now: Date;
}

/** Fields of a grouping that name persons, for whoever runs the statement. */
export function peopleOfGroups({ levels, condition }: GroupQuery): Field[] {
  const named = levels.flatMap(({ field }) => (namesPeople(field) ? [field] : []));
  return [...new Set([...named, ...(condition?.people ?? [])])];
}

/**
 * Groups of all levels in one pass. Each row: which keys it is without (a bit each, the last key the lowest), how many
 * records, the summaries, the keys. A group stands before the groups within it; first of all everything together.
 */
export function groupsOf(query: GroupQuery): Sql {
  const { table, levels, summaries, condition, now } = query;
  const people = peopleOfGroups(query);
  const keys = levels.map((_, at) => constant(`q.k${at}`));
  const inner = [
    ...levels.flatMap((level, at) => levelColumns(query, level, at)),
    ...summaries.flatMap((summary, at) => summaryColumns(query, summary, at)),
  ];
  const worked = summaries.map((summary, at) => sql`, ${workedOut(summary, at)}`);
  return sql`
    select grouping(${join(keys)}), count(*)${worked.length === 0 ? empty : join(worked, "")}, ${join(keys)}
    from (select ${join(inner)} ${rowsWhere(table, condition, { now, people })}) q
    group by rollup (${join(keys)})
    order by ${join(levels.flatMap((level, at) => orderOf(query, level, at)))}
    limit ${GROUPS_MAX + 2}`;
}

/** The key of a level, and what groups of it are sorted by. */
function levelColumns({ schema }: GroupQuery, { field, dayIn }: GroupLevel, at: number): Sql[] {
  const sorts = sortKeysOf(schema, field, { given: true });
  return [
    sql`${dayIn === undefined ? groupKey(field) : dayKey(field, dayIn)} as ${constant(`k${at}`)}`,
    ...sorts.map(({ expression, sqlType }, place) => {
      // There is no least truth value in PostgreSQL.
      const comparable = sqlType === "boolean" ? sql`(${expression})::integer` : expression;
      return sql`${comparable} as ${constant(`s${at}_${place}`)}`;
    }),
  ];
}

/** The day of an instant as `YYYY-MM-DD`, marked as the cell is. */
function dayKey(field: Field, zone: string): Sql {
  const column = columnOf(field);
  // Some zones go by another name in PostgreSQL; it is looked up once.
  const known = sql`(select coalesce(formula.zone(${zone}) ->> 'as', ${zone}))`;
  const day = sql`to_char(timezone(${known}, ${column}), 'YYYY-MM-DD')`;
  return shownAs(field).marked
    ? sql`case when ${constant(`'${field.id}'`)} = any(t.errors) then 'E' else 'V' || ${day} end`
    : day;
}

/** The cell as it is read, empty where it reads as empty. */
function groupKey(field: Field): Sql {
  const { as, list, marked } = shownAs(field);
  const column = columnOf(field);
  if (as.type === "checkbox" && !list && !marked) {
    return sql`nullif(${column}, false)`;
  }
  if (marked || (as.type !== "singleSelect" && as.type !== "multipleSelects")) {
    return readColumnOf(field);
  }
  const ids = (as.options as ChoiceOptions).choices.map(({ id }) => id);
  return list || as.type === "multipleSelects"
    ? sql`nullif(array(select e.x from unnest(${column}) with ordinality e(x, at)
        where e.x = any(${ids}::text[]) order by e.at), '{}')`
    : sql`case when ${column} = any(${ids}::text[]) then ${column} end`;
}

/** Total before parts, then by the sort keys of the field; the key itself keeps a group's parts together. */
function orderOf({ schema }: GroupQuery, { field, direction }: GroupLevel, at: number): Sql[] {
  const how = constant(direction === "asc" ? "asc nulls first" : "desc nulls last");
  const key = constant(`q.k${at}`);
  const sorts = sortKeysOf(schema, field, { given: true });
  return [
    sql`grouping(${key}) desc`,
    ...sorts.map((_, place) => sql`min(${constant(`q.s${at}_${place}`)}) ${how}`),
    sql`${key} ${how}`,
  ];
}

function workedOut({ name, formula }: Summary, at: number): Sql {
  const worked = summarySql[name](columnsAt(at));
  return name === "range" && formula.kind.type === "date"
    ? sql`extract(epoch from ${worked}) / 86400`
    : worked;
}

/** Of one summary: the value, whether there is something in the cell, and what tells cells apart. */
interface SummaryColumns {
  readonly value: Sql;
  readonly filled: Sql;
  readonly distinct: Sql;
}

function columnsAt(at: number): SummaryColumns {
  return {
    value: constant(`q.v${at}`),
    filled: constant(`q.f${at}`),
    distinct: constant(`q.u${at}`),
  };
}

function summaryColumns({ schema }: GroupQuery, summary: Summary, at: number): Sql[] {
  const { field, formula } = summary;
  const { value, fails } = fieldInFormula(schema, field, { alias: "t", steps: new Set() });
  const filled = sql`coalesce(${presence(value, formula.kind)}, false)`;
  return [
    sql`${plainNumber(value, formula.kind)} as ${constant(`v${at}`)}`,
    sql`${fails === undefined ? filled : sql`(${filled} or ${fails})`} as ${constant(`f${at}`)}`,
    sql`${groupKey(field)} as ${constant(`u${at}`)}`,
  ];
}

function presence(value: Sql, kind: FormulaField["kind"]): Sql {
  switch (kind.type) {
    case "array":
      return sql`cardinality(${value}) > 0`;
    case "text":
      return sql`${value} <> ''`;
    case "boolean":
      return value;
    default:
      return sql`${value} is not null`;
  }
}

/** NaN and the infinities have no sum. */
function plainNumber(value: Sql, kind: FormulaField["kind"]): Sql {
  return kind.type === "number" && kind.special
    ? sql`case when ${value} not in ('NaN', 'Infinity', '-Infinity') then ${value} end`
    : value;
}

const share = (part: Sql): Sql => sql`${part}::double precision / nullif(count(*), 0)`;
const empties = ({ filled }: SummaryColumns): Sql => sql`count(*) filter (where not ${filled})`;
const fillings = ({ filled }: SummaryColumns): Sql => sql`count(*) filter (where ${filled})`;
const uniques = ({ distinct, filled }: SummaryColumns): Sql =>
  sql`count(distinct ${distinct}) filter (where ${filled})`;

const least = ({ value }: SummaryColumns): Sql => sql`min(${value})`;
const most = ({ value }: SummaryColumns): Sql => sql`max(${value})`;

const summarySql: Readonly<Record<SummaryName, (columns: SummaryColumns) => Sql>> = {
  empty: empties,
  filled: fillings,
  unique: uniques,
  percentEmpty: (columns) => share(empties(columns)),
  percentFilled: (columns) => share(fillings(columns)),
  percentUnique: (columns) => share(uniques(columns)),
  sum: ({ value }) => sql`sum(${value})`,
  avg: ({ value }) => sql`avg(${value})`,
  median: ({ value }) => sql`percentile_cont(0.5) within group (order by ${value})`,
  min: least,
  max: most,
  range: ({ value }) => sql`max(${value}) - min(${value})`,
  earliest: least,
  latest: most,
  checked: fillings,
  unchecked: empties,
  percentChecked: (columns) => share(fillings(columns)),
};
