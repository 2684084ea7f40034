import { createHash } from "node:crypto";
import { newId, type Scope, type TextRow } from "#kernel";
import { allow } from "#workspaces";
import type { Condition, RowCondition } from "../filters/condition.ts";
import { conditionOf } from "../filters/conditions.ts";
import { wantIndexesOfView } from "../indexes/index-keeper.ts";
import type { BaseSchema, Table, View } from "../schema/base-schema.ts";
import { keepIterator, readIterator } from "./list-records.sql.ts";
import { withSchema } from "./base-writer.ts";
import { followsClock, lastingOf, nextMinuteMs, type Lasting } from "./lasting.ts";
import { peopleOfSort } from "./list-records.sql.ts";
import { noRows, rowsAfter, rowsOf, sortedIds } from "./read-rows.ts";
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
  readonly lasting: Lasting;
}

/**
 * One page of a table's records: in the order of creation, or of the sort or view that is named; only those that the view's
 * filter and the formula keep.
 * Problems: `workspaces.*`, `records.invalid-filter`, `records.bad-offset`, `records.offset-expired`.
 */
export async function listRecords(scope: Scope, listing: RecordListing): Promise<RecordPage> {
  await allow(scope, "records.read", { baseId: listing.table.baseId });
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
  // Before anything is read or signed: what is read later lasts longer than this says.
  const now = scope.now();
  const condition = conditionOf(scope, { schema, table }, listing);
  if (listing.view !== undefined) {
    wantIndexesOfView(scope, table, listing.view);
  }
  const lasting = lastingOfPage(now, { listing, table, reader, sort, condition });
  if (condition === "none") {
    return { records: [], txn: await noRows(scope, table), lasting };
  }
  const list = {
    listing,
    schema,
    table,
    reader,
    sort,
    ...(condition !== "all" && { condition }),
  };
  // A sort can change between two pages, and a cap counts over all of them: both need the order kept from the first page.
  const page = await (sort.length === 0 && listing.maxRecords === undefined
    ? pageInOrderOfCreation(scope, list)
    : pageOfKeptOrder(scope, list));
  const untilMs = page.offset === undefined ? Infinity : nextMinuteMs(now);
  return { ...page, lasting: { ...lasting, untilMs: Math.min(lasting.untilMs, untilMs) } };
}

function lastingOfPage(
  now: Date,
  {
    listing,
    table,
    reader,
    sort,
    condition,
  }: Pick<ListCall, "listing" | "table" | "reader" | "sort"> & { readonly condition: Condition },
): Lasting {
  const { view, offset, shape } = listing;
  const asked = typeof condition === "string" ? undefined : condition;
  const lasting = lastingOf(now, { fields: reader.fields, shape });
  const clock = asked?.followsClock === true || (view !== undefined && followsClock(view));
  // What is asked here is asked of rows that were read before those of the page.
  const never = clock || asked?.followsCaller === true || asked?.here !== undefined;
  const people = (asked?.people.length ?? 0) > 0 || peopleOfSort(table, sort).length > 0;
  const untilMs = never ? 0 : offset === undefined ? Infinity : nextMinuteMs(now);
  return {
    ...lasting,
    untilMs: Math.min(lasting.untilMs, untilMs),
    namesPeople: lasting.namesPeople || people,
  };
}

/** One call that has found its table. */
export interface ListCall {
  readonly listing: RecordListing;
  readonly schema: BaseSchema;
  readonly table: Table;
  readonly reader: RecordReader;
  readonly sort: readonly SortBy[];
  /** Absent where all records are kept. */
  readonly condition?: RowCondition;
}

type PageRead = Omit<RecordPage, "lasting">;

async function pageInOrderOfCreation(scope: Scope, list: ListCall): Promise<PageRead> {
  const { listing, table, reader } = list;
  const { pageSize } = listing;
  const after =
    listing.offset === undefined ? 0 : readOffset(scope, listingOf(table), listing.offset).after;
  // One row more than the page tells whether there is another page.
  const { txn, rows } = await rowsAfter(scope, list, { after, limit: pageSize + 1 });
  const page = rows.slice(0, pageSize);
  const last = page.at(-1);
  const answer = { records: await reader.write(scope, page), txn };
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

/**
 * The first page fixes the order and keeps it; later pages are read by id, so nothing is skipped or given twice. What does not
 * match the condition any more by then is left out, so such a page can be shorter than was asked.
 */
async function pageOfKeptOrder(scope: Scope, list: ListCall): Promise<PageRead> {
  const { listing, reader } = list;
  const { iterator, ids, ...order } =
    listing.offset === undefined
      ? await beginOrder(scope, list)
      : await continueOrder(scope, list, listing.offset);
  const page = ids.slice(0, listing.pageSize);
  const read = await rowsOf(scope, list, page);
  // Of an order that was found a moment before, the page is as new as the order.
  const txn = Math.min(read.txn, order.txn ?? Infinity);
  const byId = new Map(read.rows.map((row) => [row[0], row]));
  const inOrder = page.flatMap((id): TextRow[] => {
    const row = byId.get(id);
    return row === undefined ? [] : [row];
  });
  const next = ids[listing.pageSize];
  const answer = { records: await reader.write(scope, inOrder), txn };
  return next === undefined || iterator === undefined
    ? answer
    : { ...answer, offset: `${iterator}/${next}` };
}

interface KeptOrder {
  /** Undefined where one page holds everything. */
  readonly iterator: string | undefined;
  readonly ids: readonly string[];
  /** How new the base was when the order was found, where that was just now. */
  readonly txn?: number;
}

async function beginOrder(scope: Scope, list: ListCall): Promise<KeptOrder> {
  const { listing, table, sort } = list;
  const { txn, ids } = await sortedIds(scope, list, listing.maxRecords);
  if (ids.length <= listing.pageSize) {
    return { iterator: undefined, ids, txn };
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
  return { iterator, ids, txn };
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
function queryHash(
  { maxRecords, view, filterByFormula }: RecordListing,
  sort: readonly SortBy[],
): string {
  return createHash("sha256")
    .update(JSON.stringify([sort, maxRecords ?? null, view?.id ?? null, filterByFormula ?? null]))
    .digest("base64url");
}
