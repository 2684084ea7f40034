import { Problem, sqlState, type Scope, type Tx } from "#kernel";
import { registerBase } from "#workspaces";
import { baseRole, type BaseSchema } from "../schema/base-schema.ts";
import { applyChange, withSchemaProblems, type SchemaChange } from "../schema/change-schema.ts";
import { setChangeTimeouts, takeTxn } from "../schema/change-schema.sql.ts";
import { emptySchema } from "../schema/schema-cache.ts";
import type { SchemaEvent } from "../schema/schema-events.ts";
import { createSchemas, insertBase, makeRoles, noteRole } from "./base-schema.sql.ts";

export interface BaseToMake {
  readonly id: string;
  readonly workspaceId: string;
  readonly name: string;
}

/**
 * Makes a base in one transaction: its entry in the registry, schemas, roles, and what `fill` puts into it. That is the
 * base's transaction 1, told by `bases.created` first.
 *
 * Problems: those of `registerBase`, `records.id-taken`, and what `fill` throws.
 */
export async function makeBase(
  scope: Scope,
  base: BaseToMake,
  fill: (change: SchemaChange) => Promise<void>,
): Promise<BaseSchema> {
  return withSchemaProblems(() =>
    scope.db.transaction(async (tx) => {
      await tx.run(setChangeTimeouts());
      await registerBase({ ...scope, db: tx }, base);
      const role = await makeSchemas(tx, base.id);
      const { txn } = await tx.one<{ txn: number }>(takeTxn(base.id));
      const before = emptySchema(base.id, role);
      const created: SchemaEvent = {
        name: "bases.created",
        tableId: null,
        recordIds: [],
        fieldIds: [],
        body: { before: null, after: base },
      };
      return applyChange(scope, { tx, before, txn, first: [created] }, fill);
    }),
  ).catch(explainTaken);
}

async function makeSchemas(tx: Tx, baseId: string): Promise<string | null> {
  await tx.run(insertBase(baseId));
  const { made } = await tx.one<{ made: boolean }>(makeRoles(baseId));
  await tx.script(createSchemas(baseId, made).text);
  if (!made) {
    return null;
  }
  await tx.run(noteRole(baseId));
  return baseRole(baseId);
}

/** 23505 is a row, 42P06 a schema that is there already. */
function explainTaken(error: unknown): never {
  if (sqlState(error) === "23505" || sqlState(error) === "42P06") {
    throw new Problem("conflict", "records.id-taken", {
      message: "The base, or a table, field or view of it, exists here already under the same id.",
      cause: error,
    });
  }
  throw error;
}
