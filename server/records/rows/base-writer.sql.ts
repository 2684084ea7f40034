import {
  constant,
  insertEventsOfBatch,
  quoteIdent,
  sql,
  type ChangeEvent,
  type Sql,
} from "#kernel";
import { rowPlan } from "../computed/row-plan.sql.ts";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import type { PlainInsert } from "./base-writer.ts";
import { insertRows, type RowToInsert } from "./rows.sql.ts";
import { CURRENT_TXN } from "./table-sql.ts";

/**
 * Locks the base's row, takes the next numbers and keeps the last of them as `basalt.txn` for the statements that follow.
 * Writes find rows by id; a plan that was made while the table was small would go on reading all of it when it has grown, so
 * reading whole tables is left to statements that have no other way. Statements are the same for any values and say in which
 * order to join, so each is planned once a connection, and quickly: many computed fields are many joins.
 * Error BS001 when the schema is not `version` any more.
 */
export const setTxn = (schema: BaseSchema, calls: number): Sql => sql`
  select set_config('basalt.txn', records.take_txn(${schema.baseId}, ${calls}, ${schema.version})::text, true),
    set_config('enable_seqscan', 'off', true), set_config('plan_cache_mode', 'force_generic_plan', true),
    set_config('join_collapse_limit', '1', true)`;

/** From here to the end of the transaction, or to `resetRole`, only the base's own schema can be reached. */
export function setRole(role: string): Sql {
  return constant(`set local role ${quoteIdent(role)}`);
}

export const resetRole: Sql = constant("reset role");

/** One merged statement for the rows of several calls, each with a number and entries of its own. */
export interface InsertBatch {
  readonly statements: readonly Sql[];
  /** Which of the results holds the rows. */
  readonly rowsAt: number;
}

export function insertBatch(
  schema: BaseSchema,
  table: Table,
  inserts: readonly PlainInsert[],
): InsertBatch {
  const events: ChangeEvent[] = [];
  const rows: RowToInsert[] = [];
  inserts.forEach((insert, index) => {
    const ahead = index - (inserts.length - 1);
    events.push({ ...insert.event, txn: ahead, seq: 0, at: insert.at });
    for (const row of insert.rows) {
      rows.push({ ...row, ahead, at: insert.at, by: insert.event.actorId });
    }
  });
  const numbered = [
    setTxn(schema, inserts.length),
    insertEventsOfBatch(sql`select ${CURRENT_TXN} as txn`, events),
  ];
  const insert = insertRows(table, rows, rowPlan(schema, table));
  return schema.role === null
    ? { statements: [...numbered, insert], rowsAt: 2 }
    : { statements: [...numbered, setRole(schema.role), insert], rowsAt: 3 };
}
