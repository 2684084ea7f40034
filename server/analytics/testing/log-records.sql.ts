import { sql, type Sql } from "#kernel";

/** An entry of a base's log, as a write of records makes it. */
export function logRecords(entry: {
  readonly baseId: string;
  readonly txn: number;
  readonly name: string;
  readonly count: number;
}): Sql {
  const { baseId, txn, name, count } = entry;
  const ids = Array.from({ length: count }, (_, at) => `rec${txn}-${at}`);
  return sql`
    insert into kernel.events (base_id, txn, seq, at, name, record_ids, source)
    values (${baseId}, ${txn}, 0, now(), ${name}, ${ids}::text[], 'api')`;
}
