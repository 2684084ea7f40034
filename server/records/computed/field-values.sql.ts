import { dayAsInstant, type SqlField } from "@basalt/formulas";
import { constant, literal, quoteIdent, sql, type Sql } from "#kernel";
import type { ComputedState } from "../field-types/computed.ts";
import type { ChoiceOptions } from "../field-types/choices.ts";
import { shownAs, typeOf } from "../field-types/registry.ts";
import { tableSql } from "../rows/table-sql.ts";
import type { BaseSchema, Field, LinkOptions } from "../schema/base-schema.ts";
import { kindOf, primaryOf, type Typed } from "./kinds.ts";

/** A row that values are taken from. */
export interface RowSource {
  /** Of the row, with its columns by their names. */
  readonly alias: string;
  /** Computed fields whose value stands in a step `"c_fld…"` before instead of in the row. */
  readonly steps: ReadonlySet<string>;
}

/** The name of the step that computes a field. */
export function stepName(fieldId: string): string {
  return quoteIdent(`c_${fieldId}`);
}

/** The field's value as its column holds it. */
export function storedValue(field: Field, { alias, steps }: RowSource): Sql {
  if (steps.has(field.id)) {
    return constant(`${stepName(field.id)}.v`);
  }
  const column = typeOf(field).column(field);
  return constant(`${alias}.${column.own ? quoteIdent(field.id) : column.expression}`);
}

/** True where the field holds an error, or one among its values; undefined where it never does. */
export function holdsError(field: Field, { alias, steps }: RowSource): Sql | undefined {
  if ((field.options as ComputedState).mayFail !== true) {
    return undefined;
  }
  return constant(
    steps.has(field.id)
      ? `${stepName(field.id)}.e`
      : `coalesce('${field.id}' = any(${alias}.errors), false)`,
  );
}

/** The places of errors in a list, `2,5`, from 1; null where there is none. Only for lists that can hold some. */
export function errorPlaces(field: Field, { alias, steps }: RowSource): Sql {
  return constant(
    steps.has(field.id)
      ? `${stepName(field.id)}.p`
      : `(select substr(e, 19) from unnest(${alias}.errors) e where starts_with(e, '${field.id}:'))`,
  );
}

/** A field in a formula: in the type of its kind, null when blank. */
export function fieldInFormula(schema: BaseSchema, field: Field, source: RowSource): SqlField {
  const value = formulaValue(schema, field, storedValue(field, source));
  const fails = holdsError(field, source);
  return fails === undefined ? { value } : { value, fails };
}

function formulaValue(schema: BaseSchema, field: Field, stored: Sql): Sql {
  const { as, list } = shownAs(field);
  const isArray = kindOf(field)?.type === "array";
  if (field.type === "button") {
    const { label } = field.options;
    return literal(typeof label === "string" ? label : "");
  }
  if (field.type === "formula" || field.type === "rollup") {
    return isArray ? filledArray(stored, columnTypeOf(field)) : stored;
  }
  return list || isArray
    ? listValue(schema, { as, stored, sqlType: columnTypeOf(field) })
    : scalarValue(as, stored);
}

/** One value of a field of this type as the formula language has it. */
export function scalarValue(as: Typed, stored: Sql): Sql {
  switch (as.type) {
    case "checkbox":
      return sql`coalesce(${stored}, false)`;
    case "rating":
    case "autoNumber":
      return sql`(${stored})::double precision`;
    case "date":
      return dayAsInstant(stored);
    case "singleSelect":
      return sql`(${choiceNames(as.options)} ->> ${stored})`;
    case "singleCollaborator":
    case "createdBy":
    case "lastModifiedBy":
      return sql`coalesce(${PEOPLE} ->> ${stored}, ${stored})`;
    case "barcode":
      return sql`(${stored} ->> 'text')`;
    default:
      return stored;
  }
}

interface ListOfType {
  readonly as: Typed;
  readonly stored: Sql;
  /** The type of the array. */
  readonly sqlType: string;
}

