import { SYNC_MAX_BYTES, SYNC_RECORDS_MAX } from "@basalt/contract";
import { Problem } from "#kernel";
import { currentTxn, getRecord } from "#records";
import { compactRow, type CompactRow } from "../compact-rows.ts";
import { changesFrom, type LoggedChange } from "./changes.sql.ts";
import type { ChangePlace } from "./cursor.ts";
import { meaningOf } from "./meaning.ts";
import type { FoundPage, Resync, SyncCall } from "./sync.ts";

/** Entries of the log that one call reads at most. */
const ENTRIES_MAX = 500;
/** Records read at once: between two such reads the size of the page is looked at. */
const READ_AT_ONCE = 100;

/** A record that has changed, and where the client is when it has it. */
interface Step {
  readonly tableId: string;
  readonly recordId: string;
  readonly after: Omit<ChangePlace, "phase">;
}

/**
 * What has changed from a place of the log on: the records as they are now, and the ids of those that are gone. Records
 * are read after the log, so each is at least as new as the entry that names it; what is written meanwhile has an entry of its own.
 */
export async function changePage(call: SyncCall, place: ChangePlace): Promise<FoundPage | Resync> {
  const { scope, cursor } = call;
  // Asked before the log is read: every number up to it must be there.
  const txn = await currentTxn(scope, cursor.baseId);
  const entries = await scope.db.all<LoggedChange>(
    changesFrom(cursor.baseId, place, { entries: ENTRIES_MAX, ids: SYNC_RECORDS_MAX }),
  );
  if (isGap(place, txn, entries)) {
    return "log-gone";
  }
  const planned = stepsOf(call, place, entries);
  if (typeof planned === "string") {
    return planned;
  }
  const read = await readSteps(call, planned.steps);
  const at = read.stopped ?? planned.end;
  return {
    phase: "changes",
    tables: read.tables,
    more: read.stopped !== undefined || planned.more,
    txn: Math.max(at.seq === 0 && at.record === 0 ? at.txn - 1 : at.txn, 0),
    place: { phase: "changes", ...at },
  };
}

/** The log has no holes: where the next number is missing, it has been dropped; a base that went back was restored. */
function isGap(place: ChangePlace, txn: number, entries: readonly LoggedChange[]): boolean {
  const [first] = entries;
  if (first === undefined) {
    return place.seq === 0 && place.record === 0 ? txn !== place.txn - 1 : txn !== place.txn;
  }
  return first.txn !== place.txn && !(place.seq > 0 && first.txn === place.txn + 1);
}

interface Plan {
  readonly steps: readonly Step[];
  /** Where the client is after all steps. */
  readonly end: Omit<ChangePlace, "phase">;
  readonly more: boolean;
}

function stepsOf(
  { tables, cursor }: SyncCall,
  place: ChangePlace,
  entries: readonly LoggedChange[],
): Plan | Resync {
  const synced = new Set(tables.map(({ table }) => table.id));
  const steps: Step[] = [];
  let end: Omit<ChangePlace, "phase"> = { txn: place.txn, seq: place.seq, record: place.record };
  for (const entry of entries) {
    const { txn, seq, recordIds } = entry;
    const meaning = meaningOf(entry, { synced, all: cursor.tables === null });
    if (typeof meaning === "object") {
      return meaning.resync;
    }
    const from = txn === place.txn && seq === place.seq ? place.record : 0;
    if (meaning === "records") {
      const fits = recordIds.slice(0, SYNC_RECORDS_MAX - steps.length);
      for (const [at, recordId] of fits.entries()) {
        steps.push({
          tableId: entry.tableId ?? "",
          recordId,
          after: { txn, seq, record: from + at + 1 },
        });
      }
      if (from + fits.length < entry.records) {
        return { steps, end: { txn, seq, record: from + fits.length }, more: true };
      }
    }
    end = { txn, seq: seq + 1, record: 0 };
  }
  if (entries.length === ENTRIES_MAX) {
    return { steps, end, more: true };
  }
  // Every transaction that was seen is whole: its entries became visible together.
  const last = entries.at(-1);
  return {
    steps,
    end: last === undefined ? end : { txn: last.txn + 1, seq: 0, record: 0 },
    more: false,
  };
}

interface ReadSteps {
  readonly tables: FoundPage["tables"];
  /** Where the page was full, if it was. */
  readonly stopped: Omit<ChangePlace, "phase"> | undefined;
}

async function readSteps(call: SyncCall, steps: readonly Step[]): Promise<ReadSteps> {
  const found = new Map<string, Map<string, CompactRow | null>>();
  let bytes = 0;
  for (let from = 0; from < steps.length; from += READ_AT_ONCE) {
    const some = steps.slice(from, from + READ_AT_ONCE);
    const fresh = some.filter(({ tableId, recordId }) => !found.get(tableId)?.has(recordId));
    const rows = await Promise.all(
      fresh.map(async (step) => ({ step, read: await now(call, step) })),
    );
    for (const { step, read } of rows) {
      const ofTable = found.get(step.tableId) ?? new Map<string, CompactRow | null>();
      found.set(step.tableId, ofTable.set(step.recordId, read?.row ?? null));
      bytes += read?.bytes ?? 20;
    }
    if (bytes > SYNC_MAX_BYTES && from + READ_AT_ONCE < steps.length) {
      return { tables: tablesOf(call, found), stopped: some.at(-1)?.after };
    }
  }
  return { tables: tablesOf(call, found), stopped: undefined };
}

/** The record as it is now; undefined where it is gone. Reads of one turn go out together. */
async function now(
  { scope, tables }: SyncCall,
  { tableId, recordId }: Step,
): Promise<{ readonly row: CompactRow; readonly bytes: number } | undefined> {
  const synced = tables.find(({ table }) => table.id === tableId);
  if (synced === undefined) {
    return undefined;
  }
  const { table, fields } = synced;
  const shape = {
    byFieldId: true,
    cellFormat: "json",
    commentCount: false,
    version: false,
    fieldIds: fields.map(({ id }) => id),
  } as const;
  try {
    const { record } = await getRecord(scope, { table, recordId, shape });
    return { row: compactRow(record, fields), bytes: record.length };
  } catch (error) {
    if (error instanceof Problem && error.code === "records.record-not-found") {
      return undefined;
    }
    throw error;
  }
}

function tablesOf(
  { tables }: SyncCall,
  found: ReadonlyMap<string, ReadonlyMap<string, CompactRow | null>>,
): FoundPage["tables"] {
  return tables.flatMap(({ table, fields }) => {
    const records = found.get(table.id);
    return records === undefined
      ? []
      : [
          {
            id: table.id,
            columns: fields.map(({ id }) => id),
            rows: [...records.values()].flatMap((row) => (row === null ? [] : [[...row]])),
            deleted: [...records].flatMap(([id, row]) => (row === null ? [id] : [])),
          },
        ];
  });
}
