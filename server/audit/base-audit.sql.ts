import { empty, sql, type Sql } from "#kernel";

/** An entry of a base's change log, with from where it was made. */
export interface ChangeEntry {
  readonly txn: number;
  readonly seq: number;
  readonly at: Date;
  readonly name: string;
  readonly tableId: string | null;
  /** The first hundred. */
  readonly recordIds: readonly string[];
  readonly records: number;
  readonly fieldIds: readonly string[];
  /** Null as well where it is too large for a page. */
  readonly body: { readonly before?: unknown; readonly after?: unknown } | null;
  readonly bodyLeftOut: boolean;
  readonly actorId: string | null;
  readonly source: string;
  readonly requestId: string | null;
  readonly cause: readonly string[];
  readonly address: string | null;
}

/** What narrows the audit of a base. */
export interface ChangeFilters {
  readonly table?: string | undefined;
  readonly record?: string | undefined;
  readonly actor?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** Where a page ends in the change log. */
export interface ChangePlace {
  readonly txn: number;
  readonly seq: number;
}

/** Record ids shown of one entry, and how large what was before and after may be, bytes of JSON. */
const IDS_SHOWN = 100;
const BODY_MAX_BYTES = 65_536;

/** Newest first, below a place. */
export const changesBefore = (
  baseId: string,
  filters: ChangeFilters,
  { before, limit }: { readonly before: ChangePlace | undefined; readonly limit: number },
): Sql => sql`
  select e.txn, e.seq, e.at, e.name, e.table_id as "tableId", e.record_ids[1:${IDS_SHOWN}] as "recordIds",
    cardinality(e.record_ids) as records, e.field_ids as "fieldIds",
    case when octet_length(e.body::text) <= ${BODY_MAX_BYTES} then e.body end as body,
    coalesce(octet_length(e.body::text) > ${BODY_MAX_BYTES}, false) as "bodyLeftOut",
    e.actor_id as "actorId", e.source, e.request_id as "requestId", e.cause, e.address
  from kernel.events e
  where e.base_id = ${baseId}
    ${before === undefined ? empty : sql`and (e.txn, e.seq) < (${before.txn}, ${before.seq})`}
    ${filters.table === undefined ? empty : sql`and e.table_id = ${filters.table}`}
    ${filters.record === undefined ? empty : sql`and ${filters.record} = any(e.record_ids)`}
    ${filters.actor === undefined ? empty : sql`and e.actor_id = ${filters.actor}`}
    ${filters.since === undefined ? empty : sql`and e.at >= ${filters.since}`}
    ${filters.until === undefined ? empty : sql`and e.at < ${filters.until}`}
  order by e.txn desc, e.seq desc limit ${limit}`;
