import { ROLLUP_VALUES, type SqlContext, type SqlField, type Typed } from "@basalt/formulas";
import { constant, empty, join, sql, type Sql } from "#kernel";
import type { ComputedState } from "../field-types/computed.ts";
import { shownAs, typeOf } from "../field-types/registry.ts";
import { tableSql } from "../rows/table-sql.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { definitionOf, linkedTableOf, linkOf } from "./definitions.ts";
import {
  errorPlaces,
  holdsError,
  listValue,
  NOW,
  scalarValue,
  stepName,
  storedValue,
  fieldInFormula,
  type RowSource,
} from "./field-values.sql.ts";
import { columnOfKind } from "./kinds.ts";
import {
  compiledCondition,
  compiledFormula,
  compiledNode,
  type CompiledFormula,
} from "./language.ts";
import { rollupKind } from "./rollup-kind.ts";

/** What one computed field is computed by, in a row of its table. */
export interface StepInput {
  readonly schema: BaseSchema;
  readonly table: Table;
  readonly field: Field;
  /** The row, and the fields computed before. */
  readonly source: RowSource;
  /** The linked records that the field's filter keeps, where PostgreSQL cannot tell. */
  readonly held?: readonly string[];
}

/**
 * One step of a row's computation: `cross join lateral (…) "c_fld…"` with the columns v (the value), e (is it, or one
 * of it, an error) and p (the places of errors in a list), the last two where the field can fail. `fenced` keeps PostgreSQL
 * from putting the expression into each place that refers to it; without it the planner has less to do.
 */
export function stepOf(input: StepInput, fenced: boolean): Sql {
  const fence = constant(fenced ? " offset 0" : "");
  return sql` cross join lateral (${stepBody(input)}${fence}) ${constant(stepName(input.field.id))}`;
}

/** A step that computes nothing: an error, or nothing where the field cannot hold an error. */
export function errorStepOf(field: Field): Sql {
  const { mayFail = false } = field.options as ComputedState;
  const errors = mayFail ? sql`, true as e, null::text as p` : empty;
  return sql` cross join lateral (select b.v${errors} from (${blankStep(field)}) b) ${constant(stepName(field.id))}`;
}

function stepBody(input: StepInput): Sql {
  const { field } = input;
  const state = field.options as ComputedState;
  if (state.isValid !== true || isPlainButton(field)) {
    return blankStep(field);
  }
  switch (field.type) {
    case "count":
      return countStep(input);
    case "multipleLookupValues":
      return lookupStep(input);
    case "rollup":
      return rollupStep(input);
    case "lastModifiedTime":
      return sql`select ${touchedAt(input.source, state.referencedFieldIds ?? [])} as v`;
    case "lastModifiedBy":
      return sql`select ${touchedBy(input.source, state.referencedFieldIds ?? [])} as v`;
    default:
      return formulaStep(input);
  }
}

/** A field that cannot be computed is empty; a button is there all the same. */
function blankStep(field: Field): Sql {
  const column = typeOf(field).column(field);
  return field.type === "button"
    ? sql`select ''::text as v`
    : sql`select ${constant(`null::${column.own ? withoutCollation(column.sqlType) : "text"}`)} as v`;
}

/** A button that opens nothing. */
function isPlainButton(field: Field): boolean {
  return field.type === "button" && definitionOf(field).formula === undefined;
}

function formulaStep(input: StepInput): Sql {
  const { schema, table, field, source } = input;
  const compiled = compiledFormula(schema, input, rowContext(schema, table, source));
  return field.type === "button"
    ? sql`select coalesce(${compiled.value}, '') as v from (select) s${stepsOf(compiled)}`
    : valueStep(field, compiled, sql`(select) s`);
}

/** A part of a field's formula, over the row `i` as it is stored. */
export function compiledPart(
  schema: BaseSchema,
  {
    table,
    field,
    node,
    prefix,
  }: {
    readonly table: Table;
    readonly field: Field;
    readonly node: Typed;
    readonly prefix: string;
  },
): CompiledFormula {
  const source: RowSource = { alias: "i", steps: new Set() };
  return compiledNode(schema, { table, field, node, prefix }, rowContext(schema, table, source));
}

/** What a formula finds in a row. */
export function rowContext(schema: BaseSchema, table: Table, source: RowSource): SqlContext {
  return {
    now: NOW,
    recordId: constant(`${source.alias}.id`),
    createdTime: constant(`${source.alias}.created_time`),
    lastModified: (ids) =>
      ids.length === 0 ? constant(`${source.alias}.modified_time`) : touchedAt(source, ids),
    field: (id) => ownField(schema, table, { id, source }),
  };
}

function ownField(
  schema: BaseSchema,
  table: Table,
  { id, source }: { readonly id: string; readonly source: RowSource },
): SqlField {
  const field = table.fieldsById.get(id);
  if (field === undefined) {
    throw new Error(`the formula reads the field ${id}, which the table has not`);
  }
  return fieldInFormula(schema, field, source);
}

