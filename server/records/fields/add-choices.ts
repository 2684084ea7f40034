import { CHOICES_MAX } from "@basalt/contract";
import type { Scope, Tx } from "#kernel";
import { type ChoiceOptions, withChoices } from "../field-types/choices.ts";
import type { BaseSchema, Field } from "../schema/base-schema.ts";
import { raiseVersion } from "../schema/change-schema.sql.ts";
import { updateFieldRow } from "../schema/metadata.sql.ts";
import { fieldNotFound, schemaLimit } from "../schema/refusals.ts";
import { loadSchema, SCHEMA_CHANGED } from "../schema/schema-cache.ts";
import type { SchemaEvent } from "../schema/schema-events.ts";

/** A transaction of a base that is open, with the base locked. */
export interface OpenChange {
  readonly scope: Pick<Scope, "signals">;
  readonly tx: Tx;
  readonly schema: BaseSchema;
  note(event: SchemaEvent): void;
}

/**
 * Adds choices to select fields inside a write, as typecast does: field id -> name -> the id that the choice gets.
 * Answers the schema as it is from then on. Whether the caller may is the caller's to ask. Problem: `records.schema-limit`.
 */
export async function addChoices(
  change: OpenChange,
  added: ReadonlyMap<string, ReadonlyMap<string, string>>,
): Promise<BaseSchema> {
  const { tx, schema, scope } = change;
  if (added.size === 0) {
    return schema;
  }
  for (const [fieldId, choices] of added) {
    const before = selectField(schema, fieldId);
    const after = withMore(before, choices);
    await tx.run(updateFieldRow(after));
    change.note({
      name: "fields.updated",
      tableId: before.tableId,
      recordIds: [],
      fieldIds: [fieldId],
      body: { before, after },
    });
  }
  await tx.run(raiseVersion(schema.baseId));
  await scope.signals.send(tx, SCHEMA_CHANGED, schema.baseId);
  return loadSchema({ db: tx }, schema.baseId);
}

function selectField(schema: BaseSchema, fieldId: string): Field {
  for (const table of schema.tables) {
    const field = table.fieldsById.get(fieldId);
    if (field !== undefined) {
      return field;
    }
  }
  throw fieldNotFound();
}

function withMore(field: Field, choices: ReadonlyMap<string, string>): Field {
  const current = field.options as unknown as ChoiceOptions;
  if (current.choices.length + choices.size > CHOICES_MAX) {
    throw schemaLimit(`A field has at most ${CHOICES_MAX} choices.`);
  }
  const more = [...choices].map(([name, id]) => ({ id, name }));
  return { ...field, options: { ...withChoices(current, more) } };
}
