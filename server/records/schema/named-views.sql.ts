import { constant, ident, join, literal, sql, type Sql } from "#kernel";
import type { ComputedState } from "../field-types/computed.ts";
import { typeOf } from "../field-types/registry.ts";
import type { Field, Table } from "./base-schema.ts";
import { namedSchema, readerRole } from "./base-schema.ts";
import { columnNames, systemColumns } from "./readable-names.ts";

/** Where a readable view is, and who may read it. */
export interface NamedView {
  readonly baseId: string;
  readonly name: string;
  /** False where there are no roles to give rights to. */
  readonly roles: boolean;
}

export const dropNamedView = ({ baseId, name }: NamedView): Sql =>
  sql`drop view if exists ${ident(namedSchema(baseId), name)}`;

/** The view itself; `how` replaces one that has the same columns, or those and fewer. */
export const createNamedView = (
  { baseId, name, roles }: NamedView,
  how: "create" | "replace",
  body: Sql,
): Sql => {
  const view = ident(namedSchema(baseId), name);
  const grant = roles
    ? sql`; grant select on ${view} to ${ident(readerRole(baseId))}`
    : constant("");
  return sql`${constant(how === "replace" ? "create or replace view" : "create view")} ${view} as ${body}${grant}`;
};

/** A table as people read it: fields by their names, choices by theirs, links as lists of record ids. */
export function namedViewBody(table: Table): Sql {
  const names = columnNames(table);
  const system = systemColumns.map(
    ([, column]) => sql`r.${ident(column)} as ${ident(names.get(column) ?? column)}`,
  );
  const fields = table.fields.map(
    (field) => sql`${readable(field)} as ${ident(names.get(field.id) ?? field.id)}`,
  );
  return sql`select ${join([...system, ...fields], ",\n  ")}\nfrom ${ident(table.baseId, table.id)} r`;
}

function readable(field: Field): Sql {
  const column = typeOf(field).column(field);
  if (!column.own) {
    return sql`r.${ident(column.expression)}`;
  }
  const cell = sql`r.${ident(field.id)}`;
  switch (field.type) {
    case "singleSelect":
      return sql`${choiceNames(field)} ->> ${cell}`;
    case "multipleSelects":
      return sql`(select array_agg(chosen.name order by chosen.place) from (
        select ${choiceNames(field)} ->> id as name, place from unnest(${cell}) with ordinality as held(id, place)
      ) chosen where chosen.name is not null)`;
    case "multipleLookupValues":
      return looksUpChoices(field)
        ? sql`(select array_agg(${choiceNames(field)} ->> id order by place)
          from unnest(${cell}) with ordinality as held(id, place))`
        : cell;
    case "checkbox":
      return sql`coalesce(${cell}, false)`;
    default:
      return cell;
  }
}

/** True for a lookup of selects: its cells hold ids of choices, and its result says which there are. */
function looksUpChoices({ options }: Field): boolean {
  const { result } = options as ComputedState;
  return result?.type === "singleSelect" || result?.type === "multipleSelects";
}

/** Read once a query, so that a choice that is added or renamed shows without touching the view. */
function choiceNames(field: Field): Sql {
  const path = constant(
    field.type === "multipleLookupValues" ? "'{result,options,choices}'" : "'{choices}'",
  );
  return sql`(select jsonb_object_agg(choice ->> 'id', choice ->> 'name')
    from records.fields f, jsonb_array_elements(f.options #> ${path}) choice where f.id = ${literal(field.id)})`;
}
