import { part } from "./parts.ts";

/** What one transaction of a base changed, as far as caches need to know. */
export interface ChangeNotice {
  readonly baseId: string;
  /** The number of the transaction in the base. */
  readonly txn: number;
  /** `all`: whatever is known of the base may have changed (its schema did, or nobody said what). */
  readonly tables: "all" | readonly TableChange[];
}

/** What changed in one table. */
export interface TableChange {
  readonly tableId: string;
  /** Records that were there before and changed or went; absent: any of them. New ones need not be named. */
  readonly records?: readonly string[];
}

/** A way to other processes: NOTIFY, or Redis. May lose notices: whoever listens also looks at the numbers of its bases. */
export interface NoticeTransport {
  /** Sends without waiting, outside every transaction. Must not throw. */
  send(notices: readonly ChangeNotice[]): void;
  /** Calls back with what other processes sent; never with what this one did. Called once. */
  receive(callback: (notices: readonly ChangeNotice[]) => void): void;
  close(): Promise<void>;
}

/** How long notices gather before they are sent, milliseconds: many small writes are one message. */
const GATHER_MS = 5;
/** Notices that wait at most; what is beyond is not sent, and found by those who look at the numbers. */
const WAITING_MAX = 5_000;

/**
 * Who changed what, told after the commit: to this process at once, before the writer is answered; to others within some
 * milliseconds. Only a hint that can be lost: the change log is the truth.
 */
export class ChangeNotices {
  private readonly listeners = new Set<(notice: ChangeNotice) => void>();
  private readonly transports = new Set<NoticeTransport>();
  private waiting: ChangeNotice[] = [];
  private timer: NodeJS.Timeout | undefined;

  /** Call after the commit, never inside the transaction. */
  tell(notice: ChangeNotice): void {
    this.hear(notice);
    if (this.transports.size > 0 && this.waiting.length < WAITING_MAX) {
      this.waiting.push(notice);
      this.timer ??= setTimeout(() => this.send(), GATHER_MS).unref();
    }
  }

  /** Calls back for each notice of any process, in any order, at least once; answers the way to stop. Must not throw. */
  listen(callback: (notice: ChangeNotice) => void): () => void {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }

  /** Joins other processes by this way; answers the way to leave, which closes it. */
  use(transport: NoticeTransport): () => Promise<void> {
    this.transports.add(transport);
    transport.receive((notices) => notices.forEach((notice) => this.hear(notice)));
    return async () => {
      this.transports.delete(transport);
      await transport.close();
    };
  }

  private hear(notice: ChangeNotice): void {
    for (const listener of this.listeners) {
      listener(notice);
    }
  }

  private send(): void {
    const notices = this.waiting;
    this.waiting = [];
    this.timer = undefined;
    for (const transport of this.transports) {
      transport.send(notices);
    }
  }
}

/** The notices of a world. */
export const changeNotices = part("kernel.change-notices", () => new ChangeNotices());
