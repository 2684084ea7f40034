import type { ChangeEvent } from "#kernel";
import { isDeepStrictEqual } from "node:util";
import type { BaseSchema, Field, Table, View } from "./base-schema.ts";

/** What the log says about a change of the schema, before it has its number. */
export type SchemaEvent = Pick<ChangeEvent, "name" | "tableId" | "recordIds" | "fieldIds" | "body">;

/** A table in the log: its definition without what is only an index of it. */
export type TableDefinition = Pick<
  Table,
  "id" | "name" | "description" | "primaryFieldId" | "fields" | "views"
>;

/**
 * The difference of two schemas as entries of the log, `{before, after}` with the whole definition. A table that comes or
 * goes carries its fields and views; they have no entries of their own.
 */
export function schemaEvents(before: BaseSchema, after: BaseSchema): SchemaEvent[] {
  const created = after.tables
    .filter(({ id }) => !before.tablesById.has(id))
    .map((table) => entry("tables.created", table.id, { before: null, after: definition(table) }));
  const changed = after.tables.flatMap((table) => {
    const old = before.tablesById.get(table.id);
    return old === undefined ? [] : tableEvents(old, table);
  });
  const deleted = before.tables
    .filter(({ id }) => !after.tablesById.has(id))
    .map((table) => entry("tables.deleted", table.id, { before: definition(table), after: null }));
  return [...created, ...changed, ...deleted];
}

/** What the log keeps of a table. */
export function definition({
  id,
  name,
  description,
  primaryFieldId,
  fields,
  views,
}: Table): TableDefinition {
  return { id, name, description, primaryFieldId, fields, views };
}

function tableEvents(before: Table, after: Table): SchemaEvent[] {
  const events: SchemaEvent[] = [];
  const [old, now] = [heading(before), heading(after)];
  if (!isDeepStrictEqual(old, now)) {
    events.push(entry("tables.updated", after.id, { before: old, after: now }));
  }
  for (const { kind, was, is } of differences<Field>(before.fields, after.fields)) {
    const name = was !== null && is !== null && was.type !== is.type ? "converted" : kind;
    const fieldId = is?.id ?? was?.id;
    events.push({
      ...entry(`fields.${name}`, after.id, { before: was, after: is }),
      fieldIds: fieldId === undefined ? [] : [fieldId],
    });
  }
  for (const { kind, was, is } of differences<View>(before.views, after.views)) {
    events.push(entry(`views.${kind}`, after.id, { before: was, after: is }));
  }
  return events;
}

interface Difference<T> {
  readonly kind: "created" | "updated" | "deleted";
  readonly was: T | null;
  readonly is: T | null;
}

function differences<T extends { readonly id: string }>(
  before: readonly T[],
  after: readonly T[],
): Difference<T>[] {
  const old = new Map(before.map((one) => [one.id, one]));
  const now = new Set(after.map(({ id }) => id));
  const gone = before
    .filter(({ id }) => !now.has(id))
    .map((was): Difference<T> => ({ kind: "deleted", was, is: null }));
  const changed = after.flatMap((is): Difference<T>[] => {
    const was = old.get(is.id);
    if (was === undefined) {
      return [{ kind: "created", was: null, is }];
    }
    return isDeepStrictEqual(was, is) ? [] : [{ kind: "updated", was, is }];
  });
  return [...gone, ...changed];
}

function heading({ id, name, description, primaryFieldId }: Table): object {
  return { id, name, description, primaryFieldId };
}

function entry(name: string, tableId: string, body: unknown): SchemaEvent {
  return { name, tableId, recordIds: [], fieldIds: [], body };
}
