import { watches } from "../field-types/stamps.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { definitionOf, linkedTableOf, linkOf, modifiedTimeOf } from "./definitions.ts";
import { typedFilter, typedFormula } from "./language.ts";
import type { ComputedState } from "../field-types/computed.ts";

const kept = new WeakMap<Table, readonly Field[]>();

/** Fields of a table whose changes are timed, because some field or formula of the base asks when they were changed. */
export function watchedFields(schema: BaseSchema, table: Table): readonly Field[] {
  let watched = kept.get(table);
  if (watched === undefined) {
    const ids = new Set(schema.tables.flatMap((one) => watchedFrom(schema, one, table)));
    watched = table.fields.filter(({ id }) => ids.has(id));
    kept.set(table, watched);
  }
  return watched;
}

/**
 * What shows when and by whom a record was changed at all: each change of it changes these fields, and what stands for formulas
 * that ask for the time.
 */
export function stampsOfChange(table: Pick<Table, "id" | "fields">): readonly string[] {
  return [
    modifiedTimeOf(table),
    ...table.fields
      .filter(
        ({ type, options }) =>
          (type === "lastModifiedTime" || type === "lastModifiedBy") && !watches(options),
      )
      .map(({ id }) => id),
  ];
}

function watchedFrom(schema: BaseSchema, from: Table, watched: Table): string[] {
  return from.fields.flatMap((field) => {
    if ((field.options as ComputedState).isValid !== true) {
      return [];
    }
    if (field.type === "lastModifiedTime" || field.type === "lastModifiedBy") {
      return from === watched && watches(field.options)
        ? ((field.options as ComputedState).referencedFieldIds ?? [])
        : [];
    }
    const link = linkOf(from, definitionOf(field).recordLinkFieldId);
    const linked = link && linkedTableOf(schema, link);
    const own = from === watched ? typedFormula(schema, { table: from, field }).formula : null;
    const filter = linked === watched ? typedFilter(watched, field).formula : null;
    return [own, filter].flatMap((formula) => formula?.lastModified.flat() ?? []);
  });
}
