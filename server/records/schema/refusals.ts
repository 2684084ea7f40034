import { Problem, type AirtableError } from "#kernel";

const notFoundAtAirtable: AirtableError = {
  type: "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
  message:
    "Invalid permissions, or the requested model was not found. Check that both your user and your token have the required permissions, and that the model names and/or ids are correct.",
  status: 403,
};

/** No such base. Code `records.base-not-found`. */
export function baseNotFound(): Problem {
  return new Problem("not-found", "records.base-not-found", {
    message: "There is no such base.",
    airtable: notFoundAtAirtable,
  });
}

/** No such table in the base. Code `records.table-not-found`. */
export function tableNotFound(): Problem {
  return new Problem("not-found", "records.table-not-found", {
    message: "There is no such table in this base.",
    airtable: notFoundAtAirtable,
  });
}

/** No such field in the table. Code `records.field-not-found`. */
export function fieldNotFound(): Problem {
  return new Problem("not-found", "records.field-not-found", {
    message: "There is no such field in this table.",
    airtable: notFoundAtAirtable,
  });
}

/** No such view. Code `records.view-not-found`. */
export function viewNotFound(): Problem {
  return new Problem("not-found", "records.view-not-found", {
    message: "There is no such view in this base.",
    airtable: notFoundAtAirtable,
  });
}

/** A change of the schema that breaks a rule: which input, and why. Code `records.bad-schema`. */
export function badSchema(input: string, rule: string): Problem {
  return new Problem("invalid", "records.bad-schema", {
    message: `${input}: ${rule}`,
    fields: { [input]: rule },
  });
}

/** More of something than a base may have. Code `records.schema-limit`. */
export function schemaLimit(message: string): Problem {
  return new Problem("invalid", "records.schema-limit", { message });
}

/** A table name that another table of the base has. Code `records.duplicate-table-name`. */
export function duplicateTableName(name: string): Problem {
  return new Problem("invalid", "records.duplicate-table-name", {
    message: `The base already has a table named ${JSON.stringify(name)}; names are compared without regard to case.`,
    fields: { name: "already taken" },
    airtable: {
      type: "DUPLICATE_TABLE_NAME",
      message: "Cannot create table: table name already exists",
    },
  });
}

/** A field name that is empty, or that another field of the table has. Code `records.duplicate-or-empty-field-name`. */
export function duplicateOrEmptyFieldName(name: string): Problem {
  return new Problem("invalid", "records.duplicate-or-empty-field-name", {
    message:
      name.trim() === ""
        ? "A field needs a name."
        : `The table already has a field named ${JSON.stringify(name)}; names are compared without regard to case.`,
    fields: { name: "must be unique and not empty" },
    airtable: {
      type: "DUPLICATE_OR_EMPTY_FIELD_NAME",
      message: "Field names must be unique and non-empty",
    },
  });
}

/** A first field whose type cannot be one. Code `records.bad-primary-field`. */
export function badPrimaryField(tableName: string, fieldName: string, type: string): Problem {
  const message = `Invalid options for ${tableName}.${fieldName}: a field of type ${type} cannot be the primary field`;
  return new Problem("invalid", "records.bad-primary-field", {
    message,
    fields: { type: "cannot be primary" },
    airtable: { type: "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", message },
  });
}
