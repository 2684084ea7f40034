import {
  changeNotices,
  databaseFailure,
  part,
  Problem,
  sqlState,
  type Db,
  type Scope,
  type TextRow,
  type Tx,
  type World,
} from "#kernel";
import { tellAfterCommit } from "../hot/notice-of.ts";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import { schemaCache, schemaOf } from "../schema/schema-cache.ts";
import { insertBatch, setTxn } from "./base-writer.sql.ts";
import type { CallEvent } from "./call-event.ts";
import type { NewRow } from "./rows.sql.ts";

/** Calls in one transaction at most: bounds how long the base's row is held and what a failed batch repeats. */
const BATCH_CALLS_MAX = 32;
/** Rows in one merged statement at most. */
const BATCH_ROWS_MAX = 2_000;
/** Calls that may wait for one base; more are refused at once, so that a stall does not pile up memory. */
const QUEUE_MAX = 2_000;
/** How often a call is prepared anew because the schema moved under it. */
const SCHEMA_RETRIES_MAX = 4;

/** SQLSTATE that `records.take_txn` raises: the schema is newer than the caller's. */
const SCHEMA_MOVED = "BS001";
/** A read has no lock: it meets columns, tables or types that have gone meanwhile. */
const READ_OF_OLD_SCHEMA: ReadonlySet<string> = new Set(["42703", "42P01", "0A000"]);

/** What a unit of work on a base is given. */
export interface BaseTx {
  readonly tx: Tx;
  /** The number of this transaction in the base. */
  readonly txn: number;
}

/** Rows to add that may share a statement with those of other calls: nothing to look up, nothing to link. */
export interface PlainInsert {
  readonly schema: BaseSchema;
  readonly table: Table;
  readonly rows: readonly NewRow[];
  readonly at: Date;
  readonly event: CallEvent;
}

export interface InsertedRows {
  readonly txn: number;
  /** The new rows as text, all columns in the order of `rowColumns`, in the order of the call. */
  readonly rows: TextRow[];
}

/**
 * Runs `work` as one transaction of the base: behind the base's other writes of this process, with the base's row locked
 * and the next number taken first, as its own statement (work done in the locking statement would see an old snapshot).
 * When the schema moved meanwhile `work` is run again with the newer one.
 *
 * Problems: `records.base-busy`, and what `work` throws.
 */
export async function inBase<T>(
  scope: Scope,
  baseId: string,
  work: (base: BaseTx, schema: BaseSchema) => Promise<T>,
): Promise<T> {
  return withSchema(scope, baseId, (schema) =>
    inBaseWithSchema(scope, schema, (base) => work(base, schema)),
  );
}

/** The same with a schema that the caller has worked from; fails with SQLSTATE BS001 when that has moved: see `withSchema`. */
export async function inBaseWithSchema<T>(
  scope: Scope,
  schema: BaseSchema,
  work: (base: BaseTx) => Promise<T>,
): Promise<T> {
  if (scope.db.inTransaction) {
    return runJoined(scope, schema, work);
  }
  return scope.parts.of(baseWriters).of(schema.baseId).run(schema, work);
}

/** Adds rows through the combining writer: calls that arrive while a transaction runs share the next one. */
export async function insertPlain(scope: Scope, insert: PlainInsert): Promise<InsertedRows> {
  return scope.parts.of(baseWriters).of(insert.schema.baseId).insert(insert);
}

/** Calls `attempt` (a write or a read) with the base's schema, and again with a newer one when it turns out to have moved. */
export async function withSchema<T>(
  scope: Scope,
  baseId: string,
  attempt: (schema: BaseSchema) => Promise<T>,
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    const schema = await schemaOf(scope, baseId);
    try {
      return await attempt(schema);
    } catch (error) {
      if (!isSchemaMoved(error)) {
        throw error;
      }
      scope.parts.of(schemaCache).drop(baseId);
      // An open transaction is lost with the error; only its owner can begin again.
      if (tries >= SCHEMA_RETRIES_MAX || scope.db.inTransaction) {
        throw new Problem("unavailable", "records.schema-moved", {
          message: "The schema of the base changed meanwhile; it is safe to retry the request.",
          retryAfterS: 1,
          cause: error,
        });
      }
    }
  }
}

