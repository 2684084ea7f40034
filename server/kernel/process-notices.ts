import type { ChangeNotice, NoticeTransport, TableChange } from "./change-notices.ts";
import type { SideConnection } from "./db/side-connection.ts";
import type { Log } from "./log.ts";
import { NOTICES_CHANNEL, NOTIFICATION_MAX_BYTES, notifyChanges } from "./process-notices.sql.ts";
import type { Redis } from "./redis.ts";

const REDIS_CHANNEL = "changes";

export interface ProcessNoticesOptions {
  /** Of this process: its own notices come back to it and are left out. */
  readonly processId: string;
  readonly side: SideConnection;
  /** Carries the same messages, where there is one that is ready. */
  readonly redis?: Redis | undefined;
  readonly log: Pick<Log, "debug">;
  /** True where nobody else would hear. */
  readonly isAlone: () => boolean;
}

/** A notice as it travels: base, number, tables; a table is its id and, where they are named, records. */
type Packed = readonly [string, number, "all" | readonly (readonly [string, ...string[][]])[]];

/** Notices over Redis where it is ready, else over NOTIFY, each in a transaction of its own. */
export class ProcessNotices implements NoticeTransport {
  readonly #options: ProcessNoticesOptions;
  #callback: (notices: readonly ChangeNotice[]) => void = () => undefined;

  constructor(options: ProcessNoticesOptions) {
    this.#options = options;
    const hear = (message: string): void => this.#hear(message);
    options.side.listen(NOTICES_CHANNEL, hear);
    options.redis?.subscribe(REDIS_CHANNEL, hear);
  }

  send(notices: readonly ChangeNotice[]): void {
    const { processId, side, redis, log, isAlone } = this.#options;
    if (isAlone()) {
      return;
    }
    const messages = packed(processId, notices);
    const left = messages.filter((message) => redis?.publish(REDIS_CHANNEL, message) !== true);
    if (left.length > 0) {
      side
        .rows(notifyChanges(left))
        .catch((error: unknown) => log.debug({ err: error }, "changes could not be told"));
    }
  }

  receive(callback: (notices: readonly ChangeNotice[]) => void): void {
    this.#callback = callback;
  }

  async close(): Promise<void> {
    this.#callback = () => undefined;
  }

  #hear(message: string): void {
    const notices = readMessage(message, this.#options.processId);
    if (notices !== undefined) {
      this.#callback(notices);
    }
  }
}

/** As few messages as the size of a notification allows; what is too large alone says less. */
function packed(processId: string, notices: readonly ChangeNotice[]): string[] {
  const head = JSON.stringify([processId]).slice(0, -1);
  const messages: string[] = [];
  let message = head;
  for (const notice of notices) {
    const text = smallEnough(notice, NOTIFICATION_MAX_BYTES - head.length - 2);
    if (message.length + text.length + 2 > NOTIFICATION_MAX_BYTES) {
      messages.push(`${message}]`);
      message = head;
    }
    message += `,${text}`;
  }
  return [...messages, `${message}]`];
}

/** Ids are ASCII, so characters are bytes. */
function smallEnough({ baseId, txn, tables }: ChangeNotice, sizeMax: number): string {
  if (tables === "all") {
    return JSON.stringify([baseId, txn, "all"]);
  }
  const whole = JSON.stringify([baseId, txn, tables.map(packedTable)]);
  if (whole.length <= sizeMax) {
    return whole;
  }
  const ids = [...new Set(tables.map(({ tableId }) => tableId))].map((tableId) => [tableId]);
  const byTable = JSON.stringify([baseId, txn, ids]);
  return byTable.length <= sizeMax ? byTable : JSON.stringify([baseId, txn, "all"]);
}

function packedTable({ tableId, records }: TableChange): unknown[] {
  return records === undefined ? [tableId] : [tableId, records];
}

function unpacked([baseId, txn, tables]: Packed): ChangeNotice {
  return {
    baseId,
    txn,
    tables:
      tables === "all"
        ? "all"
        : tables.map(([tableId, records]) =>
            records === undefined ? { tableId } : { tableId, records },
          ),
  };
}

/**
 * What another process has changed; undefined for messages of this one. Another program may share the channel: what is no
 * message of ours is passed over.
 */
function readMessage(message: string, processId: string): readonly ChangeNotice[] | undefined {
  try {
    const [from, ...notices] = JSON.parse(message) as readonly [string, ...Packed[]];
    return from === processId ? undefined : notices.map(unpacked);
  } catch {
    return undefined;
  }
}
