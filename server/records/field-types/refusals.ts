import { Problem, sentenceOf, wrongInputs } from "#kernel";
import type { z } from "zod";
import type { Field, OptionsContext } from "./field-type.ts";

/**
 * A value that the field cannot hold. Without a rule the message is Airtable's own; a rule is added where the kind of
 * value is right and something about it is not, so that one can see what. Code `records.cell-refused`.
 */
export function cellRefused(field: Field, rule?: string): Problem {
  const message = `Field "${field.name}" cannot accept the provided value${rule === undefined ? "" : `: ${rule}`}`;
  return new Problem("invalid", "records.cell-refused", {
    message,
    fields: { [field.name]: rule ?? `not a value of type ${field.type}` },
    airtable: { type: "INVALID_VALUE_FOR_COLUMN", message },
  });
}

/** A write to a field that computes its value. Code `records.field-computed`. */
export function fieldComputed(field: Field): Problem {
  const message = `Field "${field.name}" cannot accept a value because the field is computed`;
  return new Problem("invalid", "records.field-computed", {
    message,
    fields: { [field.name]: "computed" },
    airtable: { type: "INVALID_VALUE_FOR_COLUMN", message },
  });
}

/** A choice that the field does not have, without the wish or the right to make it. Code `records.unknown-choice`. */
export function unknownChoice(field: Field, name: string): Problem {
  return new Problem("invalid", "records.unknown-choice", {
    message: `Field "${field.name}" has no choice ${JSON.stringify(name)}.`,
    fields: { [field.name]: "unknown choice" },
    airtable: {
      type: "INVALID_MULTIPLE_CHOICE_OPTIONS",
      message: `Insufficient permissions to create new select option "${JSON.stringify(name)}"`,
    },
  });
}

/** An element of a link cell that is not a record id. Code `records.bad-record-id`. */
export function badRecordId(field: Field, text: string): Problem {
  const message = `Value ${JSON.stringify(text)} is not a valid record ID.`;
  return new Problem("invalid", "records.bad-record-id", {
    message,
    fields: { [field.name]: "not a record id" },
    airtable: { type: "INVALID_RECORD_ID", message },
  });
}

/** An element of an attachment cell that cannot be used. Code `records.bad-attachment`. */
export function badAttachment(field: Field, rule: string): Problem {
  const message = `Invalid attachment object for field ${field.name}: ${rule}`;
  return new Problem("invalid", "records.bad-attachment", {
    message,
    fields: { [field.name]: rule },
    airtable: { type: "INVALID_ATTACHMENT_OBJECT", message },
  });
}

/** Options that the type cannot take. Code `records.bad-field-options`. */
export function badOptions(
  { tableName, fieldName }: Pick<OptionsContext, "tableName" | "fieldName">,
  rule: string,
): Problem {
  const message = `Invalid options for ${tableName}.${fieldName}: ${rule}`;
  return new Problem("invalid", "records.bad-field-options", {
    message,
    fields: { options: rule },
    airtable: { type: "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", message },
  });
}

/** Options checked by their shape. Problem: `records.bad-field-options`, naming the first thing wrong. */
export function checkOptions<T>(shape: z.ZodType<T>, input: unknown, context: OptionsContext): T {
  const result = shape.safeParse(input, { error: sentenceOf });
  if (result.success) {
    return result.data;
  }
  const [[path, rule] = ["", "is not valid"]] = wrongInputs(result.error, 1);
  throw badOptions(context, `options${path === "" ? "" : `.${path}`}: ${rule}`);
}

/** For types without options: absent, null and `{}` are the same. Problem: `records.bad-field-options`. */
export function checkNoOptions(
  input: unknown,
  context: OptionsContext,
): Readonly<Record<never, never>> {
  const empty =
    input === undefined ||
    input === null ||
    (typeof input === "object" && !Array.isArray(input) && Object.keys(input).length === 0);
  if (!empty) {
    throw badOptions(context, "options: this type takes none");
  }
  return {};
}
