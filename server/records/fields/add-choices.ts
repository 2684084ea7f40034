import type { Scope, Tx } from "#kernel";
import { type ChoiceOptions, withChoices } from "../field-types/choices.ts";
import type { BaseSchema, Field } from "../schema/base-schema.ts";
import { raiseVersion } from "../schema/change-schema.sql.ts";
import { updateFieldRow } from "../schema/metadata.sql.ts";
import { SCHEMA_CHANGED } from "../schema/schema-cache.ts";
import type { SchemaEvent } from "../schema/schema-events.ts";

/** A transaction of a base that is open, with the base locked. */
export interface OpenChange {
  readonly scope: Pick<Scope, "signals">;
  readonly tx: Tx;
  readonly schema: BaseSchema;
  note(event: SchemaEvent): void;
}

/**
 * Adds choices to a select field inside a write, as typecast does: name -> the id that the choice gets. The schema has a
 * new version from then on. Whether the caller may is the caller's to ask. Problem: `records.cell-refused` where the
 * field would have too many.
 */
export async function addChoices(
  change: OpenChange,
  before: Field,
  choices: ReadonlyMap<string, string>,
): Promise<void> {
  const { tx, schema, scope } = change;
  const after = { ...before, options: optionsWith(before, choices) };
  await tx.run(updateFieldRow(after));
  await tx.run(raiseVersion(schema.baseId));
  await scope.signals.send(tx, SCHEMA_CHANGED, schema.baseId);
  change.note({
    name: "fields.updated",
    tableId: before.tableId,
    recordIds: [],
    fieldIds: [before.id],
    body: { before, after },
  });
}

/** The options of a select with more choices at the end: name -> id. Problem: `records.cell-refused`. */
export function optionsWith(
  field: Field,
  choices: ReadonlyMap<string, string>,
): Readonly<Record<string, unknown>> {
  const options = field.options as unknown as ChoiceOptions;
  const added = [...choices].map(([name, id]) => ({ id, name }));
  return { ...withChoices({ ...field, options }, added) };
}
