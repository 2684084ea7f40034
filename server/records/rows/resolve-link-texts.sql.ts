import { constant, sql, type Sql } from "#kernel";
import type { Stored } from "../field-types/field-type.ts";
import { typeOf } from "../field-types/registry.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import { columnOf, tableSql } from "./table-sql.ts";

/** For each value its place in the list and the oldest record whose primary cell holds it; nothing where there is none. */
export function firstWithPrimary(table: Table, primary: Field, values: readonly Stored[]): Sql {
  const { recordsetType, computed } = typeOf(primary);
  const type = recordsetType ?? "text";
  const definition = constant(type.startsWith("text") ? `${type} collate "C"` : type);
  return sql`
    select distinct on (k.at) k.at, t.id
    from json_to_recordset(${JSON.stringify(values.map((key, at) => ({ at, key })))}::json) as k(at integer, key ${definition})
    join ${tableSql(table).name} t on ${computed ? sql`(${columnOf(primary)})::text` : columnOf(primary)} = k.key
    order by k.at, t.auto_number`;
}
