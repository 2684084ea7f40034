import { findUsersByEmail } from "#identity";
import { inTransaction, noteAct, usageGate, type Scope } from "#kernel";
import { allow, updateBase } from "#workspaces";
import { idsOf } from "../bases/base-definition.ts";
import { createBaseFromDefinition } from "../bases/create-base-from-definition.ts";
import { isComputed } from "../computed/definitions.ts";
import type { ComputedState } from "../field-types/computed.ts";
import type { BaseSchema } from "../schema/base-schema.ts";
import type { BaseContent } from "./base-content.ts";
import { carryIds, withKnownIds } from "./carry-ids.ts";
import { withCarriedViews } from "./carry-views.ts";
import { countCreated } from "../rows/count-created.ts";
import { fillBase } from "./fill-base.ts";
import { openBaseFile } from "./open-base-file.ts";
import { sentFileLimits, type BaseFileLimits } from "./zip-reader.ts";

export interface BaseImport {
  readonly workspaceId: string;
  /** Instead of the one in the file. */
  readonly name?: string | undefined;
  /** Every object gets exactly the id that it has in the file. */
  readonly keepIds: boolean;
  /** Is told now and then how many records are in. */
  readonly progress?: ((records: number) => void) | undefined;
}

/** A base that came in, and how much of it. */
export interface ImportedBase {
  readonly id: string;
  readonly name: string;
  readonly workspaceId: string;
  readonly tables: number;
  readonly records: number;
  readonly comments: number;
  readonly files: number;
  /** Computed fields that came in and cannot be computed, and why. */
  readonly invalidFields: readonly InvalidField[];
}

/** A computed field that gives nothing, and why: one sentence. */
export interface InvalidField {
  readonly tableId: string;
  readonly fieldId: string;
  readonly tableName: string;
  readonly fieldName: string;
  readonly reason: string;
}

/**
 * Makes a base from a base file on the local disk: all of it or nothing, in one transaction. Persons are matched by
 * e-mail address; those without an account here keep their id from the file.
 *
 * Problems: those of `allow`, `records.bad-base-file`, `records.base-file-too-new`, `records.base-file-too-large`,
 * `records.id-taken`, `records.import-cut-off`, `workspaces.base-exists`, those of `createBaseFromDefinition`.
 */
export async function importBase(
  scope: Scope,
  {
    file,
    limits = sentFileLimits,
    ...wanted
  }: BaseImport & { readonly file: string; readonly limits?: BaseFileLimits },
): Promise<ImportedBase> {
  await allow(scope, "base.create", { workspaceId: wanted.workspaceId });
  const opened = await openBaseFile(file, limits);
  try {
    return await loadBase(scope, await opened.content(scope), wanted);
  } finally {
    await opened.close();
  }
}

/**
 * Makes a base from content of any kind, in one transaction, or in the one that is open.
 * Problems: those of `importBase` that are not about the file, `kernel.quota-exceeded`.
 */
export async function loadBase(
  scope: Scope,
  content: BaseContent,
  { workspaceId, name, keepIds, progress }: BaseImport,
): Promise<ImportedBase> {
  const definition = { ...content.definition, name: name ?? content.definition.name };
  // Before anything is looked up: a definition with bad ids is refused without a transaction.
  idsOf(definition, true);
  const found = await findUsersByEmail(
    scope,
    content.users.map(({ email }) => email),
  );
  const userIds = new Map(
    content.users.flatMap(({ id, email }) => {
      const user = found.get(email);
      return user === undefined ? [] : [[id, user.id] as const];
    }),
  );
  const carry = carryIds(keepIds);
  const carried = withCarriedViews(definition, {
    userId: (id) => userIds.get(id) ?? id,
    recordId: (id) => carry("rec", id),
  });
  return inTransaction(scope, async (tx) => {
    const { schema, ids } = await createBaseFromDefinition(tx, {
      workspaceId,
      definition: carried,
      keepIds,
    });
    const newId = withKnownIds(carry, ids);
    const strangers = content.users.filter(({ id }) => !userIds.has(id));
    const absent = [...new Map(strangers.map((user) => [user.id, user])).values()];
    const empty = { tx: tx.db, schema, newId, userIds, absent, progress };
    const filled = await fillBase(tx, content, empty);
    const gate = scope.parts.of(usageGate);
    gate.require({ workspaceId }, "records", filled.records);
    gate.require({ workspaceId }, "storage", bytesOf(content.files));
    countCreated(scope, { workspaceId }, filled.records);
    await updateBase(tx, schema.baseId, content.look);
    await noteAct(tx, {
      act: "records.base-imported",
      target: { kind: "base", id: schema.baseId, name: definition.name },
      baseId: schema.baseId,
      workspaceId,
      details: { ...filled, files: content.files.size },
    });
    return {
      id: schema.baseId,
      name: definition.name,
      workspaceId,
      tables: schema.tables.length,
      files: content.files.size,
      invalidFields: invalidFields(schema),
      ...filled,
    };
  });
}

/** Only what the workspace has room for may come in; how much that is shows when it has been read. */
function bytesOf(files: BaseContent["files"]): number {
  return [...files.values()].reduce((sum, { size }) => sum + size, 0);
}

function invalidFields(schema: BaseSchema): InvalidField[] {
  return schema.tables.flatMap((table) =>
    table.fields.flatMap((field) => {
      const { isValid, reason = "" } = field.options as ComputedState;
      return isComputed(field) && isValid !== true
        ? [
            {
              tableId: table.id,
              fieldId: field.id,
              tableName: table.name,
              fieldName: field.name,
              reason,
            },
          ]
        : [];
    }),
  );
}
