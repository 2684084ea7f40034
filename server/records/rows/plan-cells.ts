import { newId } from "#kernel";
import type { Collaborator } from "@basalt/contract";
import type { AttachmentInput, Stored, WriteContext } from "../field-types/field-type.ts";
import { typeOf } from "../field-types/registry.ts";
import { fieldComputed, unknownChoice } from "../field-types/refusals.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import { unknownField } from "./problems.ts";

/** What a caller wrote for one record: cells by field name or id. */
export interface WrittenRow {
  readonly id?: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Cells of one record, checked, and before links and files are settled. */
export type PlannedCells = ReadonlyMap<Field, Stored>;

/** A checked call: what to write, and what must be looked up or made before. */
export interface CellPlan {
  readonly rows: readonly { readonly id: string | undefined; readonly cells: PlannedCells }[];
  /** Field id -> name -> the id that the new choice will have. */
  readonly newChoices: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Field id -> text -> its stand-in in the cells. */
  readonly linkTexts: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Some cell of a link field was written. */
  readonly hasLinks: boolean;
  /** Some cell of an attachment field was written. */
  readonly hasFiles: boolean;
}

export interface PlanOptions {
  readonly typecast: boolean;
  readonly creating: boolean;
  /** Typecast may add choices: the caller may edit the schema. */
  readonly mayAddChoices: boolean;
  readonly people: PeopleOfBase;
}

/** Who can be named in a collaborator cell of a base. */
export interface PeopleOfBase {
  userById(id: string): Collaborator | undefined;
  userByEmail(email: string): Collaborator | undefined;
  userByName(name: string): Collaborator | undefined;
}

/**
 * Checks every cell of a call by its field's type. Nothing is read or written.
 * Problems: `records.unknown-field`, `records.field-computed` and those of the field types.
 */
export function planCells(
  table: Table,
  rows: readonly WrittenRow[],
  options: PlanOptions,
): CellPlan {
  const newChoices = new Map<string, Map<string, string>>();
  const linkTexts = new Map<string, Map<string, string>>();
  const context: WriteContext = {
    ...options.people,
    creating: options.creating,
    newChoice: (fieldId, name) => {
      const field = table.fieldsById.get(fieldId);
      if (!options.mayAddChoices && field !== undefined) {
        throw unknownChoice(field, name);
      }
      return remember(newChoices, { fieldId, text: name, make: () => newId("sel") });
    },
    linkByText: (fieldId, text) =>
      remember(linkTexts, { fieldId, text, make: () => `text:${text}` }),
  };
  let hasLinks = false;
  let hasFiles = false;
  const planned = rows.map((row) => {
    const cells = new Map<Field, Stored>();
    for (const key of Object.keys(row.fields)) {
      const field = fieldOf(table, key);
      const type = typeOf(field);
      if (type.computed) {
        throw fieldComputed(field);
      }
      hasLinks ||= type.needs === "records";
      hasFiles ||= type.needs === "files";
      const value = row.fields[key];
      cells.set(
        field,
        options.typecast ? type.typecast(value, field, context) : type.parse(value, field, context),
      );
    }
    return { id: row.id, cells };
  });
  return { rows: planned, newChoices, linkTexts, hasLinks, hasFiles };
}

/** A field by id first, then by exact name. Problem: `records.unknown-field`. */
export function fieldOf(table: Table, key: string): Field {
  const field = table.fieldsById.get(key) ?? table.fieldsByName.get(key);
  if (field === undefined) {
    throw unknownField(key);
  }
  return field;
}

/** True where a stored value is a list of files to keep or fetch. */
export function isFileList(value: Stored): value is readonly AttachmentInput[] {
  return Array.isArray(value) && typeof value[0] === "object";
}

function remember(
  kept: Map<string, Map<string, string>>,
  entry: { readonly fieldId: string; readonly text: string; readonly make: () => string },
): string {
  const texts = kept.get(entry.fieldId) ?? new Map<string, string>();
  kept.set(entry.fieldId, texts);
  let made = texts.get(entry.text);
  if (made === undefined) {
    made = entry.make();
    texts.set(entry.text, made);
  }
  return made;
}
