import { Problem, sqlState, type Tx } from "#kernel";
import { isDeepStrictEqual } from "node:util";
import type { BaseSchema, Table } from "./base-schema.ts";
import {
  createNamedView,
  dropNamedView,
  namedViewBody,
  type NamedView,
} from "./named-views.sql.ts";
import { viewNames } from "./readable-names.ts";

/** SQLSTATE of a replacement that would take columns away from a view or change their type. */
const CANNOT_REPLACE = "42P16";
/** SQLSTATE of dropping something that something else is built on. */
const STILL_USED = "2BP01";

/** Takes the readable views of tables away. Problem: `records.named-view-in-use`. */
export async function dropNamedViews(
  tx: Tx,
  schema: BaseSchema,
  tableIds: Iterable<string>,
): Promise<void> {
  const names = viewNames(schema);
  for (const tableId of tableIds) {
    const name = names.get(tableId);
    if (name !== undefined) {
      await drop(tx, namedView(schema, name));
    }
  }
}

/**
 * Brings the readable views to what the schema says now: those of changed tables are replaced, or made anew.
 * Problem: `records.named-view-in-use`, where somebody built something on a view that has to be made anew.
 */
export async function refreshNamedViews(
  tx: Tx,
  {
    before,
    after,
    dropped,
  }: {
    readonly before: BaseSchema;
    readonly after: BaseSchema;
    /** Tables whose view is gone already. */
    readonly dropped: ReadonlySet<string>;
  },
): Promise<void> {
  const [oldNames, newNames] = [viewNames(before), viewNames(after)];
  const gone = new Set(dropped);
  for (const [tableId, name] of oldNames) {
    if (!gone.has(tableId) && newNames.get(tableId) !== name) {
      await drop(tx, namedView(before, name));
      gone.add(tableId);
    }
  }
  for (const table of after.tables) {
    const old = gone.has(table.id) ? undefined : before.tablesById.get(table.id);
    await bring(tx, { old, table, view: namedView(after, newNames.get(table.id) ?? table.id) });
  }
}

async function bring(
  tx: Tx,
  {
    old,
    table,
    view,
  }: { readonly old: Table | undefined; readonly table: Table; readonly view: NamedView },
): Promise<void> {
  if (old !== undefined && isDeepStrictEqual(old.fields, table.fields)) {
    return;
  }
  const body = namedViewBody(table);
  if (old === undefined) {
    await tx.script(createNamedView(view, "create", body).text);
    return;
  }
  if (namedViewBody(old).text === body.text) {
    return;
  }
  try {
    await tx.attempt(() => tx.script(createNamedView(view, "replace", body).text));
  } catch (error) {
    if (sqlState(error) !== CANNOT_REPLACE) {
      throw error;
    }
    await drop(tx, view);
    await tx.script(createNamedView(view, "create", body).text);
  }
}

async function drop(tx: Tx, view: NamedView): Promise<void> {
  try {
    await tx.script(dropNamedView(view).text);
  } catch (error) {
    if (sqlState(error) !== STILL_USED) {
      throw error;
    }
    throw new Problem("conflict", "records.named-view-in-use", {
      message: `Something in the database is built on the readable view ${JSON.stringify(view.name)} of this base; drop it first.`,
      cause: error,
    });
  }
}

function namedView(schema: BaseSchema, name: string): NamedView {
  return { baseId: schema.baseId, name, roles: schema.role !== null };
}
