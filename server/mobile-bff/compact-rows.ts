import type { Field, RecordJson } from "#records";

/** A record as an array: its id, then one value for each column; what is empty at the end is left out. */
export type CompactRow = readonly unknown[];

/** Records that were read by field id as arrays, with a small picture in place of each file. */
export function compactRows(
  records: readonly RecordJson[],
  fields: readonly Pick<Field, "id">[],
): CompactRow[] {
  return records.map((json) => compactRow(json, fields));
}

/** One record, in the same form. */
export function compactRow(json: RecordJson, fields: readonly Pick<Field, "id">[]): CompactRow {
  const record = JSON.parse(json) as {
    readonly id: string;
    readonly fields: Readonly<Record<string, unknown>>;
  };
  const row: unknown[] = [record.id];
  for (const { id } of fields) {
    row.push(compactCell(record.fields[id]));
  }
  while (row.at(-1) === null) {
    row.pop();
  }
  return row;
}

/** A file in the list of a phone. */
interface File {
  readonly id: string;
  readonly url: string;
  readonly filename: string;
  readonly type?: string;
  readonly size?: number;
  readonly thumbnails?: {
    readonly small?: { readonly url: string };
    readonly large?: { readonly url: string };
  };
}

function compactCell(value: unknown): unknown {
  if (value === undefined) {
    return null;
  }
  return Array.isArray(value) && value.length > 0 && value.every(isFile)
    ? value.map(compactFile)
    : value;
}

function isFile(value: unknown): value is File {
  return typeof value === "object" && value !== null && "url" in value && "filename" in value;
}

/** The link of a picture is to its thumbnail; of any other file to the file itself. */
function compactFile({ id, filename, type, thumbnails, url }: File): object {
  const thumb = thumbnails?.large?.url ?? thumbnails?.small?.url;
  return { id, filename, ...(type && { type }), ...(thumb === undefined ? { url } : { thumb }) };
}
