import {
  EVENT_EARLY_MAX_MINUTES,
  EVENT_LATE_MAX_DAYS,
  EVENT_PROPERTIES_MAX_BYTES,
  productEvent,
  type ProductEvent,
} from "@basalt/contract";
import { randomUUID } from "node:crypto";
import { copyCell, sentenceOf, wrongInputs } from "#kernel";

const LATE_MAX_MS = EVENT_LATE_MAX_DAYS * 24 * 3_600_000;
const EARLY_MAX_MS = EVENT_EARLY_MAX_MINUTES * 60_000;
/** PostgreSQL has no year 0, and its text form of a year beyond 9999 is not ours. */
const YEAR_ONE_MS = Date.parse("0001-01-01T00:00:00Z");
const YEAR_10000_MS = Date.UTC(10_000, 0, 1);
/** Sentences about one event. */
const FIELDS_MAX = 10;

/** An event as it is stored. */
export interface EventRow {
  readonly workspaceId: string;
  readonly id: string;
  /** Milliseconds; what `at` says. */
  readonly atMs: number;
  /** False where we made the id: it cannot have come before. */
  readonly hasId: boolean;
  /** The row in COPY's text format. */
  readonly text: string;
}

/** What is wrong with an event, by field. */
export type WrongEvent = Readonly<Record<string, string>>;

/** Who sends, when, and whose events they are that do not say. */
export interface Sending {
  readonly workspaceId: string;
  readonly senderId: string;
  readonly keyId: string | null;
  readonly now: Date;
  /** `now` as COPY writes it: the same for all events of a call. */
  readonly receivedAt: string;
}

/** Checks one event as it was sent and writes its row, or says what is wrong with it. */
export function eventRow(
  sent: unknown,
  sending: Sending,
): { readonly row: EventRow } | { readonly wrong: WrongEvent } {
  const checked = productEvent.safeParse(sent, { error: sentenceOf });
  if (!checked.success) {
    const wrong = wrongInputs(checked.error, FIELDS_MAX).map(([path, rule]) => [
      path || "event",
      rule,
    ]);
    return { wrong: Object.fromEntries(wrong) };
  }
  const { properties } = checked.data;
  const json = properties === undefined ? null : JSON.stringify(properties);
  return json !== null && Buffer.byteLength(json) > EVENT_PROPERTIES_MAX_BYTES
    ? { wrong: { properties: `must have at most ${EVENT_PROPERTIES_MAX_BYTES} bytes as JSON` } }
    : { row: rowOf(checked.data, json, sending) };
}

function rowOf(event: ProductEvent, properties: string | null, sending: Sending): EventRow {
  const { id, name, clientTime, userId = null, anonymousId = null, sessionId = null } = event;
  const workspaceId = event.workspaceId ?? sending.workspaceId;
  const ownId = id ?? randomUUID();
  const { atMs, at, clock, client } = timeOf(clientTime, sending);
  const who = `${copyCell(userId)}\t${copyCell(anonymousId)}\t${copyCell(sessionId)}`;
  const when = `${at}\t${sending.receivedAt}\t${client}\t${clock}`;
  const sender = `${sending.senderId}\t${sending.keyId ?? NONE}`;
  const text = `${workspaceId}\t${copyCell(ownId)}\t${copyCell(name)}\t${when}\t${who}\t${copyCell(properties)}\t${sender}\n`;
  return { workspaceId, id: ownId, atMs, hasId: id !== undefined, text };
}

/** No value, as COPY writes it. */
const NONE = copyCell(null);

/** The cells of a row that say when, as COPY takes them. */
interface EventTime {
  readonly atMs: number;
  readonly at: string;
  /** The client's time as it was sent; none where it sent none, or one that cannot be kept. */
  readonly client: string;
  readonly clock: string;
}

/** Believes the client's clock within bounds; beyond them ours counts, and theirs is kept and marked. */
function timeOf(clientTime: string | undefined, { now, receivedAt }: Sending): EventTime {
  const nowMs = now.getTime();
  const ours = { atMs: nowMs, at: receivedAt };
  if (clientTime === undefined) {
    return { ...ours, client: NONE, clock: NONE };
  }
  const clientMs = Date.parse(clientTime);
  const isKept = clientMs >= YEAR_ONE_MS && clientMs < YEAR_10000_MS;
  const client = isKept ? new Date(clientMs).toISOString() : NONE;
  if (clientMs > nowMs + EARLY_MAX_MS) {
    return { ...ours, client, clock: "early" };
  }
  if (clientMs < nowMs - LATE_MAX_MS) {
    return { ...ours, client, clock: "late" };
  }
  // A clock that is a little ahead: nothing happened in the future.
  return clientMs > nowMs
    ? { ...ours, client, clock: NONE }
    : { atMs: clientMs, at: client, client, clock: NONE };
}
