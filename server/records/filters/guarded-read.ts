import { sqlState, type Scope, type Sql, type TextRow } from "#kernel";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { baseTxn } from "../rows/get-record.sql.ts";
import { txnRead } from "../rows/base-writer.ts";
import { resetRole, setRole } from "../rows/base-writer.sql.ts";
import { providePeople } from "./condition.sql.ts";
import { readOnly } from "./guarded-read.sql.ts";
import { filterTooLarge } from "./problems.ts";

/** Statements that carry something that a user wrote, and what they need. */
export interface GuardedRead {
  readonly schema: BaseSchema;
  readonly table: Table;
  /** Fields whose persons' names the statements use. */
  readonly people: readonly Field[];
  readonly statements: readonly Sql[];
}

/**
 * Reads under the base's own role, which reaches nothing but the base, in one read-only transaction and one round trip; the
 * pool's limit on the time of a statement counts. Answers the rows of each statement, and the number that the base had before.
 * Problems: `records.invalid-filter`, `kernel.statement-timeout`.
 */
export async function readGuarded(
  { db }: Scope,
  { schema, table, people, statements }: GuardedRead,
): Promise<{ readonly txn: number; readonly rows: TextRow[][] }> {
  const { role, baseId } = schema;
  const before = [
    // A transaction that somebody else opened may still want to write.
    ...(db.inTransaction ? [] : [readOnly]),
    baseTxn(baseId),
    ...(people.length === 0 ? [] : [providePeople(table, people)]),
    ...(role === null ? [] : [setRole(role)]),
  ];
  const after = db.inTransaction && role !== null ? [resetRole] : [];
  try {
    const all = await db.pipeline([...before, ...statements, ...after]);
    const txn = txnRead(all[db.inTransaction ? 0 : 1]?.[0], schema);
    return { txn, rows: all.slice(before.length, before.length + statements.length) };
  } catch (error) {
    throw isTooLarge(error) ? filterTooLarge(error) : error;
  }
}

/** Statement too complex, too many columns, too many arguments: the limits of PostgreSQL that a formula can reach. */
const TOO_LARGE: ReadonlySet<string> = new Set(["54000", "54001", "54011", "54023"]);

function isTooLarge(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && TOO_LARGE.has(state);
}
