import { createHash } from "node:crypto";
import { newId, Problem, type Scope, type TextRow } from "#kernel";
import { allow } from "#workspaces";
import type { BaseSchema, Table, View } from "../schema/base-schema.ts";
import {
  idsInOrder,
  keepIterator,
  pageAfter,
  readIterator,
  rowsOfPage,
} from "./list-records.sql.ts";
import { withSchema } from "./base-writer.ts";
import { baseTxn } from "./get-record.sql.ts";
import { offsetParts, readOffset, writeOffset } from "./offset.ts";
import { offsetExpired } from "./problems.ts";
import {
  recordReader,
  type RecordJson,
  type RecordReader,
  type RecordShape,
} from "./record-json.ts";
import { tableOf } from "./write-call.ts";

export interface RecordListing {
  readonly table: Pick<Table, "id" | "baseId">;
  readonly shape: RecordShape;
  readonly view?: View;
  readonly sort?: readonly SortBy[];
  readonly filterByFormula?: string;
  /** Records of one page. */
  readonly pageSize: number;
  /** Records over all pages. */
  readonly maxRecords?: number;
  /** Where the page begins, from the one before. */
  readonly offset?: string;
}

export interface SortBy {
  readonly fieldId: string;
  readonly direction: "asc" | "desc";
}

export interface RecordPage {
  readonly records: readonly RecordJson[];
  /** Absent on the last page. */
  readonly offset?: string;
  /** The base was at least this new when the page was read. */
  readonly txn: number;
}

/**
 * One page of a table's records: in the order of creation, or of the sort or view that is named.
 * Problems: `workspaces.*`, `records.no-formulas-yet`, `records.bad-offset`, `records.offset-expired`.
 */
export async function listRecords(scope: Scope, listing: RecordListing): Promise<RecordPage> {
  await allow(scope, "records.read", { baseId: listing.table.baseId });
  if (listing.filterByFormula !== undefined) {
    throw formulasNotYet();
  }
  return withSchema(scope, listing.table.baseId, (schema) => pageOf(scope, schema, listing));
}

async function pageOf(
  scope: Scope,
  schema: BaseSchema,
  listing: RecordListing,
): Promise<RecordPage> {
  const table = tableOf(schema, listing.table.id);
  const reader = recordReader(scope, { schema, table, shape: listing.shape });
  const sort = (listing.sort ?? listing.view?.options.sort ?? []).filter(({ fieldId }) =>
    table.fieldsById.has(fieldId),
  );
  const list = { listing, schema, table, reader, sort };
  // A sort can change between two pages, and a cap counts over all of them: both need the order kept from the first page.
  return sort.length === 0 && listing.maxRecords === undefined
    ? pageInOrderOfCreation(scope, list)
    : pageOfKeptOrder(scope, list);
}

interface ListCall {
  readonly listing: RecordListing;
  readonly schema: BaseSchema;
  readonly table: Table;
  readonly reader: RecordReader;
  readonly sort: readonly SortBy[];
}

function formulasNotYet(): Problem {
  const message =
    "The formula for filtering records is invalid: formulas are not available in this version of Basalt yet";
  return new Problem("invalid", "records.no-formulas-yet", {
    message,
    airtable: { type: "INVALID_FILTER_BY_FORMULA", message },
  });
}

async function pageInOrderOfCreation(
  scope: Scope,
  { listing, table, reader }: ListCall,
): Promise<RecordPage> {
  const { pageSize, shape } = listing;
  const after =
    listing.offset === undefined ? 0 : readOffset(scope, listingOf(table), listing.offset).after;
  // One row more than the page tells whether there is another page.
  const [txn, rows = []] = await scope.db.texts([
    baseTxn(table.baseId),
    pageAfter(table, { columns: reader.columns, after, limit: pageSize + 1, shape }),
  ]);
  const page = rows.slice(0, pageSize);
  const last = page.at(-1);
  const records = await reader.write(scope, page);
  const answer = { records, txn: Number(txn?.[0]?.[0] ?? 0) };
  return rows.length > pageSize && last !== undefined
    ? {
        ...answer,
        offset: writeOffset(scope, listingOf(table), {
          after: Number(last.at(-1)),
          recordId: last[0] ?? "",
        }),
      }
    : answer;
}

/** The first page fixes the order and keeps it; later pages are read by id, so nothing is skipped or given twice. */
async function pageOfKeptOrder(scope: Scope, list: ListCall): Promise<RecordPage> {
  const { listing, table, reader } = list;
  const { iterator, ids } =
    listing.offset === undefined
      ? await beginOrder(scope, list)
      : await continueOrder(scope, list, listing.offset);
  const page = ids.slice(0, listing.pageSize);
  const [txn, rows = []] = await scope.db.texts([
    baseTxn(table.baseId),
    rowsOfPage(table, { columns: reader.columns, ids: page, shape: listing.shape }),
  ]);
  const byId = new Map(rows.map((row) => [row[0], row]));
  const inOrder = page.flatMap((id): TextRow[] => {
    const row = byId.get(id);
    return row === undefined ? [] : [row];
  });
  const next = ids[listing.pageSize];
  const answer = { records: await reader.write(scope, inOrder), txn: Number(txn?.[0]?.[0] ?? 0) };
  return next === undefined || iterator === undefined
    ? answer
    : { ...answer, offset: `${iterator}/${next}` };
}

interface KeptOrder {
  /** Undefined where one page holds everything. */
  readonly iterator: string | undefined;
  readonly ids: readonly string[];
}

async function beginOrder(
  scope: Scope,
  { listing, table, sort, schema }: ListCall,
): Promise<KeptOrder> {
  const limit = listing.maxRecords;
  const rows = await scope.db.text(
    idsInOrder(schema, table, { sort, ...(limit !== undefined && { limit }) }),
  );
  const ids = rows.map((row) => row[0] ?? "");
  if (ids.length <= listing.pageSize) {
    return { iterator: undefined, ids };
  }
  const iterator = newId("itr");
  await scope.db.run(
    keepIterator({
      id: iterator,
      ...listingOf(table),
      queryHash: queryHash(listing, sort),
      ids,
      at: scope.now(),
    }),
  );
  return { iterator, ids };
}

async function continueOrder(
  scope: Scope,
  { listing, table, sort }: ListCall,
  offset: string,
): Promise<KeptOrder> {
  const { iterator, recordId } = offsetParts(offset);
  const ids = await scope.db.maybe<{ ids: string[] }>(
    readIterator({
      id: iterator,
      ...listingOf(table),
      queryHash: queryHash(listing, sort),
      recordId,
      limit: listing.pageSize + 1,
      oldest: oldestIterator(scope.now()),
    }),
  );
  if (ids === undefined || ids.ids.length === 0) {
    throw offsetExpired();
  }
  return { iterator, ids: ids.ids };
}

/** How long a kept order works, milliseconds. The contract asks for ten minutes at least. */
const ITERATOR_LIFE_MS = 60 * 60 * 1000;

/** Orders kept before this are gone. */
export function oldestIterator(now: Date): Date {
  return new Date(now.getTime() - ITERATOR_LIFE_MS);
}

function listingOf(table: Table): { baseId: string; tableId: string } {
  return { baseId: table.baseId, tableId: table.id };
}

/** What must stay the same from page to page; fields and the shape of answers may differ. */
function queryHash({ maxRecords, view }: RecordListing, sort: readonly SortBy[]): string {
  return createHash("sha256")
    .update(JSON.stringify([sort, maxRecords ?? null, view?.id ?? null]))
    .digest("base64url");
}
