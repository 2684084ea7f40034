import { writeOptions } from "@basalt/contract";
import {
  messageOf,
  resultOf,
  toStoredText,
  type FormulaProblem,
  type TypedFormula,
} from "@basalt/formulas";
import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { ComputedState, ResultConfig } from "../field-types/computed.ts";
import { shownAs, typeOf } from "../field-types/registry.ts";
import { badOptions } from "../field-types/refusals.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import {
  definitionOf,
  isComputed,
  linkedTableOf,
  linkOf,
  namesOf,
  parsedFormula,
  references,
  type Definition,
} from "./definitions.ts";
import { columnOfKind, type kindOf, namesPeople, storedKind } from "./kinds.ts";
import { typedFilter, typedFormula } from "./language.ts";
import { rollupKind } from "./rollup-kind.ts";
import { columnTypeOf } from "./steps.sql.ts";

/**
 * The field with everything that follows from its definition and from the fields that it reads, which must be settled
 * already. One that cannot be computed becomes invalid, with the reason; one that was just defined is refused instead.
 * Problem: `records.bad-field-options`.
 */
export function settledField(schema: BaseSchema, table: Table, field: Field): Field {
  const isNew = (field.options as ComputedState).isValid === undefined;
  const worked = workedOut(schema, table, field);
  if (isNew && "reason" in worked) {
    throw badOptions({ tableName: table.name, fieldName: field.name }, worked.reason);
  }
  const options = present({ ...definitionPart(field, worked), ...stateOf(field, worked) });
  return isDeepStrictEqual(options, field.options) ? field : { ...field, options };
}

