import type { CopyRows } from "./copy.ts";
import type { Sql } from "./sql.ts";

/** What a column of a row can be after `pg` parsed it. */
export type Row = Record<string, unknown>;

/**
 * A way to run statements: the pool (each statement on its own) or one open transaction.
 * Every statement is sent under a name made from its text, so PostgreSQL plans it once per connection.
 */
export interface Db {
  /** All rows. */
  all<T>(statement: Sql): Promise<T[]>;
  /** The one row there must be; anything else is a bug and throws. */
  one<T>(statement: Sql): Promise<T>;
  /** The row, or nothing. */
  maybe<T>(statement: Sql): Promise<T | undefined>;
  /** Runs and tells how many rows were touched. */
  run(statement: Sql): Promise<number>;
  /** Rows as PostgreSQL wrote them: text or null by position, nothing parsed. For hot reads. */
  text(statement: Sql): Promise<TextRow[]>;
  /** Several reading statements in one round trip, each with a snapshot of its own, in order. */
  texts(statements: readonly Sql[]): Promise<TextRow[][]>;
  /**
   * Runs several statements in one round trip inside one transaction and answers the text rows of each.
   * On the pool: `begin` and `commit` are added; the first error rolls all back and is thrown.
   */
  pipeline(statements: readonly Sql[]): Promise<TextRow[][]>;
  /**
   * Sends rows by COPY: `target` is a `copy … from stdin` without parameters. Answers how many were written; all or none.
   */
  copyIn(target: Sql, rows: CopyRows): Promise<number>;
  /** Unnamed, unprepared, possibly several statements: for DDL. No parameters. */
  script(text: string): Promise<void>;
  /**
   * Opens a transaction, or joins the one that is open; commits when `work` resolves, rolls back when it rejects.
   * `opening` statements travel with the `begin`; their text rows are given to `work`.
   */
  transaction<T>(
    work: (tx: Tx, opened: TextRow[][]) => Promise<T>,
    opening?: readonly Sql[],
  ): Promise<T>;
  /** True inside a transaction. */
  readonly inTransaction: boolean;
}

/** An open transaction. */
export interface Tx extends Db {
  readonly inTransaction: true;
  /** Runs `work` so that its failure undoes only its own statements (a savepoint). */
  attempt<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Called once after the commit; not called on rollback. For waking readers: must not throw. The transaction resolves when
   * the promises of all are settled; its connection is free by then.
   */
  afterCommit(callback: () => unknown): void;
}

export type TextRow = (string | null)[];

/** Runs `work` with the same scope on a transaction; joins the one that is open. */
export async function inTransaction<S extends { readonly db: Db }, T>(
  scope: S,
  work: (scope: S & { readonly db: Tx }) => Promise<T>,
): Promise<T> {
  return scope.db.transaction((tx) => work({ ...scope, db: tx }));
}
