import { finished } from "node:stream/promises";
import type { PoolClient } from "pg";
import type { Sql } from "./sql.ts";

/**
 * Rows for `copyIn`, as PostgreSQL's text format writes them: cells with tabs between, `\N` for null, a line feed after each
 * row; `copyCell` writes a cell.
 */
export type CopyRows = string;

/** Sends rows by COPY on one connection; answers how many were written. All or none. */
export async function copyRows(client: PoolClient, target: Sql, rows: CopyRows): Promise<number> {
  const { from } = await import("pg-copy-streams");
  const stream = client.query(from(target.text));
  stream.end(rows);
  await finished(stream);
  return stream.rowCount;
}

const special = /[\\\t\n\r]/;
const escapes: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
};

/** One cell of COPY's text format; null for no value. The text must not hold NUL, which PostgreSQL cannot keep. */
export function copyCell(text: string | null): string {
  if (text === null) {
    return "\\N";
  }
  return special.test(text) ? text.replaceAll(/[\\\t\n\r]/g, (one) => escapes[one] ?? one) : text;
}