function present(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** A computed field of which it is known what it gives, or why it gives nothing. */
type Worked = Valid | { readonly reason: string };

interface Valid {
  readonly texts: Pick<Definition, "formula" | "filterByFormula">;
  readonly state: Omit<ComputedState, "isValid" | "reason">;
}

function workedOut(schema: BaseSchema, table: Table, field: Field): Worked {
  switch (field.type) {
    case "formula":
    case "button":
      return workedFormula(schema, table, field);
    case "lastModifiedTime":
    case "lastModifiedBy":
      return workedStamp(table, field);
    default:
      return workedThroughLink(schema, table, field);
  }
}

function workedFormula(schema: BaseSchema, table: Table, field: Field): Worked {
  const parsed = parsedFormula(field, "formula");
  if (parsed === undefined) {
    return { texts: {}, state: { sqlType: "text", referencedFieldIds: [] } };
  }
  const broken = brokenInput(table, field, "formula");
  if (broken !== undefined) {
    return { reason: broken };
  }
  const { formula, problems } = typedFormula(schema, { table, field });
  if (formula === null) {
    return { reason: reasonOf("formula", problems) };
  }
  const unwatchable = unwatchableIn(table, formula);
  if (unwatchable !== undefined) {
    return { reason: unwatchable };
  }
  const referencedFieldIds = references(field, "formula", table);
  const texts = { formula: toStoredText(parsed, namesOf(table)) };
  if (field.type === "button") {
    return {
      texts,
      state: { sqlType: 'text collate "C"', referencedFieldIds, ...natureOf(table, formula) },
    };
  }
  return {
    texts,
    state: {
      ...resultState(field, formula),
      referencedFieldIds,
      ...natureOf(table, formula),
    },
  };
}

/** A time of change is asked of fields that somebody changes. */
function unwatchableIn(table: Table, { lastModified }: TypedFormula): string | undefined {
  const computed = lastModified
    .flat()
    .map((id) => table.fieldsById.get(id))
    .find((field) => field !== undefined && typeOf(field).computed);
  return computed === undefined
    ? undefined
    : `options.formula: ${quoted(computed.name)} is computed, so nobody changes it`;
}

function workedStamp(table: Table, field: Field): Worked {
  const { referencedFieldIds = [] } = field.options as ComputedState;
  for (const id of referencedFieldIds) {
    const watched = table.fieldsById.get(id);
    if (watched === undefined) {
      return { reason: `options.referencedFieldIds: the table has no field ${id}` };
    }
    if (typeOf(watched).computed) {
      return {
        reason: `options.referencedFieldIds: ${quoted(watched.name)} is computed, so nobody changes it`,
      };
    }
  }
  return {
    texts: {},
    state: { sqlType: field.type === "lastModifiedTime" ? "timestamptz" : 'text collate "C"' },
  };
}

function workedThroughLink(schema: BaseSchema, table: Table, field: Field): Worked {
  const { recordLinkFieldId, fieldIdInLinkedTable, filterByFormula } = definitionOf(field);
  const link = linkOf(table, recordLinkFieldId);
  const linked = link && linkedTableOf(schema, link);
  if (link === undefined || linked === undefined) {
    const there = table.fieldsById.get(recordLinkFieldId ?? "");
    return {
      reason:
        there === undefined
          ? noField("recordLinkFieldId", recordLinkFieldId)
          : `options.recordLinkFieldId: ${quoted(there.name)} is not a link to records`,
    };
  }
  const filter = filterByFormula === undefined ? undefined : filterOf(linked, field);
  if (filter !== undefined && "reason" in filter) {
    return filter;
  }
  const rest = {
    ...filter?.nature,
    ...(filter !== undefined && { referencedFieldIds: filter.fieldIds }),
  };
  const texts = filter === undefined ? {} : { filterByFormula: filter.text };
  if (field.type === "count") {
    return {
      texts,
      state: {
        sqlType: "double precision",
        result: { type: "number", options: { precision: 0 } },
        ...rest,
      },
    };
  }
  const source = linked.fieldsById.get(fieldIdInLinkedTable ?? "");
  if (source === undefined) {
    return { reason: noField("fieldIdInLinkedTable", fieldIdInLinkedTable) };
  }
  if (isComputed(source) && (source.options as ComputedState).isValid !== true) {
    return { reason: `options.fieldIdInLinkedTable: ${quoted(source.name)} is not valid itself` };
  }
  return field.type === "rollup"
    ? workedRollup(schema, { table, field, source }, { texts, rest })
    : workedLookup(source, { texts, rest });
}

interface FilterPart {
  readonly texts: Pick<Definition, "filterByFormula">;
  readonly rest: Nature & Pick<ComputedState, "referencedFieldIds">;
}

function workedLookup(source: Field, { texts, rest }: FilterPart): Worked {
  if (source.type === "button") {
    return { reason: "options.fieldIdInLinkedTable: the values of a button cannot be looked up" };
  }
  const { as } = shownAs(source);
  const { result } = source.options as ComputedState;
  const own: ResultConfig =
    isComputed(source) && result
      ? result
      : { type: as.type as ResultConfig["type"], options: as.options };
  const type = columnTypeOf(source);
  return {
    texts,
    state: {
      result: own,
      sqlType: type === "jsonb" || type.endsWith("[]") ? type : `${type}[]`,
      list: true,
      mayFail: (source.options as ComputedState).mayFail === true,
      ...rest,
    },
  };
}

function workedRollup(
  schema: BaseSchema,
  {
    table,
    field,
    source,
  }: { readonly table: Table; readonly field: Field; readonly source: Field },
  { texts, rest }: FilterPart,
): Worked {
  const parsed = parsedFormula(field, "formula");
  if (parsed === undefined) {
    const kind = rollupKind(source);
    const formula = kind?.of.type === "number" ? "SUM(values)" : "ARRAYJOIN(values)";
    const filled: Field = { ...field, options: { ...field.options, formula } };
    return workedRollup(
      schema,
      { table, field: filled, source },
      { texts: { ...texts, formula } as FilterPart["texts"], rest },
    );
  }
  const { formula, problems } = typedFormula(schema, { table, field });
  if (formula === null) {
    return { reason: reasonOf("formula", problems) };
  }
  return {
    texts,
    state: {
      ...resultState(field, formula),
      ...rest,
      ...natureOf(table, formula),
      ...(namesPeople(source) && { volatile: true }),
    },
  };
}

function filterOf(
  linked: Table,
  field: Field,
):
  | { readonly reason: string }
  | {
      readonly text: string;
      readonly fieldIds: readonly string[];
      readonly nature: Nature;
    } {
  const parsed = parsedFormula(field, "filterByFormula");
  const broken = brokenInput(linked, field, "filterByFormula");
  if (broken !== undefined) {
    return { reason: broken };
  }
  const { formula, problems } = typedFilter(linked, field);
  if (formula === null || parsed === undefined) {
    return { reason: reasonOf("filterByFormula", problems) };
  }
  return {
    text: toStoredText(parsed, namesOf(linked)),
    fieldIds: references(field, "filterByFormula", linked),
    nature: natureOf(linked, formula),
  };
}

/** A field that the formula names and that is not valid itself. */
function brokenInput(
  table: Table,
  field: Field,
  part: "formula" | "filterByFormula",
): string | undefined {
  const broken = references(field, part, table)
    .map((id) => table.fieldsById.get(id))
    .find(
      (input) =>
        input !== undefined &&
        isComputed(input) &&
        (input.options as ComputedState).isValid !== true,
    );
  return broken === undefined
    ? undefined
    : `options.${part}: ${quoted(broken.name)} is not valid itself`;
}

function reasonOf(part: string, problems: readonly FormulaProblem[]): string {
  const [first] = problems;
  const message = messageOf(problems);
  return first === undefined || first.detail === message
    ? `options.${part}: ${message}`
    : `options.${part}: ${message} ${first.detail}`;
}

function resultState(
  field: Field,
  formula: TypedFormula,
): Pick<ComputedState, "result" | "sqlType" | "list" | "mayFail" | "kind"> {
  const kind = storedKind(formula.root.kind);
  const { format } = field.options as { readonly format?: ResultConfig };
  return {
    result: fitting(format, kind) ?? resultOf(formula),
    sqlType: columnOfKind(kind),
    ...(kind.type === "array" && { list: true }),
    ...(formula.root.canFail && { mayFail: true }),
    kind,
  };
}

/** How somebody wants to see a result, if such a result can be seen so. */
function fitting(
  format: ResultConfig | undefined,
  kind: NonNullable<ReturnType<typeof kindOf>>,
): ResultConfig | undefined {
  const one = kind.type === "array" ? kind.of.type : kind.type;
  if (format === undefined || !(formatsOf[one] ?? []).includes(format.type)) {
    return undefined;
  }
  const shapes: Readonly<Partial<Record<string, z.ZodType<object>>>> = writeOptions;
  const shape = shapes[format.type];
  if (shape === undefined) {
    return { type: format.type };
  }
  const checked = shape.safeParse(format.options);
  return checked.success ? { type: format.type, options: checked.data } : undefined;
}

const formatsOf: Readonly<Record<string, readonly string[]>> = {
  number: ["number", "currency", "percent", "duration"],
  date: ["date", "dateTime"],
  text: ["singleLineText", "multilineText", "richText", "email", "url", "phoneNumber"],
};

type Nature = Pick<ComputedState, "volatile" | "inProgram">;

function natureOf(table: Table, { volatile, fieldIds, inSql }: TypedFormula): Nature {
  const people = fieldIds.some((id) => {
    const field = table.fieldsById.get(id);
    return field !== undefined && namesPeople(field);
  });
  return {
    ...((volatile || people) && { volatile: true }),
    ...(!inSql && { inProgram: true }),
  };
}

/** The definition with its texts as they are kept: fields by their ids. */
function definitionPart({ options }: Field, worked: Worked): Readonly<Record<string, unknown>> {
  const kept = Object.entries(options).filter(([key]) => !stateKeys.has(key));
  return { ...Object.fromEntries(kept), ...("reason" in worked ? {} : worked.texts) };
}

/** Parts of a computed field's options that follow from the others. */
export const stateKeys: ReadonlySet<string> = new Set<keyof ComputedState>([
  "isValid",
  "reason",
  "sqlType",
  "list",
  "mayFail",
  "volatile",
  "inProgram",
  "kind",
  "result",
  "referencedFieldIds",
]);

function stateOf(field: Field, worked: Worked): Readonly<Record<string, unknown>> {
  const { sqlType = "text", referencedFieldIds, result } = field.options as ComputedState;
  if ("reason" in worked) {
    return {
      isValid: false,
      reason: worked.reason,
      // The column stays as it is; its cells are emptied.
      sqlType,
      ...(isStamp(field)
        ? { referencedFieldIds, result }
        : { referencedFieldIds: referencedFieldIds ?? [], result: null }),
    };
  }
  const { state } = worked;
  return isStamp(field)
    ? { isValid: true, ...state, referencedFieldIds, ...(result !== undefined && { result }) }
    : { isValid: true, referencedFieldIds: [], ...state };
}

/** A definition that came in from elsewhere may name nothing at all. */
function noField(option: "recordLinkFieldId" | "fieldIdInLinkedTable", fieldId = ""): string {
  const table = option === "recordLinkFieldId" ? "table" : "linked table";
  return `options.${option}: ${fieldId === "" ? "is missing" : `the ${table} has no field ${fieldId}`}`;
}

function isStamp({ type }: Field): boolean {
  return type === "lastModifiedTime" || type === "lastModifiedBy";
}

function quoted(name: string): string {
  return JSON.stringify(name);
}
