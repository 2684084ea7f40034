import {
  changeNotices,
  publishedIn,
  type ChangeEvent,
  type ChangeNotice,
  type Scope,
  type TableChange,
  type Tx,
} from "#kernel";

type NotedEvent = Pick<ChangeEvent, "name" | "tableId" | "recordIds">;

/**
 * What caches need to know of a transaction, from its entries in the change log. Whatever is not plainly about records
 * may have changed anything; a transaction without entries as well.
 */
export function noticeOf(
  { baseId, txn }: Pick<ChangeNotice, "baseId" | "txn">,
  events: readonly NotedEvent[],
): ChangeNotice {
  const tables: TableChange[] = [];
  for (const event of events) {
    const change = changeOf(event);
    if (change === "all") {
      return { baseId, txn, tables: "all" };
    }
    if (change !== undefined) {
      tables.push(change);
    }
  }
  return { baseId, txn, tables: events.length === 0 ? "all" : tables };
}

function changeOf({ name, tableId, recordIds }: NotedEvent): TableChange | "all" | undefined {
  if (name === "base.unchanged") {
    return undefined;
  }
  if (tableId === null) {
    return "all";
  }
  switch (name) {
    // Nobody can have read them before; comments are counted on pages alone.
    case "records.created":
    case "comments.created":
    case "comments.updated":
    case "comments.deleted":
      return { tableId, records: [] };
    case "records.updated":
    case "records.deleted":
    case "records.computed":
      // Very many are not named one by one.
      return recordIds.length === 0 ? { tableId } : { tableId, records: recordIds };
    default:
      return "all";
  }
}

/**
 * Tells caches what a transaction of a base has changed, right after its commit and before its caller goes on. To be called
 * wherever a base's number is taken; what is published in the transaction later counts.
 */
export function tellAfterCommit(
  { parts }: Pick<Scope, "parts">,
  tx: Tx,
  { baseId, txn }: Pick<ChangeNotice, "baseId" | "txn">,
): void {
  tx.afterCommit(() => {
    const events = publishedIn(tx).filter((event) => event.baseId === baseId && event.txn === txn);
    parts.of(changeNotices).tell(noticeOf({ baseId, txn }, events));
  });
}
