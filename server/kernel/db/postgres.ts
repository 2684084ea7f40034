import pg from "pg";
import type { PoolClient } from "pg";
import type { Log } from "../log.ts";
import type { Db, TextRow, Tx } from "./db.ts";
import { CancelRequests } from "./cancel-request.ts";
import { copyRows, type CopyRows } from "./copy.ts";
import { Exchange } from "./exchange.ts";
import { databaseFailure } from "./failures.ts";
import { Pulse } from "./pulse.ts";
import { endable, ReadsUntil } from "./reads-until.ts";
import { sql, type Sql } from "./sql.ts";
import { Statements } from "./statements.ts";

export interface DatabaseOptions {
  readonly url: string;
  /** Connections at most. */
  readonly poolMax: number;
  /** One statement, milliseconds. */
  readonly statementTimeoutMs: number;
  /** How long a caller waits for a free connection, milliseconds. */
  readonly acquireTimeoutMs?: number;
  readonly applicationName?: string;
  /** Where it is told that the database went silent and came back. Without it nobody watches, as in tests. */
  readonly pulseLog?: Pick<Log, "info" | "warn">;
}

/** The pool as the rest of the program sees it, and what only `main.ts` may do with it. */
export interface Database extends Db {
  /** Waits for what runs and closes the connections. */
  close(): Promise<void>;
  /** Connections open, idle, and callers waiting for one. */
  usage(): { readonly total: number; readonly idle: number; readonly waiting: number };
}

const ACQUIRE_TIMEOUT_MS = 900;

/** Opens the pool. Nothing is connected until the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolMax,
    connectionTimeoutMillis: options.acquireTimeoutMs ?? ACQUIRE_TIMEOUT_MS,
    idleTimeoutMillis: 60_000,
    maxLifetimeSeconds: 1_800,
    application_name: options.applicationName ?? "basalt",
    keepAlive: true,
    // Our statements are short and many: compiling one to machine code costs a hundred times what it runs. Remembering what a
    // step of a row gave for the same values pays for queries that join, and doubles the work of computing formulas.
    options: `-c timezone=UTC -c datestyle=ISO -c intervalstyle=iso_8601 -c extra_float_digits=1 -c jit=off -c enable_memoize=off -c statement_timeout=${options.statementTimeoutMs} -c idle_in_transaction_session_timeout=60000`,
    types: { getTypeParser },
  });
  // An idle connection that breaks is replaced on the next use; callers see the failure of their own statement only.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const { url, pulseLog: log } = options;
  return new PoolDatabase(pool, log && new Pulse({ pool, url, log }));
}

/** int8 and numeric counts fit a double here; dates stay text; everything else as `pg` does it. */
function getTypeParser(oid: number, format?: "text" | "binary"): (value: string) => unknown {
  if (oid === 20) {
    return Number;
  }
  if (oid === 1082) {
    return String;
  }
  return pg.types.getTypeParser(oid, format ?? "text");
}

const BEGIN = sql`begin`;
const COMMIT = sql`commit`;

class PoolDatabase extends Statements implements Database {
  readonly inTransaction = false;
  private readonly pool: pg.Pool;
  private readonly pulse: Pulse | undefined;
  private readonly cancels = new CancelRequests();

  constructor(pool: pg.Pool, pulse: Pulse | undefined) {
    super();
    this.pool = pool;
    this.pulse = pulse;
  }

  protected async query(
    text: string,
    values: unknown[],
    name: string | undefined,
  ): Promise<pg.QueryResult> {
    this.pulse?.requireHere();
    try {
      return name === undefined
        ? await this.pool.query(text)
        : await this.pool.query({ name, text, values });
    } catch (error) {
      throw databaseFailure(error);
    }
  }

  protected async exchange(statements: readonly Sql[]): Promise<TextRow[][]> {
    const client = await this.acquire();
    try {
      const rows = await send(client, statements);
      client.release();
      return rows;
    } catch (error) {
      client.release(isBroken(error));
      throw databaseFailure(error);
    }
  }

  async copyIn(target: Sql, rows: CopyRows): Promise<number> {
    const client = await this.acquire();
    try {
      const written = await copyRows(client, target, rows);
      client.release();
      return written;
    } catch (error) {
      client.release(isBroken(error));
      throw databaseFailure(error);
    }
  }

  async pipeline(statements: readonly Sql[]): Promise<TextRow[][]> {
    const client = await this.acquire();
    try {
      const rows = await send(client, [BEGIN, ...statements, COMMIT]);
      client.release();
      return rows.slice(1, -1);
    } catch (error) {
      await rollBack(client);
      throw databaseFailure(error);
    }
  }

