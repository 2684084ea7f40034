import { compileCondition, type SqlContext, type SqlField } from "@basalt/formulas";
import { nameOfUser } from "#identity";
import { constant, empty, join, quoteIdent, Sql, sql } from "#kernel";
import { fieldInFormula, storedValue, type RowSource } from "../computed/field-values.sql.ts";
import { kindOf, namesPeople } from "../computed/kinds.ts";
import { watchedFields } from "../computed/watched-fields.ts";
import { shownAs } from "../field-types/registry.ts";
import { tableSql } from "../rows/table-sql.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import type { RowCondition, TypedCondition } from "./condition.ts";
import { partOfReference } from "./field-parts.ts";

const ROW: RowSource = { alias: "t", steps: new Set() };

/** Stands in statements that are kept for the instant that they are run at. */
const NOW = Symbol("now");

/** A condition as SQL over the row `t`; `prefix` keeps the steps of two conditions in one statement apart. */
export function conditionSql(
  schema: BaseSchema,
  table: Table,
  { condition, prefix }: { readonly condition: TypedCondition; readonly prefix: string },
): RowCondition {
  if (!condition.inSql) {
    return { ...ANY_ROW, here: condition, followsClock: condition.volatile };
  }
  const { steps, holds } = compileCondition(condition, rowContext(schema, table), prefix);
  return {
    steps: steps.length === 0 ? empty : join(steps, " ", " "),
    holds,
    people: peopleAmong(table, condition.fieldIds),
    followsClock: condition.volatile,
  };
}

const ANY_ROW: RowCondition = { steps: empty, holds: constant("true"), people: [] };

/** The filter of a view and a formula: both must hold. */
export function both(one: RowCondition, other: RowCondition): RowCondition {
  const here = one.here ?? other.here;
  return {
    steps: sql`${one.steps}${other.steps}`,
    holds: sql`(${one.holds}) and (${other.holds})`,
    people: [...new Set([...one.people, ...other.people])],
    followsClock: one.followsClock === true || other.followsClock === true,
    followsCaller: one.followsCaller === true || other.followsCaller === true,
    ...(here !== undefined && { here }),
  };
}

/** The condition with what was asked here answered: these records hold it. */
export function heldBy(
  { steps, holds, people }: RowCondition,
  ids: readonly string[],
): RowCondition {
  return { steps, holds: sql`(${holds}) and t.id = any(${ids}::text[])`, people };
}

/** What a condition that is asked here needs to know of a row, as JSON. */
export interface ReadParts {
  /** Names of fields and parts in the typed tree. */
  readonly references: readonly string[];
  /** Lists of fields whose time of change is asked for. */
  readonly lastModified: readonly (readonly string[])[];
}

/** Rows after a number in their order: id, number, when made (milliseconds), then for each part value and error, then the times. */
export function rowsToAsk(
  { schema, table }: { readonly schema: BaseSchema; readonly table: Table },
  condition: RowCondition,
  rows: ReadParts & {
    readonly after: number;
    readonly limit: number;
    readonly ids?: readonly string[];
    readonly now: Date;
    readonly people: readonly Field[];
  },
): Sql {
  const parts = rows.references.flatMap((reference) => {
    const { value, fails = constant("false") } = fieldSql(schema, table, reference);
    return [sql`, to_json(${value})`, sql`, ${fails}`];
  });
  const times = rows.lastModified.map(
    (fieldIds) => sql`, ${milliseconds(touchedAt(schema, table, fieldIds))}`,
  );
  const within = rows.ids === undefined ? empty : sql` and t.id = any(${rows.ids}::text[])`;
  return sql`
    select t.id, t.auto_number, ${milliseconds(constant("t.created_time"))}${join([...parts, ...times, empty], "")}
    ${rowsWhere(table, condition, { now: rows.now, people: rows.people, more: sql`t.auto_number > ${rows.after}${within}` })}
    order by t.auto_number limit ${rows.limit}`;
}

function milliseconds(instant: Sql): Sql {
  return sql`(extract(epoch from ${instant}) * 1000)::bigint`;
}

/** Fields of these that name persons. */
export function peopleAmong(table: Table, fieldIds: readonly string[]): Field[] {
  return fieldIds.flatMap((id) => {
    const field = table.fieldsById.get(id);
    return field !== undefined && namesPeople(field) ? [field] : [];
  });
}

/** A part of a statement with the instant put in where it asks for one. */
export function at(now: Date, part: Sql): Sql {
  return part.values.includes(NOW)
    ? new Sql(
        part.strings,
        part.values.map((value) => (value === NOW ? now.toISOString() : value)),
      )
    : part;
}

