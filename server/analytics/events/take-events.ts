import { requireUser } from "#identity";
import { Problem, usageGate, type Scope } from "#kernel";
import { allow, allowOnInstance } from "#workspaces";
import { eventBuffer, type Stored } from "./event-buffer.ts";
import { storeEvents } from "./store-events.ts";
import { eventRow, type EventRow, type Sending, type WrongEvent } from "./event-row.ts";

/** Events as they were sent, not yet checked one by one. */
export interface SentEvents {
  readonly workspaceId?: string | undefined;
  readonly events: readonly unknown[];
  /** Answer before they are written. */
  readonly early?: boolean;
}

/** What became of them; the shape of the answer. */
export interface TakenEvents {
  readonly accepted: number;
  readonly duplicates?: number;
  readonly durable: boolean;
  readonly rejected: readonly { readonly index: number; readonly fields: WrongEvent }[];
}

/**
 * Stores product events. Those that are not valid are answered by their index and the others stored. Resolves after the
 * commit, or at once where that was asked for.
 * Problems: those of `allow`, `analytics.no-valid-event`, `kernel.quota-exceeded`, `analytics.events-backlog`.
 */
export async function takeEvents(scope: Scope, sent: SentEvents): Promise<TakenEvents> {
  const { userId, credential } = requireUser(scope);
  const now = scope.now();
  const sending: Sending = {
    workspaceId: sent.workspaceId ?? "",
    senderId: userId,
    keyId: credential.kind === "key" ? credential.keyId : null,
    now,
    receivedAt: now.toISOString(),
  };
  const { rows, rejected } = rowsOf(sent.events, sending);
  if (rows.length === 0) {
    throw noValidEvent(rejected);
  }
  const byWorkspace = countsOf(rows);
  for (const workspaceId of byWorkspace.keys()) {
    await mayWrite(scope, workspaceId);
  }
  const gate = scope.parts.of(usageGate);
  for (const [workspaceId, count] of byWorkspace) {
    gate.require({ workspaceId }, "events", count);
  }
  const buffer = scope.parts.of(eventBuffer);
  const count = ({ duplicates }: Stored): void => {
    const known = new Set(duplicates);
    const fresh = known.size === 0 ? rows : rows.filter((_row, at) => !known.has(at));
    for (const [workspaceId, more] of countsOf(fresh)) {
      gate.count({ place: { workspaceId }, resource: "events", amount: more, by: scope.actor });
    }
  };
  if (sent.early === true && !scope.db.inTransaction) {
    buffer.promise(rows, count);
    return { accepted: rows.length, durable: false, rejected };
  }
  // A call with a key commits with its answer, so it cannot share a COPY with others.
  const stored = scope.db.inTransaction
    ? { duplicates: [...(await storeEvents(scope, rows))] }
    : await buffer.add(rows);
  count(stored);
  return { accepted: rows.length, duplicates: stored.duplicates.length, durable: true, rejected };
}

function rowsOf(
  events: readonly unknown[],
  sending: Sending,
): { readonly rows: EventRow[]; readonly rejected: TakenEvents["rejected"] } {
  const rows: EventRow[] = [];
  const rejected: { index: number; fields: WrongEvent }[] = [];
  for (const [index, sent] of events.entries()) {
    const made = eventRow(sent, sending);
    if ("row" in made) {
      rows.push(made.row);
    } else {
      rejected.push({ index, fields: made.wrong });
    }
  }
  return { rows, rejected };
}

function countsOf(rows: readonly EventRow[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { workspaceId } of rows) {
    counts.set(workspaceId, (counts.get(workspaceId) ?? 0) + 1);
  }
  return counts;
}

/** Events of a workspace are sent by its members, those of the instance by everybody who is signed in. */
async function mayWrite(scope: Scope, workspaceId: string): Promise<void> {
  if (workspaceId === "") {
    allowOnInstance(scope, "events.write");
  } else {
    await allow(scope, "events.write", { workspaceId });
  }
}

function noValidEvent(rejected: TakenEvents["rejected"]): Problem {
  const fields = rejected.flatMap(({ index, fields: wrong }) =>
    Object.entries(wrong).map(([field, rule]) => [`events.${index}.${field}`, rule] as const),
  );
  const [first] = fields;
  return new Problem("invalid", "analytics.no-valid-event", {
    message: `No event is valid; the first: ${first?.join(": ") ?? "it is empty"}.`,
    fields: Object.fromEntries(fields.slice(0, FIELDS_MAX)),
    extra: { accepted: 0, durable: true, rejected },
  });
}

const FIELDS_MAX = 20;
