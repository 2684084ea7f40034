import { constant, join, quoteIdent, sql, type Sql } from "#kernel";
import type { Stored } from "../field-types/field-type.ts";
import { typeOf } from "../field-types/registry.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import { columnOf, tableSql } from "./table-sql.ts";

/** Place of the key and id of each record that has it; two rows for one key are enough to know that it is ambiguous. */
export function matchingRecords(
  table: Table,
  fields: readonly Field[],
  keys: readonly { readonly at: number; readonly key: readonly Stored[] }[],
): Sql {
  const json = JSON.stringify(
    keys.map(({ at, key }) => ({
      at,
      ...Object.fromEntries(fields.map((field, index) => [field.id, key[index]])),
    })),
  );
  const definitions = fields
    .map((field) => `, ${quoteIdent(field.id)} ${definitionOf(field)}`)
    .join("");
  const same = fields.map(
    (field) => sql`${columnOf(field)} = ${constant(`k.${quoteIdent(field.id)}`)}`,
  );
  return sql`
    select k.at, m.id
    from json_to_recordset(${json}::json) as k(at integer${constant(definitions)})
    cross join lateral (
      select t.id from ${tableSql(table).name} t where ${join(same, " and ")} limit 2
    ) m`;
}

function definitionOf(field: Field): string {
  const type = typeOf(field).mergeType ?? "text";
  return type.startsWith("text") ? `${type} collate "C"` : type;
}
