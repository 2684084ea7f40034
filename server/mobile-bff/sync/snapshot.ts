import { SYNC_MAX_BYTES, SYNC_RECORDS_MAX } from "@basalt/contract";
import { currentTxn, listRecords, type RecordPage } from "#records";
import { compactRows } from "../compact-rows.ts";
import type { SnapshotPlace } from "./cursor.ts";
import type { FoundPage, Resync, SyncCall, SyncedTable } from "./sync.ts";

/** Records that are read first where nothing is known of their size. */
const FIRST_READ = 200;

/**
 * The next page of the snapshot, in the order of creation. Tables that end early share a page. While it is read others write: what
 * they change is in the log after the number that was noted before the first row was read, and comes with the changes.
 */
export async function snapshotPage(
  call: SyncCall,
  place: SnapshotPlace,
): Promise<FoundPage | Resync> {
  const { scope, cursor, tables } = call;
  const isFirst = place.table === 0 && place.offset === null;
  const txn = isFirst ? await currentTxn(scope, cursor.baseId) : place.txn;
  const page: FoundPage["tables"] = [];
  let { table: at, offset } = place;
  let room = { records: SYNC_RECORDS_MAX, bytes: SYNC_MAX_BYTES };
  while (at < tables.length && room.records > 0 && room.bytes > 0) {
    const synced = tables[at] as SyncedTable;
    const read = await readWithin(call, synced, { offset, room });
    page.push({
      id: synced.table.id,
      columns: synced.fields.map(({ id }) => id),
      rows: compactRows(read.page.records, synced.fields).map((row) => [...row]),
      deleted: [],
    });
    room = { records: room.records - read.page.records.length, bytes: room.bytes - read.bytes };
    offset = read.page.offset ?? null;
    at += offset === null ? 1 : 0;
    if (offset !== null) {
      break;
    }
  }
  const done = at >= tables.length;
  return {
    phase: "snapshot",
    ...(isFirst && { schema: tables.map(schemaOfTable) }),
    tables: page,
    more: true,
    txn,
    place: done
      ? { phase: "changes", txn: txn + 1, seq: 0, record: 0 }
      : { phase: "snapshot", txn, table: at, offset },
  };
}

/** A page of one table that fits; records larger than expected are read again, fewer of them. At least one. */
async function readWithin(
  { scope }: SyncCall,
  { table, fields }: SyncedTable,
  {
    offset,
    room,
  }: {
    readonly offset: string | null;
    readonly room: { readonly records: number; readonly bytes: number };
  },
): Promise<{ readonly page: RecordPage; readonly bytes: number }> {
  let size = Math.min(FIRST_READ, room.records);
  for (;;) {
    const page = await listRecords(scope, {
      table,
      shape: {
        byFieldId: true,
        cellFormat: "json",
        commentCount: false,
        version: false,
        fieldIds: fields.map(({ id }) => id),
      },
      pageSize: size,
      ...(offset !== null && { offset }),
    });
    const bytes = page.records.reduce((sum, record) => sum + record.length, 0);
    if (bytes <= room.bytes || size === 1) {
      return { page, bytes };
    }
    size = Math.max(1, Math.floor((size * room.bytes) / bytes / 2));
  }
}

function schemaOfTable({ table, fields }: SyncedTable): NonNullable<FoundPage["schema"]>[number] {
  return {
    id: table.id,
    name: table.name,
    primaryFieldId: table.primaryFieldId,
    fields: fields.map(({ id, name, type }) => [id, name, type]),
  };
}
