import { parse, toStoredText } from "@basalt/formulas";
import { isId, newId, type IdPrefix } from "#kernel";
import type { ViewOptions } from "../schema/base-schema.ts";
import { badSchema } from "../schema/refusals.ts";

/** A whole base without its records, as a base file holds it. Every id is one of the base that it was taken from. */
export interface BaseDefinition {
  readonly id: string;
  readonly name: string;
  readonly tables: readonly TableOfDefinition[];
}

export interface TableOfDefinition {
  readonly id: string;
  readonly name: string;
  readonly description?: string | null | undefined;
  /** The first field where absent. */
  readonly primaryFieldId?: string | undefined;
  readonly fields: readonly FieldOfDefinition[];
  /** One grid view where there are none. */
  readonly views?: readonly ViewOfDefinition[] | undefined;
}

export interface FieldOfDefinition {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly description?: string | null | undefined;
  /** As kept or as Airtable's schema shows them; both sides of a link name each other. */
  readonly options?: Readonly<Record<string, unknown>> | null | undefined;
}

export interface ViewOfDefinition {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly options?: ViewOptions | undefined;
  readonly personalForUserId?: string | null | undefined;
}

/** Ids of the definition -> ids in the new base. */
export type IdMap = ReadonlyMap<string, string>;

/**
 * The ids that the parts of a definition get: their own where they are to be kept, else new ones.
 * Problem: `records.bad-schema` for one that is not shaped like an id of its kind, or is there twice.
 */
export function idsOf(definition: BaseDefinition, keepIds: boolean): IdMap {
  const ids = new Map<string, string>();
  const add = (prefix: IdPrefix, id: unknown): void => {
    if (!isId(prefix, id)) {
      throw badSchema("id", `${JSON.stringify(id)} is not an id that begins with ${prefix}`);
    }
    if (ids.has(id)) {
      throw badSchema("id", `${id} is there twice`);
    }
    ids.set(id, keepIds ? id : newId(prefix));
  };
  add("app", definition.id);
  for (const table of definition.tables) {
    add("tbl", table.id);
    table.views?.forEach((view) => add("viw", view.id));
    for (const field of table.fields) {
      add("fld", field.id);
      choicesOf(field).forEach((id) => add("sel", id));
      const junction = field.options?.["junction"];
      // Both sides of a link name it.
      if (isId("lnk", junction) && !ids.has(junction)) {
        add("lnk", junction);
      }
    }
  }
  return ids;
}

/** The definition with other ids, in options wherever they stand. */
export function withIds(definition: BaseDefinition, ids: IdMap): BaseDefinition {
  const id = (old: string): string => ids.get(old) ?? old;
  return {
    id: id(definition.id),
    name: definition.name,
    tables: definition.tables.map((table) => ({
      ...table,
      id: id(table.id),
      primaryFieldId: table.primaryFieldId === undefined ? undefined : id(table.primaryFieldId),
      fields: table.fields.map((field) => ({
        ...field,
        id: id(field.id),
        options: replaced(field.options, ids),
      })),
      views: table.views?.map((view) => ({
        ...view,
        id: id(view.id),
        options: replaced(view.options, ids),
      })),
    })),
  };
}

function choicesOf({ options }: FieldOfDefinition): string[] {
  const choices: unknown = options?.["choices"];
  return Array.isArray(choices)
    ? choices.flatMap((choice: { readonly id?: unknown } | null) =>
        typeof choice?.id === "string" ? [choice.id] : [],
      )
    : [];
}

/** The same JSON with ids replaced, as values and as keys; what is called `name` is left alone. */
function replaced<T>(value: T, ids: IdMap): T {
  return replacedIn(value, ids) as T;
}

function replacedIn(value: unknown, ids: IdMap): unknown {
  if (typeof value === "string") {
    return ids.get(value) ?? value;
  }
  if (Array.isArray(value)) {
    return value.map((element: unknown) => replacedIn(element, ids));
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      ids.get(key) ?? key,
      replacedAt(key, inner, ids),
    ]),
  );
}

function replacedAt(key: string, value: unknown, ids: IdMap): unknown {
  if (key === "name") {
    return value;
  }
  return (key === "formula" || key === "filterByFormula") && typeof value === "string"
    ? formulaWith(value, ids)
    : replacedIn(value, ids);
}

/** The text of a formula with the ids of fields replaced; one that is no formula is searched for them. */
function formulaWith(text: string, ids: IdMap): string {
  const formula = parse(text);
  if (formula.tree === null) {
    return text.replaceAll(/\{(fld[A-Za-z0-9]{14})\}/g, (all, id: string) =>
      ids.has(id) ? `{${ids.get(id)}}` : all,
    );
  }
  const find = (name: string): { readonly id: string; readonly name: string } | undefined => {
    const id = ids.get(name);
    return id === undefined ? undefined : { id, name };
  };
  return toStoredText(formula, { find, names: () => [] });
}