  async transaction<T>(
    work: (tx: Tx, opened: TextRow[][]) => Promise<T>,
    opening: readonly Sql[] = [],
  ): Promise<T> {
    const client = await this.acquire();
    const tx = new Transaction(client);
    try {
      const opened = await send(client, [BEGIN, ...opening]);
      const answer = await work(tx, opened.slice(1));
      await tx.settled();
      await client.query("commit");
      client.release();
      await tx.committed();
      return answer;
    } catch (error) {
      tx.close();
      await rollBack(client);
      throw databaseFailure(error);
    }
  }

  [endable](signal: AbortSignal): Db {
    return new ReadsUntil({
      db: this,
      signal,
      acquire: () => this.acquire(),
      send,
      isBroken,
      cancels: this.cancels,
    });
  }

  usage(): { total: number; idle: number; waiting: number } {
    return {
      total: this.pool.totalCount,
      idle: this.pool.idleCount,
      waiting: this.pool.waitingCount,
    };
  }

  async close(): Promise<void> {
    await this.pool.end();
    await this.pulse?.close();
  }

  private async acquire(): Promise<PoolClient> {
    this.pulse?.requireHere();
    try {
      return await this.pool.connect();
    } catch (error) {
      throw databaseFailure(error);
    }
  }
}

class Transaction extends Statements implements Tx {
  readonly inTransaction = true;
  private readonly client: PoolClient;
  private readonly callbacks: (() => unknown)[] = [];
  private savepoints = 0;
  private open = true;
  private last: Promise<unknown> = Promise.resolve();

  constructor(client: PoolClient) {
    super();
    this.client = client;
  }

  protected async query(
    text: string,
    values: unknown[],
    name: string | undefined,
  ): Promise<pg.QueryResult> {
    return this.inOrder(() =>
      name === undefined ? this.client.query(text) : this.client.query({ name, text, values }),
    );
  }

  protected async exchange(statements: readonly Sql[]): Promise<TextRow[][]> {
    return this.inOrder(() => send(this.client, statements));
  }

  async copyIn(target: Sql, rows: CopyRows): Promise<number> {
    return this.inOrder(() => copyRows(this.client, target, rows));
  }

  async pipeline(statements: readonly Sql[]): Promise<TextRow[][]> {
    return this.exchange(statements);
  }

  async transaction<T>(
    work: (tx: Tx, opened: TextRow[][]) => Promise<T>,
    opening: readonly Sql[] = [],
  ): Promise<T> {
    return work(this, opening.length === 0 ? [] : await this.pipeline(opening));
  }

  async attempt<T>(work: () => Promise<T>): Promise<T> {
    const name = `attempt_${this.savepoints++}`;
    await this.script(`savepoint ${name}`);
    const before = this.callbacks.length;
    try {
      const answer = await work();
      await this.script(`release savepoint ${name}`);
      return answer;
    } catch (error) {
      this.callbacks.length = before;
      await this.script(`rollback to savepoint ${name}; release savepoint ${name}`);
      throw error;
    }
  }

  afterCommit(callback: () => unknown): void {
    this.callbacks.push(callback);
  }

  async committed(): Promise<void> {
    this.open = false;
    const waits = this.callbacks.map((callback) => callback());
    if (waits.some((wait) => wait instanceof Promise)) {
      await Promise.all(waits);
    }
  }

  close(): void {
    this.open = false;
  }

  /** Resolves when every statement that was started has ended. */
  async settled(): Promise<void> {
    await this.last;
  }

  /** One statement at a time on the one connection, also when a caller starts several at once. */
  private async inOrder<R>(run: () => Promise<R>): Promise<R> {
    const turn = this.last.then(() => {
      if (!this.open) {
        throw new Error("a statement was sent to a transaction that has ended");
      }
      return run();
    });
    this.last = turn.catch(() => undefined);
    return turn;
  }
}

async function send(client: PoolClient, statements: readonly Sql[]): Promise<TextRow[][]> {
  const exchange = new Exchange(statements);
  client.query(exchange);
  return exchange.done;
}

/** Ends the transaction; a connection on which that fails is thrown away. */
async function rollBack(client: PoolClient): Promise<void> {
  try {
    await client.query("rollback");
    client.release();
  } catch {
    client.release(true);
  }
}

/** True where the connection itself failed, outside a transaction: it must not go back to the pool. */
function isBroken(error: unknown): boolean {
  return (
    !(error instanceof pg.DatabaseError) || error.severity === "FATAL" || error.severity === "PANIC"
  );
}
