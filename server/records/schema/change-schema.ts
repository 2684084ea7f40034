import { isDeepStrictEqual } from "node:util";
import { Problem, publish, sqlState, type Scope, type Tx } from "#kernel";
import { giveWay } from "../indexes/give-way.ts";
import { inBaseWithSchema } from "../rows/base-writer.ts";
import { callEvent } from "../rows/call-event.ts";
import type { BaseSchema } from "./base-schema.ts";
import { settleComputed } from "../computed/settle.ts";
import { raiseVersion, setChangeTimeouts } from "./change-schema.sql.ts";
import { dropNamedViews, refreshNamedViews } from "./named-views.ts";
import { baseNotFound } from "./refusals.ts";
import { emptySchema, loadSchema, SCHEMA_CHANGED, schemaCache } from "./schema-cache.ts";
import { noteSchemaActs } from "./schema-acts.ts";
import { schemaEvents, type SchemaEvent } from "./schema-events.ts";

/** One change of a base's schema while it is being made. */
export interface SchemaChange {
  readonly tx: Tx;
  /** The schema as the change found it; nobody else changes it meanwhile. */
  readonly before: BaseSchema;
  /** The number of the change among the base's transactions. */
  readonly txn: number;
  readonly at: Date;
  /** Takes the readable views of these tables away, so that columns can go or change type; they come back at the end. */
  dropViews(tableIds: Iterable<string>): Promise<void>;
  /** Adds an entry to the change log; those that tell the difference of the schemas come after it. */
  publish(event: SchemaEvent): Promise<void>;
}

/**
 * Changes a base's schema in one transaction: locks the base and takes its next number, lets `work` run the DDL and write
 * the definitions, then makes the readable views anew, logs the difference, and tells every process. Answers the new schema.
 *
 * Problems: `records.base-not-found`, `records.schema-busy`, `records.too-many-columns`, `records.named-view-in-use`, and
 * what `work` throws.
 */
export async function changeSchema(
  scope: Scope,
  baseId: string,
  work: (change: SchemaChange) => Promise<void>,
): Promise<BaseSchema> {
  await giveWay(scope, baseId);
  // Version 0 fits every version: the schema is read behind the lock.
  return withSchemaProblems(() =>
    inBaseWithSchema(scope, emptySchema(baseId), async ({ tx, txn }) => {
      await tx.run(setChangeTimeouts());
      const known = scope.parts.of(schemaCache).known(baseId);
      const before = await loadSchema({ db: tx }, baseId, known);
      // The one that is known has been worked on already. A number alone says nothing: a base can come back with its id.
      const same = known !== undefined && isDeepStrictEqual(known, before) ? known : before;
      return applyChange(scope, { tx, before: same, txn }, work);
    }),
  );
}

/**
 * The part of a change after the base has been locked. For a base that is being made, `before` is empty, and `first` tells
 * the log of it.
 */
export async function applyChange(
  scope: Scope,
  { tx, before, txn, first = [] }: LockedBase,
  work: (change: SchemaChange) => Promise<void>,
): Promise<BaseSchema> {
  const at = scope.now();
  const dropped = new Set<string>();
  let seq = 0;
  const log = async (events: readonly SchemaEvent[]): Promise<void> => {
    const entries = events.map((event) => ({
      ...callEvent(scope, before.baseId, event),
      txn,
      seq: seq++,
      at,
    }));
    await publish(tx, entries);
  };
  await log(first);
  const change: SchemaChange = {
    tx,
    before,
    txn,
    at,
    async dropViews(tableIds) {
      const wanted = new Set(tableIds).difference(dropped);
      wanted.forEach((tableId) => dropped.add(tableId));
      await dropNamedViews(tx, before, wanted);
    },
    publish: async (event) => log([event]),
  };
  await work(change);
  await tx.run(raiseVersion(before.baseId));
  const made = await loadSchema({ db: tx }, before.baseId, before);
  const after = await settleComputed(scope, { ...change, after: made });
  await refreshNamedViews(tx, { before, after, dropped });
  const events = schemaEvents(before, after);
  await log(events);
  if (first.length === 0) {
    // A base that is being made is one act, whatever it is made with.
    await noteSchemaActs({ ...scope, db: tx }, before.baseId, events);
  }
  if (seq === 0) {
    // Every number has an entry, so that the log shows no hole.
    await log([unchanged]);
  }
  await scope.signals.send(tx, SCHEMA_CHANGED, before.baseId);
  return after;
}

const unchanged: SchemaEvent = {
  name: "base.unchanged",
  tableId: null,
  recordIds: [],
  fieldIds: [],
  body: null,
};

interface LockedBase extends Pick<SchemaChange, "tx" | "before" | "txn"> {
  readonly first?: readonly SchemaEvent[];
}

/** Runs a change and names the failures that its caller can do something about. */
export async function withSchemaProblems<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw schemaFailure(error);
  }
}

function schemaFailure(error: unknown): unknown {
  switch (sqlState(error)) {
    case "BS002":
      return baseNotFound();
    case "55P03":
    case "40P01":
      return new Problem("unavailable", "records.schema-busy", {
        message:
          "The base is in use and could not be changed just now; it is safe to retry the request.",
        retryAfterS: 1,
        cause: error,
      });
    case "53200":
      return new Problem("unavailable", "records.schema-busy", {
        message:
          "The change touches more tables than the database can lock at once; make it in smaller parts, or raise max_locks_per_transaction.",
        retryAfterS: 30,
        cause: error,
      });
    case "54011":
      return new Problem("invalid", "records.too-many-columns", {
        message:
          "PostgreSQL holds 1,600 columns a table, deleted ones included, and this table has reached them; copy it into a new table to go on.",
        cause: error,
      });
    default:
      return error;
  }
}
