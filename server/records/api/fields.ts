import { fieldChanges, fieldConfig } from "@basalt/contract";
import { convertField, type FieldConversion } from "../fields/convert-field.ts";
import { createField } from "../fields/create-field.ts";
import { deleteField } from "../fields/delete-field.ts";
import { updateField } from "../fields/update-field.ts";
import { fieldById } from "../schema/find.ts";
import { airtableField } from "../tables/airtable-schema.ts";
import { answerAfter, sent } from "./answers.ts";
import { openTable, parseBody, type Call } from "./call.ts";

/** `POST /v0/meta/bases/{baseId}/tables/{tableIdOrName}/fields` */
export async function postField(call: Call): Promise<Response> {
  const { id: tableId, baseId } = await openTable(call, "schema.write");
  const input = await parseBody(call, fieldConfig);
  const field = await createField(call.scope, { baseId, tableId, ...input });
  return sent(await answerAfter(call.scope, baseId, airtableField(field)));
}

/**
 * `PATCH …/fields/{fieldId}`. With `type` the field is converted, or with `dryRun` only counted; the answer then says how many
 * cells there were and of how many something is lost.
 */
export async function patchField(call: Call): Promise<Response> {
  const place = await placeOf(call);
  const { type, dryRun, ...changes } = await parseBody(call, fieldChanges);
  return sent(
    await answerAfter(
      call.scope,
      place.baseId,
      type === undefined
        ? airtableField(await updateField(call.scope, { ...place, ...changes }))
        : await converted(call, { ...place, type, dryRun, options: changes.options }),
    ),
  );
}

async function converted({ scope }: Call, conversion: FieldConversion): Promise<object> {
  const { field, cells, lost } = await convertField(scope, conversion);
  return { ...airtableField(field), conversion: { cells, lost } };
}

/** `DELETE …/fields/{fieldId}` */
export async function deleteOneField(call: Call): Promise<Response> {
  const place = await placeOf(call);
  await deleteField(call.scope, place);
  return sent(await answerAfter(call.scope, place.baseId, { id: place.fieldId, deleted: true }));
}

interface FieldPlace {
  readonly baseId: string;
  readonly tableId: string;
  readonly fieldId: string;
}

/** Problems: those of `openTable`, `records.field-not-found`. */
async function placeOf(call: Call): Promise<FieldPlace> {
  const table = await openTable(call, "schema.write");
  const { id: fieldId } = fieldById(table, call.params.fieldId);
  return { baseId: table.baseId, tableId: table.id, fieldId };
}