/** A read found that the schema it was made for is not the base's any more: see `withSchema`. */
class SchemaMoved extends Error {
  constructor() {
    super("the schema has moved on");
    this.name = "SchemaMoved";
  }
}

/**
 * The number of the base, from the row of `baseTxn` that was read before its rows. Where the schema has moved since, in
 * this process or another, `withSchema` begins again: what is read after somebody renamed a field has the new name.
 */
export function txnRead(row: TextRow | undefined, schema: BaseSchema): number {
  const [txn, version] = row ?? [];
  if (version !== undefined && Number(version) !== schema.version) {
    throw new SchemaMoved();
  }
  return Number(txn ?? 0);
}

function isSchemaMoved(error: unknown): boolean {
  if (error instanceof SchemaMoved) {
    return true;
  }
  const state = sqlState(error);
  return state !== undefined && (state === SCHEMA_MOVED || READ_OF_OLD_SCHEMA.has(state));
}

/** One writer a base and process; made on first use, forgotten when idle. */
export const baseWriters = part("records.base-writers", (world) => new BaseWriters(world));

class BaseWriters {
  private readonly writers = new Map<string, BaseWriter>();
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  of(baseId: string): BaseWriter {
    let writer = this.writers.get(baseId);
    if (writer === undefined) {
      writer = new BaseWriter(this.world, () => this.writers.delete(baseId));
      this.writers.set(baseId, writer);
    }
    return writer;
  }
}

interface InsertCall {
  readonly kind: "insert";
  readonly insert: PlainInsert;
  readonly settle: PromiseWithResolvers<InsertedRows>;
}

interface WorkCall {
  readonly kind: "work";
  /** Runs the transaction and settles its own promise. */
  readonly run: () => Promise<void>;
  readonly refuse: (problem: Problem) => void;
}

/**
 * The queue of one base. While a transaction runs, calls gather; plain inserts into one table then go as one merged
 * statement in one round trip, everything else as a transaction of its own, in order of arrival. The base's row lock
 * keeps several processes right; the queue keeps one process from waiting on that lock with all its connections.
 */
class BaseWriter {
  private queue: (InsertCall | WorkCall)[] = [];
  private running = false;
  private readonly world: World;
  private readonly onIdle: () => void;

  constructor(world: World, onIdle: () => void) {
    this.world = world;
    this.onIdle = onIdle;
  }

  async insert(insert: PlainInsert): Promise<InsertedRows> {
    const settle = Promise.withResolvers<InsertedRows>();
    this.add({ kind: "insert", insert, settle });
    return settle.promise;
  }

  async run<T>(schema: BaseSchema, work: (base: BaseTx) => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.add({
      kind: "work",
      refuse: reject,
      run: async () => {
        try {
          resolve(await runAlone(this.world, schema, work));
        } catch (error) {
          reject(error);
        }
      },
    });
    return promise;
  }

  private add(call: InsertCall | WorkCall): void {
    if (this.queue.length >= QUEUE_MAX) {
      const problem = new Problem("unavailable", "records.base-busy", {
        message: "Too many writes are waiting for this base; it is safe to retry the request.",
        retryAfterS: 1,
      });
      if (call.kind === "insert") {
        call.settle.reject(problem);
      } else {
        call.refuse(problem);
      }
      return;
    }
    this.queue.push(call);
    if (!this.running) {
      this.running = true;
      void this.drain();
    }
  }

  private async drain(): Promise<void> {
    while (this.queue.length > 0) {
      const [first] = this.queue;
      if (first?.kind === "work") {
        this.queue.shift();
        await first.run();
      } else {
        await runInserts(this.world, this.takeInserts());
      }
    }
    this.running = false;
    this.onIdle();
  }

