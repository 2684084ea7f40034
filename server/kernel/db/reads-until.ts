import type { PoolClient, QueryResult } from "pg";
import type { CancelRequests } from "./cancel-request.ts";
import type { CopyRows } from "./copy.ts";
import type { Db, TextRow, Tx } from "./db.ts";
import { databaseFailure, sqlState } from "./failures.ts";
import { BEGIN, COMMIT } from "./reads-until.sql.ts";
import type { Sql } from "./sql.ts";
import { Statements } from "./statements.ts";

/** Makes a pool's statements end with a signal. */
export const endable: unique symbol = Symbol("endable");

/** A database whose reads can be made to end. */
export interface Endable {
  readonly [endable]: (signal: AbortSignal) => Db;
}

/**
 * The same database, whose reads are cancelled in PostgreSQL when the signal aborts: they reject with the signal's reason. Writes and
 * transactions go on to their end, since others may share them and somebody may count on them. Inside a transaction nothing changes.
 */
export function readsUntil(db: Db, signal: AbortSignal): Db {
  return isEndable(db) ? db[endable](signal) : db;
}

function isEndable(db: Db): db is Db & Endable {
  return endable in db;
}

interface ReadsUntilParts {
  readonly db: Db & Endable;
  readonly signal: AbortSignal;
  readonly acquire: () => Promise<PoolClient>;
  readonly send: (client: PoolClient, statements: readonly Sql[]) => Promise<TextRow[][]>;
  readonly isBroken: (error: unknown) => boolean;
  readonly cancels: CancelRequests;
}

/** A statement that ends so soon after its caller has gone needs no cancelling, milliseconds. */
const GRACE_MS = 50;

export class ReadsUntil extends Statements implements Db, Endable {
  readonly inTransaction = false;
  readonly #parts: ReadsUntilParts;
  readonly #running = new Set<PoolClient>();
  /** Cancelling that is on its way: the connection must not go to somebody else meanwhile. */
  readonly #cancelling = new Map<PoolClient, Promise<void>>();
  #isListening = false;

  constructor(parts: ReadsUntilParts) {
    super();
    this.#parts = parts;
  }

  [endable](signal: AbortSignal): Db {
    return this.#parts.db[endable](signal);
  }

  protected async query(
    text: string,
    values: unknown[],
    name: string | undefined,
  ): Promise<QueryResult> {
    return this.#watched((client) =>
      client.query(name === undefined ? { text } : { name, text, values }),
    );
  }

  protected async exchange(statements: readonly Sql[]): Promise<TextRow[][]> {
    return this.#watched((client) => this.#parts.send(client, statements));
  }

  override async all<T>(statement: Sql): Promise<T[]> {
    return isRead(statement) ? super.all(statement) : this.#parts.db.all(statement);
  }

  override async run(statement: Sql): Promise<number> {
    return this.#parts.db.run(statement);
  }

  override async texts(statements: readonly Sql[]): Promise<TextRow[][]> {
    return statements.every(isRead) ? super.texts(statements) : this.#parts.db.texts(statements);
  }

  override async text(statement: Sql): Promise<TextRow[]> {
    return isRead(statement) ? super.text(statement) : this.#parts.db.text(statement);
  }

  override async script(text: string): Promise<void> {
    return this.#parts.db.script(text);
  }

  copyIn(target: Sql, rows: CopyRows): Promise<number> {
    return this.#parts.db.copyIn(target, rows);
  }

  async pipeline(statements: readonly Sql[]): Promise<TextRow[][]> {
    if (statements[0]?.text !== READ_ONLY) {
      return this.#parts.db.pipeline(statements);
    }
    const rows = await this.#watched((client) =>
      this.#parts.send(client, [BEGIN, ...statements, COMMIT]),
    );
    return rows.slice(1, -1);
  }

  transaction<T>(
    work: (tx: Tx, opened: TextRow[][]) => Promise<T>,
    opening?: readonly Sql[],
  ): Promise<T> {
    return this.#parts.db.transaction(work, opening);
  }

  async #watched<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const { signal, acquire, isBroken } = this.#parts;
    signal.throwIfAborted();
    this.#listen();
    const client = await acquire();
    this.#running.add(client);
    let failure: unknown;
    try {
      signal.throwIfAborted();
      return await work(client);
    } catch (error) {
      failure = error;
      throw signal.aborted && sqlState(error) === CANCELLED
        ? signal.reason
        : databaseFailure(error);
    } finally {
      this.#running.delete(client);
      await this.#handBack(client, failure !== undefined, isBroken(failure));
    }
  }

  /** A failed statement may have left a transaction open; a cancelled one may be cancelled a moment late. */
  async #handBack(client: PoolClient, isFailed: boolean, isBroken: boolean): Promise<void> {
    const cancelling = this.#cancelling.get(client);
    if (cancelling === undefined && !isFailed) {
      client.release();
      return;
    }
    await cancelling;
    this.#cancelling.delete(client);
    client.release(
      (isFailed && isBroken && !this.#parts.signal.aborted) || !(await isUsable(client)),
    );
  }

  #listen(): void {
    if (this.#isListening) {
      return;
    }
    this.#isListening = true;
    const cancelAll = (): void => {
      for (const client of this.#running) {
        this.#cancelling.set(client, this.#parts.cancels.send(client));
      }
    };
    this.#parts.signal.addEventListener("abort", () => setTimeout(cancelAll, GRACE_MS).unref(), {
      once: true,
    });
  }
}

/** SQLSTATE of a statement that was cancelled. */
const CANCELLED = "57014";
const READ_ONLY = "set transaction read only";

/** Ends what may be open; a cancel that comes late hits this instead of the next one's statement. */
async function isUsable(client: PoolClient): Promise<boolean> {
  for (let tries = 0; tries < 2; tries += 1) {
    const isDone = await client.query("rollback").then(
      () => true,
      (error: unknown) => (sqlState(error) === CANCELLED ? false : undefined),
    );
    if (isDone !== false) {
      return isDone === true;
    }
  }
  return false;
}

const reads = new Map<string, boolean>();
const READS_KNOWN_MAX = 20_000;

/** Whether a statement changes nothing, as far as its text shows. */
function isRead({ text }: Sql): boolean {
  let known = reads.get(text);
  if (known === undefined) {
    if (reads.size >= READS_KNOWN_MAX) {
      reads.clear();
    }
    known =
      /^\s*(?:select|with|values|explain)\b/i.test(text) &&
      !/\b(?:insert|update|delete|merge|for\s+(?:no\s+key\s+)?(?:update|share)|for\s+key\s+share)\b/i.test(
        text,
      );
    reads.set(text, known);
  }
  return known;
}
