import { fetchAttachment, type Attachment } from "#files";
import type { Scope } from "#kernel";
import type { AttachmentInput } from "../field-types/field-type.ts";
import { badAttachment } from "../field-types/refusals.ts";
import { Problem } from "#kernel";
import type { Field } from "../schema/base-schema.ts";
import { isFileList, type CellPlan } from "./plan-cells.ts";

/** Files of one call that are fetched at the same time at most. */
const FETCHES_MAX = 4;

/** Address -> the stored file, or undefined where it could not be had: such files are left out, as Airtable does. */
export type FetchedFiles = ReadonlyMap<AttachmentInput, Attachment | undefined>;

/**
 * Fetches the files that a call names by address, before any transaction is open.
 * Problems: `records.bad-attachment` where the address may not be used at all.
 */
export async function fetchFiles(scope: Scope, plan: CellPlan): Promise<FetchedFiles> {
  const wanted: {
    readonly field: Field;
    readonly input: AttachmentInput & { readonly kind: "fetch" };
  }[] = [];
  for (const row of plan.rows) {
    for (const [field, value] of row.cells) {
      for (const input of isFileList(value) ? value : []) {
        if (input.kind === "fetch") {
          wanted.push({ field, input });
        }
      }
    }
  }
  const fetched = new Map<AttachmentInput, Attachment | undefined>();
  const waiting = wanted.values();
  const fetchNext = async (): Promise<void> => {
    for (const { field, input } of waiting) {
      fetched.set(input, await fetchOne(scope, field, input));
    }
  };
  await Promise.all(Array.from({ length: Math.min(FETCHES_MAX, wanted.length) }, fetchNext));
  return fetched;
}

async function fetchOne(
  scope: Scope,
  field: Field,
  input: AttachmentInput & { readonly kind: "fetch" },
): Promise<Attachment | undefined> {
  try {
    return await fetchAttachment(scope, {
      url: input.url,
      ...(input.filename !== undefined && { filename: input.filename }),
    });
  } catch (error) {
    if (!(error instanceof Problem)) {
      throw error;
    }
    if (error.code === "files.address-not-allowed") {
      throw badAttachment(field, "address not allowed");
    }
    scope.log.info({ code: error.code, field: field.id }, "an attachment could not be fetched");
    return undefined;
  }
}

/**
 * The files of a cell: those fetched, and those kept from what the cell held. A file that could not be fetched is left out.
 * Problem: `records.bad-attachment` for a kept id that the cell does not hold.
 */
export function settledFiles(
  field: Field,
  inputs: readonly AttachmentInput[],
  known: { readonly fetched: FetchedFiles; readonly held: readonly Attachment[] },
): readonly Attachment[] | null {
  const files = inputs.flatMap((input): Attachment[] => {
    if (input.kind === "fetch") {
      const file = known.fetched.get(input);
      return file === undefined ? [] : [file];
    }
    const kept = known.held.find((file) => file.id === input.id);
    if (kept === undefined) {
      throw badAttachment(field, `the record has no attachment ${input.id}`);
    }
    return [input.filename === undefined ? kept : { ...kept, filename: input.filename }];
  });
  return files.length === 0 ? null : files;
}