  /** The inserts at the head of the queue that may share a statement: same table, same schema, within the limits. */
  private takeInserts(): InsertCall[] {
    const taken: InsertCall[] = [];
    let rows = 0;
    for (const call of this.queue) {
      const first = taken[0];
      if (call.kind !== "insert" || taken.length >= BATCH_CALLS_MAX) {
        break;
      }
      if (
        first !== undefined &&
        (call.insert.table !== first.insert.table ||
          rows + call.insert.rows.length > BATCH_ROWS_MAX)
      ) {
        break;
      }
      rows += call.insert.rows.length;
      taken.push(call);
    }
    this.queue = this.queue.slice(taken.length);
    return taken;
  }
}

/** One pipeline for all; if it fails for a reason of one of them, each again on its own, so that only that one fails. */
async function runInserts(world: World, calls: readonly InsertCall[]): Promise<void> {
  try {
    const inserts = calls.map((call) => call.insert);
    const answers = await sendInserts(world.db, inserts);
    tellInserted(world, inserts, answers);
    calls.forEach((call, index) => {
      const answer = answers[index];
      if (answer !== undefined) {
        call.settle.resolve(answer);
      }
    });
  } catch (error) {
    if (calls.length === 1 || isAboutAll(error)) {
      for (const call of calls) {
        call.settle.reject(error);
      }
      return;
    }
    for (const call of calls) {
      await runInserts(world, [call]);
    }
  }
}

/** Before any caller goes on: what it reads next has its rows. New rows are on no page and in no record read before. */
function tellInserted(
  { parts }: World,
  inserts: readonly PlainInsert[],
  answers: readonly InsertedRows[],
): void {
  const notices = parts.of(changeNotices);
  answers.forEach(({ txn }, index) => {
    const table = inserts[index]?.table;
    if (table !== undefined) {
      const tables = [{ tableId: table.id, records: [] }];
      notices.tell({ baseId: table.baseId, txn, tables });
    }
  });
}

/** The database is away, full or slow, or the schema moved: repeating one by one would only do it again. */
function isAboutAll(error: unknown): boolean {
  return databaseFailure(error) instanceof Problem || sqlState(error) === SCHEMA_MOVED;
}

async function sendInserts(db: Db, inserts: readonly PlainInsert[]): Promise<InsertedRows[]> {
  const [first] = inserts;
  if (first === undefined) {
    return [];
  }
  const { statements, rowsAt } = insertBatch(first.schema, first.table, inserts);
  const results = await db.pipeline(statements);
  const last = Number(results[0]?.[0]?.[0]);
  const rows = results[rowsAt] ?? [];
  let next = 0;
  return inserts.map((insert, index) => {
    const own = rows.slice(next, next + insert.rows.length);
    next += insert.rows.length;
    return { txn: last - (inserts.length - 1 - index), rows: own };
  });
}

async function runAlone<T>(
  world: World,
  schema: BaseSchema,
  work: (base: BaseTx) => Promise<T>,
): Promise<T> {
  return world.db.transaction(
    async (tx, opened) => {
      const txn = Number(opened[0]?.[0]?.[0]);
      tellAfterCommit(world, tx, { baseId: schema.baseId, txn });
      return work({ tx, txn });
    },
    [setTxn(schema, 1)],
  );
}

/** Inside a transaction that the caller opened: it holds the base from here to its own commit. */
async function runJoined<T>(
  scope: Scope,
  schema: BaseSchema,
  work: (base: BaseTx) => Promise<T>,
): Promise<T> {
  return scope.db.transaction(async (tx) => {
    const [row] = await tx.text(setTxn(schema, 1));
    const txn = Number(row?.[0]);
    tellAfterCommit(scope, tx, { baseId: schema.baseId, txn });
    return work({ tx, txn });
  });
}