/** Several values of a field of this type as an array of the formula language: never null. */
export function listValue(schema: BaseSchema, { as, stored, sqlType }: ListOfType): Sql {
  switch (as.type) {
    case "multipleRecordLinks":
      return linkedTexts(schema, as.options as LinkOptions, stored);
    case "multipleAttachments":
      return sql`array(select ${FILE} from jsonb_array_elements(${stored}) with ordinality e(x, at) order by e.at)`;
    case "barcode":
      return sql`array(select e.x ->> 'text' from jsonb_array_elements(${stored}) with ordinality e(x, at) order by e.at)`;
    case "multipleSelects":
      return each(stored, scalarValue({ type: "singleSelect", options: as.options }, ELEMENT));
    case "multipleCollaborators":
      return each(stored, scalarValue({ type: "singleCollaborator", options: {} }, ELEMENT));
    case "checkbox":
      return each(stored, sql`case when ${ELEMENT} then 1::double precision else 0 end`);
    case "rating":
    case "autoNumber":
    case "date":
    case "singleSelect":
    case "singleCollaborator":
    case "createdBy":
    case "lastModifiedBy":
      return each(stored, scalarValue(as, ELEMENT));
    default:
      return filledArray(stored, sqlType);
  }
}

const ELEMENT = constant("e.x");

/**
 * A file as `name (address)`. The address is the path of the file without the signature that opens it: a kept text must hold no
 * key that works, and none that stops working. While the file is being fetched it is where it comes from.
 */
const FILE = sql`(e.x ->> 'filename') || ' (' || coalesce('/files/' || (e.x ->> 'id') || '/' || (e.x ->> 'hash') || '/'
  || formula.encode_url_component(e.x ->> 'filename'), e.x ->> 'sourceUrl', '') || ')'`;

function each(stored: Sql, value: Sql): Sql {
  return sql`array(select ${value} from unnest(${stored}) with ordinality e(x, at) order by e.at)`;
}

function filledArray(stored: Sql, sqlType: string): Sql {
  return sql`coalesce(${stored}, ${constant(`'{}'::${sqlType}`)})`;
}

/** The names of a select's choices by id, as `jsonb`. */
function choiceNames(options: object): Sql {
  const { choices } = options as ChoiceOptions;
  return sql`${literal(JSON.stringify(Object.fromEntries(choices.map(({ id, name }) => [id, name]))))}::jsonb`;
}

/** The names of persons by id, of the statement's own `context`. */
const PEOPLE = constant("context.people");
/** The instant that NOW() is. */
export const NOW = constant("context.now");

/** What `PEOPLE` and `NOW` stand in; `provideContext` has set it. */
export const CONTEXT = sql`cross join (select current_setting('basalt.people', true)::jsonb as people,
  current_setting('basalt.now', true)::timestamptz as now offset 0) context`;

/** The first fields of linked records as texts, in the order of the links. */
function linkedTexts(schema: BaseSchema, { linkedTableId }: LinkOptions, stored: Sql): Sql {
  const linked = schema.tablesById.get(linkedTableId);
  const primary = primaryOf(schema, linkedTableId);
  const kind = primary === undefined ? undefined : kindOf(primary);
  if (linked === undefined || primary === undefined || kind === undefined) {
    return sql`'{}'::text[]`;
  }
  const source: RowSource = { alias: "l", steps: new Set() };
  const value = fieldInFormula(schema, primary, source).value;
  return sql`array(select ${asText(kind.type, value)} from unnest(${stored}) with ordinality e(x, at)
    join ${tableSql(linked).name} l on l.id = e.x order by e.at)`;
}

function asText(kind: string, value: Sql): Sql {
  switch (kind) {
    case "number":
      return sql`formula.number_text(${value})`;
    case "date":
      return sql`formula.date_text(${value})`;
    case "array":
      return sql`array_to_string(${value}, ', ')`;
    default:
      return value;
  }
}

function columnTypeOf(field: Field): string {
  const column = typeOf(field).column(field);
  return column.own ? column.sqlType.replace(' collate "C"', "") : "text";
}