/** The value of a formula as the column keeps it: no empty text, no empty list, 1 and 0 for true and false. */
function valueStep(field: Field, compiled: CompiledFormula, from: Sql): Sql {
  const { mayFail = false } = field.options as ComputedState;
  const fails = compiled.fails === null ? sql`false` : sql`coalesce(${compiled.fails}, true)`;
  return sql`select ${keptValue(compiled)} as v${mayFail ? sql`, ${fails} as e` : empty} from ${from}${stepsOf(compiled)}`;
}

function keptValue({ kind, value }: CompiledFormula): Sql {
  switch (kind.type) {
    case "boolean":
      return sql`(${value})::integer::double precision`;
    case "text":
    case "mixed":
    case "blank":
      return sql`nullif(${value}, '')`;
    case "array":
      return sql`nullif(${value}, '{}')`;
    default:
      return value;
  }
}

function stepsOf({ steps }: Pick<CompiledFormula, "steps">): Sql {
  return steps.length === 0 ? empty : join(steps, " ", " ");
}

function countStep(input: StepInput): Sql {
  const { field, table, source } = input;
  const link = linkOf(table, definitionOf(field).recordLinkFieldId);
  if (link === undefined) {
    return blankStep(field);
  }
  return definitionOf(field).filterByFormula === undefined
    ? sql`select coalesce(cardinality(${storedValue(link, source)}), 0)::double precision as v`
    : sql`select count(*)::double precision as v from ${linkedRows(input, link)}`;
}

/** The linked records as `b`, with their places as `p.at`, and what is joined to each; those that the filter drops left out. */
function linkedRows(input: StepInput, link: Field, more: Sql = empty): Sql {
  const { schema, field, source } = input;
  const linked = linkedTableOf(schema, link);
  if (linked === undefined) {
    throw new Error(`the link ${link.id} leads nowhere`);
  }
  const rows = sql`unnest(${storedValue(link, source)}) with ordinality p(id, at)
    join ${tableSql(linked).name} b on b.id = p.id`;
  if (definitionOf(field).filterByFormula === undefined) {
    return sql`${rows}${more}`;
  }
  if (input.held !== undefined) {
    return sql`${rows}${more} where b.id = any(${input.held}::text[])`;
  }
  const { steps, holds } = compiledCondition(
    schema,
    { table: linked, field },
    rowContext(schema, linked, LINKED_ROW),
  );
  return sql`${rows}${stepsOf({ steps })}${more} where ${holds}`;
}

const LINKED_ROW: RowSource = { alias: "b", steps: new Set() };

function lookupStep(input: StepInput): Sql {
  const { schema, field, table } = input;
  const link = linkOf(table, definitionOf(field).recordLinkFieldId);
  const source = link && sourceField(schema, field, link);
  if (link === undefined || source === undefined) {
    return blankStep(field);
  }
  const { rows, jsonb, marked } = lookedUp(input, { link, source });
  const agg = constant(jsonb ? "jsonb_agg" : "array_agg");
  const value = sql`${agg}(q.x order by q.at, q.at2)`;
  return marked
    ? sql`select case when count(q.x) > 0 or bool_or(q.bad) then ${value} end as v,
        coalesce(bool_or(q.bad), false) as e,
        string_agg(q.n::text, ',' order by q.n) filter (where q.bad) as p
      from (select x.x, x.at, x.at2, x.bad, row_number() over (order by x.at, x.at2) as n from (${rows}) x) q`
    : sql`select case when count(q.x) > 0 then ${value} end as v from (${rows}) q`;
}

interface LookedUp {
  /** Rows of x, at, at2, and bad where `marked`. */
  readonly rows: Sql;
  readonly jsonb: boolean;
  readonly marked: boolean;
}

/** The source's values of all linked records, lists opened. */
function lookedUp(
  input: StepInput,
  { link, source }: { readonly link: Field; readonly source: Field },
): LookedUp {
  const stored = storedValue(source, LINKED_ROW);
  const bad = holdsError(source, LINKED_ROW);
  const from = linkedRows(input, link);
  const marked = bad !== undefined;
  const { list } = shownAs(source);
  const sqlType = columnTypeOf(source);
  const jsonb = sqlType === "jsonb";
  const isJsonList = jsonb && (list || source.type === "multipleAttachments");
  if (!isJsonList && !sqlType.endsWith("[]")) {
    return {
      rows: sql`select ${stored} as x, p.at as at, 0 as at2${marked ? sql`, ${bad} as bad` : empty} from ${from}`,
      jsonb,
      marked,
    };
  }
  const opened = constant(isJsonList ? "jsonb_array_elements" : "unnest");
  const badAt = sql`, coalesce(o.at::text = any(string_to_array(${errorPlaces(source, LINKED_ROW)}, ',')), false) as bad`;
  const open = sql` cross join lateral ${opened}(${stored}) with ordinality o(x, at)`;
  return {
    rows: sql`select o.x as x, p.at as at, o.at as at2${marked ? badAt : empty} from ${linkedRows(input, link, open)}`,
    jsonb,
    marked,
  };
}

