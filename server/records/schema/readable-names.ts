import type { BaseSchema, Table } from "./base-schema.ts";

/** Bytes of UTF-8 that PostgreSQL keeps of a name (NAMEDATALEN less one). */
const IDENTIFIER_MAX_BYTES = 63;

/** Columns that every readable view starts with: what they are called where no field has that name, and the row's column. */
export const systemColumns = [
  ["record_id", "id"],
  ["record_number", "auto_number"],
  ["record_created_time", "created_time"],
  ["record_modified_time", "modified_time"],
] as const;

/** The name of each table's readable view, by table id. */
export function viewNames(schema: BaseSchema): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(schema.tables.map((table) => [table.id, readableName(table.name, taken)]));
}

/** The column names of a table's readable view: by field id, and by the row's own column for the system columns. */
export function columnNames(table: Pick<Table, "fields">): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const names = table.fields.map((field): [string, string] => [
    field.id,
    readableName(field.name, taken),
  ]);
  return new Map([
    ...names,
    ...systemColumns.map(([name, column]): [string, string] => [column, readableName(name, taken)]),
  ]);
}

/**
 * The name cut to what PostgreSQL keeps, between characters; one that is taken gets a number, in place of its last bytes
 * where there is no room. Notes it as taken.
 */
export function readableName(name: string, taken: Set<string>): string {
  let readable = cut(name, IDENTIFIER_MAX_BYTES);
  for (let number = 2; taken.has(readable); number += 1) {
    const suffix = ` ${number}`;
    readable = `${cut(name, IDENTIFIER_MAX_BYTES - suffix.length)}${suffix}`;
  }
  taken.add(readable);
  return readable;
}

function cut(text: string, bytesMax: number): string {
  let bytes = 0;
  let kept = "";
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > bytesMax) {
      break;
    }
    kept += character;
  }
  return kept;
}
