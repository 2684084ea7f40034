import type { Scope, Sql, TextRow } from "#kernel";
import { readGuarded } from "../filters/guarded-read.ts";
import { askedHere } from "../filters/held-here.ts";
import type { Table } from "../schema/base-schema.ts";
import { txnRead } from "./base-writer.ts";
import { baseTxn } from "./get-record.sql.ts";
import {
  commentCounts,
  idsInOrder,
  pageAfter,
  peopleOfSort,
  rowsOfPage,
} from "./list-records.sql.ts";
import type { ListCall } from "./list-records.ts";
import { LEADING_COLUMNS } from "./table-sql.ts";

/** Rows as they were read, and the number that the base had before. */
export interface ReadRows {
  readonly txn: number;
  readonly rows: readonly TextRow[];
}

/** The number of the base, where no row can be an answer. */
export async function noRows({ db }: Scope, table: Table): Promise<number> {
  const [row] = await db.text(baseTxn(table.baseId));
  return Number(row?.[0] ?? 0);
}

/** Rows after a number that the condition keeps, oldest first, with the number as the last column. */
export async function rowsAfter(
  scope: Scope,
  list: ListCall,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<ReadRows> {
  const { table, condition, listing, reader } = list;
  const page = { columns: reader.columns, after, limit, now: scope.now() };
  if (condition === undefined) {
    return plainly(scope, list, pageAfter(table, { ...page, shape: listing.shape }));
  }
  const asked = await askedHere(scope, list, { condition, among: { after, limit } });
  return guarded(scope, list, pageAfter(table, { ...page, condition: asked }));
}

/** The rows with these ids that the condition keeps, in any order. */
export async function rowsOf(
  scope: Scope,
  list: ListCall,
  ids: readonly string[],
): Promise<ReadRows> {
  const { table, condition, listing, reader } = list;
  const page = { columns: reader.columns, ids, now: scope.now() };
  if (condition === undefined) {
    return plainly(scope, list, rowsOfPage(table, { ...page, shape: listing.shape }));
  }
  const asked = await askedHere(scope, list, { condition, among: { ids } });
  return guarded(scope, list, rowsOfPage(table, { ...page, condition: asked }));
}

/** Ids in the order of the sort of those that the condition keeps, and the number that the base had before. */
export async function sortedIds(
  scope: Scope,
  list: ListCall,
  limit: number | undefined,
): Promise<{ readonly txn: number; readonly ids: string[] }> {
  const { schema, table, sort, condition } = list;
  const order = { sort, now: scope.now(), ...(limit !== undefined && { limit }) };
  if (condition === undefined) {
    const read = await plainly(scope, list, idsInOrder(schema, table, order));
    return { txn: read.txn, ids: idsOf(read.rows) };
  }
  const asked = await askedHere(scope, { schema, table }, { condition });
  const people = peopleOfSort(table, sort);
  const { txn, rows } = await readGuarded(scope, {
    schema,
    table,
    people: [...new Set([...condition.people, ...people])],
    statements: [idsInOrder(schema, table, { ...order, condition: asked, people })],
  });
  return { txn, ids: idsOf(rows[0] ?? []) };
}

async function plainly({ db }: Scope, { schema }: ListCall, statement: Sql): Promise<ReadRows> {
  const [base, rows = []] = await db.texts([baseTxn(schema.baseId), statement]);
  return { txn: txnRead(base?.[0], schema), rows };
}

async function guarded(scope: Scope, list: ListCall, statement: Sql): Promise<ReadRows> {
  const { schema, table, condition, listing } = list;
  const { txn, rows } = await readGuarded(scope, {
    schema,
    table,
    people: condition?.people ?? [],
    statements: [statement],
  });
  const [found = []] = rows;
  return {
    txn,
    rows: listing.shape.commentCount ? await withCommentCounts(scope, list, found) : found,
  };
}

/** Comments are not the base's own: they are counted by a statement in which nothing was written by a user. */
async function withCommentCounts(
  { db }: Scope,
  { table, reader }: ListCall,
  rows: readonly TextRow[],
): Promise<TextRow[]> {
  const counts = new Map(
    (await db.text(commentCounts(table, idsOf(rows)))).map(([id = null, count = null]) => [
      id,
      count,
    ]),
  );
  const place = LEADING_COLUMNS + reader.fields.length;
  return rows.map((row) => row.toSpliced(place, 0, counts.get(row[0] ?? null) ?? "0"));
}

function idsOf(rows: readonly TextRow[]): string[] {
  return rows.map((row) => row[0] ?? "");
}
