import type { Scope } from "#kernel";
import { allow } from "#workspaces";
import { namedSchema } from "../schema/base-schema.ts";
import { withSchemaProblems } from "../schema/change-schema.ts";
import { setChangeTimeouts } from "../schema/change-schema.sql.ts";
import { SCHEMA_CHANGED } from "../schema/schema-cache.ts";
import {
  deleteBaseRow,
  deleteListings,
  dropRelation,
  dropRoles,
  dropSchema,
  someRelations,
} from "./base-schema.sql.ts";

/** Tables that go in one transaction: each takes several locks, of which the server has a fixed number. */
const DROPPED_AT_ONCE = 50;

/**
 * Removes what a base holds for good: tables, schemas, definitions, roles. In several transactions; what was interrupted
 * is finished by calling it again. The entry in the registry is not touched, and the change log ages by itself.
 * Problems: those of `allow` (the program itself may drop what is in the trash), `records.schema-busy`.
 */
export async function dropBase(
  scope: Scope,
  { baseId }: { readonly baseId: string },
): Promise<void> {
  await allow(scope, "base.delete", { baseId });
  await withSchemaProblems(async () => {
    await dropRelations(scope, namedSchema(baseId));
    await dropRelations(scope, baseId);
    await scope.db.transaction(async (tx) => {
      await tx.run(setChangeTimeouts());
      await tx.script(dropSchema(namedSchema(baseId)).text);
      await tx.script(dropSchema(baseId).text);
      await tx.run(deleteListings(baseId));
      await tx.run(deleteBaseRow(baseId));
      await tx.run(dropRoles(baseId));
      await scope.signals.send(tx, SCHEMA_CHANGED, baseId);
    });
  });
}

async function dropRelations(scope: Scope, schema: string): Promise<void> {
  for (let dropped = DROPPED_AT_ONCE; dropped === DROPPED_AT_ONCE;) {
    dropped = await scope.db.transaction(async (tx) => {
      await tx.run(setChangeTimeouts());
      const some = await tx.all<{ name: string; isView: boolean }>(
        someRelations(schema, DROPPED_AT_ONCE),
      );
      for (const relation of some) {
        await tx.script(dropRelation(schema, relation).text);
      }
      return some.length;
    });
  }
}
