import { sql, type Sql } from "#kernel";
import type { ChangePlace } from "./cursor.ts";

/** An entry of the change log as far as the sync needs it. */
export interface LoggedChange {
  readonly txn: number;
  readonly seq: number;
  readonly name: string;
  readonly tableId: string | null;
  /** Of the first entry only those that were not answered yet; of each not more than fit a page. */
  readonly recordIds: readonly string[];
  /** How many the entry names in all. */
  readonly records: number;
  /** Of changes of fields alone. */
  readonly body: { readonly before?: unknown; readonly after?: unknown } | null;
}

/** Entries from a place on, in order. */
export const changesFrom = (
  baseId: string,
  { txn, seq, record }: Omit<ChangePlace, "phase">,
  { entries, ids }: { readonly entries: number; readonly ids: number },
): Sql => sql`
  select e.txn, e.seq, e.name, e.table_id as "tableId", cardinality(e.record_ids) as records,
    case when e.txn = ${txn} and e.seq = ${seq} then e.record_ids[${record + 1}:${record + ids}]
      else e.record_ids[1:${ids}] end as "recordIds",
    case when e.name like 'fields.%' and e.name <> 'fields.cells-replaced' then e.body end as body
  from kernel.events e
  where e.base_id = ${baseId} and (e.txn, e.seq) >= (${txn}, ${seq})
  order by e.txn, e.seq limit ${entries}`;
