import {
  listRecordsBody,
  recordMetadataNames,
  SORT_KEYS_MAX,
  type ListRecordsBody,
} from "@basalt/contract";
import { isId, parseWith, type Scope } from "#kernel";
import { listRecords, type RecordPage } from "../rows/list-records.ts";
import { fieldOf } from "../rows/plan-cells.ts";
import type { RecordShape } from "../rows/record-json.ts";
import { nameKey, type Table, type View } from "../schema/base-schema.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { recordsAnswer, recordsBody, sent } from "./answers.ts";
import { limitsOf, openTable, readBody, type Body, type Call } from "./call.ts";
import type { ReadBody } from "./hot-read.ts";
import { flagOf, integerOf, listOf, sortOf, textOf, type Query } from "./query-string.ts";
import { cellFormatOf, type CellFormatInput } from "./record-shape.ts";
import { invalidRequest, mismatchedIds, unknownView } from "./refusals.ts";

/** What a listing was asked, wherever it stood, with absent parts as undefined. */
export interface Listing extends CellFormatInput {
  readonly fields: readonly string[];
  readonly filterByFormula?: string | undefined;
  readonly maxRecords?: number | undefined;
  readonly pageSize?: number | undefined;
  readonly sort: readonly { readonly field: string; readonly direction?: string | undefined }[];
  readonly view?: string | undefined;
  readonly byFieldId: boolean;
  readonly recordMetadata: readonly string[];
  readonly offset?: string | undefined;
}

/** `GET /v0/{baseId}/{tableIdOrName}` */
export async function readRecords(call: Call, table: Table): Promise<ReadBody> {
  const { offset, records, ...read } = await page(call, table, listingOfQuery(call.query));
  return { ...read, body: recordsBody(records, offset === undefined ? {} : { offset }) };
}

/** `POST /v0/{baseId}/{tableIdOrName}/listRecords` */
export async function postListRecords(call: Call): Promise<Response> {
  const table = await openTable(call, "records.read");
  const { records, txn, offset } = await page(
    call,
    table,
    listingOfBody(await readBody(call), call.query),
  );
  return sent(recordsAnswer(records, txn, offset === undefined ? {} : { offset }));
}

/** The listing that a query string asks for. Problem: `records.invalid-request`. */
export function listingOfQuery(query: Query): Listing {
  return {
    fields: listOf(query, "fields"),
    filterByFormula: textOf(query, "filterByFormula"),
    maxRecords: integerOf(query, "maxRecords"),
    pageSize: integerOf(query, "pageSize") ?? integerOf(query, "limit"),
    sort: sortOf(query),
    view: textOf(query, "view"),
    cellFormat: textOf(query, "cellFormat"),
    timeZone: textOf(query, "timeZone"),
    userLocale: textOf(query, "userLocale"),
    byFieldId: flagOf(query, "returnFieldsByFieldId") ?? false,
    recordMetadata: listOf(query, "recordMetadata"),
    offset: textOf(query, "offset"),
  };
}

/**
 * The listing that a body asks for. Zone and locale may stand in the query string, where clients put them. Null and empty
 * text mean absent. Problem: `contract.invalid-body`.
 */
export function listingOfBody(body: Body, query: Query): Listing {
  const given = Object.entries(body).filter(([, value]) => value !== null && value !== "");
  const parsed: ListRecordsBody = parseWith(listRecordsBody, Object.fromEntries(given));
  const { fields = [], sort = [], recordMetadata = [], returnFieldsByFieldId, ...rest } = parsed;
  return {
    ...rest,
    timeZone: textOf(query, "timeZone") ?? parsed.timeZone,
    userLocale: textOf(query, "userLocale") ?? parsed.userLocale,
    fields,
    sort,
    recordMetadata,
    byFieldId: Boolean(returnFieldsByFieldId),
  };
}

async function page(call: Call, table: Table, listing: Listing): Promise<RecordPage> {
  const { pageSizeMax } = limitsOf(call);
  const { pageSize = Math.min(pageSizeMax, DEFAULT_PAGE_SIZE), maxRecords, offset } = listing;
  requireRange("pageSize", pageSize, pageSizeMax);
  requireRange("maxRecords", maxRecords ?? 1, Number.MAX_SAFE_INTEGER);
  const view = await viewOf(call.scope, table, listing.view);
  const sort = sortKeys(table, listing.sort);
  const shape = shapeOf(table, listing);
  const filterByFormula = listing.filterByFormula?.trim();
  return listRecords(call.scope, {
    table,
    shape,
    pageSize,
    ...(view === undefined ? {} : { view }),
    ...(sort.length === 0 ? {} : { sort }),
    ...(filterByFormula === undefined || filterByFormula === "" ? {} : { filterByFormula }),
    ...(maxRecords === undefined ? {} : { maxRecords }),
    ...(offset === undefined ? {} : { offset }),
  });
}

/** Airtable's, also where larger pages are allowed. */
const DEFAULT_PAGE_SIZE = 100;

function requireRange(name: string, value: number, max: number): void {
  if (value < 1 || value > max) {
    throw invalidRequest(name, `must be from 1 to ${max}`);
  }
}

/** The view that is meant, if any. Problems: `records.unknown-view`, `records.mismatched-ids`. */
export async function viewOf(
  scope: Scope,
  table: Table,
  idOrName: string | undefined,
): Promise<View | undefined> {
  if (idOrName === undefined) {
    return undefined;
  }
  const { views } = table;
  const key = nameKey(idOrName);
  const view =
    views.find(({ id }) => id === idOrName) ??
    views.find(({ name }) => name === idOrName) ??
    views.find(({ name }) => nameKey(name) === key);
  if (view !== undefined) {
    return view;
  }
  if (!isId("viw", idOrName)) {
    throw unknownView(idOrName, "name");
  }
  const { tables } = await schemaOf(scope, table.baseId);
  const elsewhere = tables.some((other) => other.views.some(({ id }) => id === idOrName));
  throw elsewhere
    ? mismatchedIds(`View ${idOrName} belongs to another table`)
    : unknownView(idOrName, "id");
}

type SortKey = { readonly fieldId: string; readonly direction: "asc" | "desc" };

/** Problems: `records.unknown-field`, `records.invalid-request`. */
function sortKeys(table: Table, sort: Listing["sort"]): SortKey[] {
  if (sort.length > SORT_KEYS_MAX) {
    throw invalidRequest("sort", `may have at most ${SORT_KEYS_MAX} keys`);
  }
  return sort.map(({ field, direction = "asc" }) => {
    if (direction !== "asc" && direction !== "desc") {
      throw invalidRequest("sort", "direction must be asc or desc");
    }
    return { fieldId: fieldOf(table, field).id, direction };
  });
}

/** Problems: `records.unknown-field`, `records.invalid-request`. */
function shapeOf(table: Table, listing: Listing): RecordShape {
  const { fields, byFieldId, recordMetadata } = listing;
  const names: readonly string[] = recordMetadataNames;
  if (recordMetadata.some((name) => !names.includes(name))) {
    throw invalidRequest("recordMetadata", `may hold ${recordMetadataNames.join(" and ")}`);
  }
  const shape = {
    byFieldId,
    cellFormat: cellFormatOf(listing),
    commentCount: recordMetadata.includes("commentCount"),
    version: recordMetadata.includes("version"),
  };
  return fields.length === 0
    ? shape
    : { ...shape, fieldIds: [...new Set(fields.map((name) => fieldOf(table, name).id))] };
}