/** The `from` and `where` of a table's rows that a condition keeps; `more` is another condition, for all rows. */
export function rowsWhere(
  table: Table,
  condition: RowCondition | undefined,
  {
    now,
    people = [],
    more,
  }: { readonly now: Date; readonly people?: readonly Field[]; readonly more?: Sql },
): Sql {
  const named = people.length > 0 || (condition?.people.length ?? 0) > 0;
  const tests = [
    ...(more === undefined ? [] : [more]),
    ...(condition === undefined ? [] : [condition.holds]),
  ];
  return at(
    now,
    sql`from ${tableSql(table).name} t${named ? PEOPLE_OF_STATEMENT : empty}${condition?.steps ?? empty}${
      tests.length === 0 ? empty : sql` where ${join(tests, " and ")}`
    }`,
  );
}

const PEOPLE_OF_STATEMENT = constant(
  " cross join (select current_setting('basalt.people', true)::jsonb as people offset 0) context",
);

/** The name of a person in a statement that has been given them; null for nobody. */
export const nameInStatement = (id: Sql): Sql => sql`(context.people ->> ${id})`;

/** The names of several, joined in their order; null for nobody. */
export const namesInStatement = (ids: Sql): Sql => sql`
  (select string_agg(context.people ->> p.id, ', ' order by p.at) from unnest(${ids}) with ordinality p(id, at))`;

/**
 * Gives the rest of the transaction the names of all persons in these columns: the role of a base cannot read them
 * where they are kept.
 */
export const providePeople = (table: Table, fields: readonly Field[]): Sql => {
  const ids = fields.map((field) => {
    const column = storedValue(field, ROW);
    return isList(field)
      ? sql`select distinct e.x from ${tableSql(table).name} t, unnest(${column}) e(x)`
      : sql`select distinct ${column} from ${tableSql(table).name} t where ${column} is not null`;
  });
  return sql`
    select set_config('basalt.people', coalesce(jsonb_object_agg(p.id, ${nameOfUser(constant("p.id"))}), '{}')::text, true)
    from (${join(ids, " union ")}) p(id) where p.id is not null`;
};

function isList(field: Field): boolean {
  const { as, list } = shownAs(field);
  return list || as.type === "multipleCollaborators";
}

function rowContext(schema: BaseSchema, table: Table): SqlContext {
  return {
    now: sql`${NOW}::timestamptz`,
    recordId: constant("t.id"),
    createdTime: constant("t.created_time"),
    lastModified: (fieldIds) => touchedAt(schema, table, fieldIds),
    field: (reference) => fieldSql(schema, table, reference),
  };
}

function fieldSql(schema: BaseSchema, table: Table, reference: string): SqlField {
  const { fieldId, part } = partOfReference(reference);
  const field = table.fieldsById.get(fieldId);
  if (field === undefined) {
    throw new Error(`the condition reads the field ${fieldId}, which the table has not`);
  }
  switch (part) {
    case "value":
      return valueSql(schema, field);
    case "ids":
      return { value: storedValue(field, ROW) };
    case "fileNames":
      return {
        value: sql`array(select e.x ->> 'filename' from jsonb_array_elements(${storedValue(field, ROW)}) with ordinality e(x, at) order by e.at)`,
      };
    case "fileTypes":
      return {
        value: sql`array(select e.x ->> 'type' from jsonb_array_elements(${storedValue(field, ROW)}) e(x))`,
      };
  }
}

function valueSql(schema: BaseSchema, field: Field): SqlField {
  const kind = kindOf(field);
  if (kind === undefined) {
    return ALWAYS_AN_ERROR;
  }
  const { value, fails } = fieldInFormula(schema, field, ROW);
  // A list with an error in it is a list all the same in its column; conditions rely on an error having no value.
  return fails !== undefined && kind.type === "array"
    ? { value: sql`case when not ${fails} then ${value} end`, fails }
    : { value, ...(fails !== undefined && { fails }) };
}

/** A computed field that cannot be computed is an error in every row. */
const ALWAYS_AN_ERROR: SqlField = { value: constant("null::text"), fails: constant("true") };

/**
 * When one of the fields was changed last. Only fields that some formula or field of the base watches are timed one by one;
 * for the others the time of the record's last change stands in.
 */
function touchedAt(schema: BaseSchema, table: Table, fieldIds: readonly string[]): Sql {
  const watched = new Set(watchedFields(schema, table).map(({ id }) => id));
  if (fieldIds.length === 0 || fieldIds.some((id) => !watched.has(id))) {
    return constant("t.modified_time");
  }
  const times = fieldIds.map((id) => sql`(t.touched -> ${id} ->> 'at')::double precision`);
  return sql`to_timestamp(greatest(${join(times)}) / 1000)`;
}

/** The column of a field by its name alone, as an index has it. */
export function bareColumn(field: Pick<Field, "id">): Sql {
  return constant(quoteIdent(field.id));
}