function rollupStep(input: StepInput): Sql {
  const { schema, field, table } = input;
  const link = linkOf(table, definitionOf(field).recordLinkFieldId);
  const source = link && sourceField(schema, field, link);
  if (link === undefined || source === undefined) {
    return blankStep(field);
  }
  const { values, bad } = valuesOf(input, { link, source });
  const compiled = compiledFormula(schema, input, {
    now: NOW,
    recordId: constant(`${input.source.alias}.id`),
    createdTime: constant(`${input.source.alias}.created_time`),
    lastModified: () => constant(`${input.source.alias}.modified_time`),
    field: (id) => {
      if (id !== ROLLUP_VALUES) {
        throw new Error(`a rollup cannot read ${id}`);
      }
      return bad
        ? { value: constant("s.a"), fails: constant("s.bad") }
        : { value: constant("s.a") };
    },
  });
  return valueStep(field, compiled, sql`(${values} offset 0) s`);
}

/** What a rollup that is computed here works on: `s.a`, and `s.bad` where it can be an error. */
export function rollupInput(input: StepInput): { readonly from: Sql; readonly field: SqlField } {
  const { schema, field, table } = input;
  const link = linkOf(table, definitionOf(field).recordLinkFieldId);
  const source = link && sourceField(schema, field, link);
  if (link === undefined || source === undefined) {
    throw new Error(`the rollup ${field.id} has nothing to work on`);
  }
  const { values, bad } = valuesOf(input, { link, source });
  return {
    from: sql` cross join lateral (${values} offset 0) s`,
    field: { value: constant("s.a"), ...(bad && { fails: constant("s.bad") }) },
  };
}

/** `select … as a` and, where the source can fail, `bad`: the source's values as an array of the formula language. */
function valuesOf(
  input: StepInput,
  link: { readonly link: Field; readonly source: Field },
): { readonly values: Sql; readonly bad: boolean } {
  const { schema } = input;
  const { source } = link;
  const { rows, jsonb, marked } = lookedUp(input, link);
  const { as } = shownAs(source);
  const sqlType = columnTypeOf(source);
  const isList = sqlType.endsWith("[]") || jsonb;
  const kind = rollupKind(source);
  if (kind === undefined) {
    throw new Error(`the field ${source.id} has no values to roll up`);
  }
  const array = constant(columnOfKind(kind));
  const badColumn = marked ? sql`, coalesce(bool_or(q.bad), false) as bad` : empty;
  if (isList) {
    const collected = sql`select ${constant(jsonb ? "jsonb_agg" : "array_agg")}(q.x order by q.at, q.at2) as x${badColumn} from (${rows}) q`;
    const value = listValue(schema, {
      as,
      stored: constant("w.x"),
      sqlType: sqlType.endsWith("[]") ? sqlType : "jsonb",
    });
    return {
      values: sql`select coalesce(${value}, '{}'::${array}) as a${marked ? sql`, w.bad` : empty} from (${collected}) w`,
      bad: marked,
    };
  }
  const one =
    as.type === "checkbox"
      ? sql`case when q.x then 1::double precision else 0 end`
      : scalarValue(as, constant("q.x"));
  return {
    values: sql`select coalesce(array_agg(${one} order by q.at, q.at2), '{}'::${array}) as a${badColumn} from (${rows}) q`,
    bad: marked,
  };
}

function sourceField(schema: BaseSchema, field: Field, link: Field): Field | undefined {
  return linkedTableOf(schema, link)?.fieldsById.get(
    definitionOf(field).fieldIdInLinkedTable ?? "",
  );
}

/** When one of the fields was changed last. */
function touchedAt({ alias }: RowSource, fieldIds: readonly string[]): Sql {
  const times = fieldIds.map((id) =>
    constant(`(${alias}.touched -> '${fieldKey(id)}' ->> 'at')::double precision`),
  );
  return sql`to_timestamp(greatest(${join(times)}) / 1000)`;
}

/** Who changed one of the fields last. */
function touchedBy({ alias }: RowSource, fieldIds: readonly string[]): Sql {
  const rows = fieldIds.map((id) => constant(`(${alias}.touched -> '${fieldKey(id)}')`));
  return sql`(select e.x ->> 'by' from (values ${join(rows.map((row) => sql`(${row})`))}) e(x)
    where e.x is not null order by (e.x ->> 'at')::double precision desc limit 1)`;
}

/** An id as it can stand in a text literal: ids are letters and digits. */
function fieldKey(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9]/g, "");
}

/** The type of a field's column without collation and precision, so that it can be an element's. */
export function columnTypeOf(field: Field): string {
  const column = typeOf(field).column(field);
  if (column.own) {
    return withoutCollation(column.sqlType);
  }
  switch (column.expression) {
    case "auto_number":
      return "bigint";
    case "created_by":
    case "modified_by":
      return "text";
    default:
      return "timestamptz";
  }
}

function withoutCollation(sqlType: string): string {
  return sqlType.replace(' collate "C"', "").replace("(3)", "");
}
