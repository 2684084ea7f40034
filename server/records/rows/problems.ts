import { Problem } from "#kernel";

/** A batch names a record that is not there. Code `records.row-does-not-exist`. */
export function rowDoesNotExist(recordId: string): Problem {
  const message = `Record ID ${recordId} does not exist in this table`;
  return new Problem("invalid", "records.row-does-not-exist", {
    message,
    airtable: { type: "ROW_DOES_NOT_EXIST", message },
  });
}

/** The one record that was asked for is not there. Code `records.record-not-found`. */
export function recordNotFound(): Problem {
  return new Problem("not-found", "records.record-not-found", {
    message: "Record not found",
    airtable: { type: "MODEL_ID_NOT_FOUND", message: "Record not found" },
  });
}

/** A link names a record of another table. Code `records.link-to-other-table`. */
export function linkToOtherTable(link: {
  readonly recordId: string;
  readonly belongsTo: string;
  readonly linksTo: string;
}): Problem {
  const message = `Record ID ${link.recordId} belongs to table ${link.belongsTo}, but the field links to table ${link.linksTo}`;
  return new Problem("invalid", "records.link-to-other-table", {
    message,
    airtable: { type: "ROW_TABLE_DOES_NOT_MATCH_LINKED_TABLE", message },
  });
}

/** A name in a body or a query that is no field of the table. Code `records.unknown-field`. */
export function unknownField(name: string): Problem {
  const message = `Unknown field name: ${JSON.stringify(name)}`;
  return new Problem("invalid", "records.unknown-field", {
    message,
    fields: { [name]: "unknown" },
    airtable: { type: "UNKNOWN_FIELD_NAME", message },
  });
}

/** `If-Match` names another version than the record has. `current` is the record as it is. Code `records.version-mismatch`. */
export function versionMismatch(current: unknown, version: number): Problem {
  return new Problem("precondition-failed", "records.version-mismatch", {
    message: `The record has changed meanwhile: it is at version ${version}.`,
    extra: { current, version },
    airtable: {
      type: "VERSION_MISMATCH",
      message: `The record has changed meanwhile: it is at version ${version}.`,
    },
  });
}

/** The same record twice in one call. Code `records.repeated-record`. */
export function repeatedRecord(recordId: string): Problem {
  const message = `Record ID ${recordId} appears more than once in the request`;
  return new Problem("invalid", "records.repeated-record", {
    message,
    airtable: { type: "INVALID_RECORDS", message },
  });
}

/** An upsert key that matches several records, or two elements with the same key. Code `records.ambiguous-upsert`. */
export function ambiguousUpsert(detail: string): Problem {
  const message = `Cannot update more than one record ${detail}`;
  return new Problem("invalid", "records.ambiguous-upsert", {
    message,
    airtable: { type: "INVALID_REQUEST_UNKNOWN", message },
  });
}

/** A field that cannot be merged on. Code `records.cannot-merge-on`. */
export function cannotMergeOn(name: string): Problem {
  const message = `Field "${name}" cannot be used to merge on`;
  return new Problem("invalid", "records.cannot-merge-on", {
    message,
    fields: { [name]: "cannot be merged on" },
    airtable: { type: "INVALID_REQUEST_UNKNOWN", message },
  });
}

/** The offset is too old, was changed, or belongs to another listing. Code `records.offset-expired`. */
export function offsetExpired(): Problem {
  return new Problem("invalid", "records.offset-expired", {
    message:
      "The offset has expired or belongs to another listing; start again from the first page.",
    airtable: { type: "LIST_RECORDS_ITERATOR_NOT_AVAILABLE" },
  });
}

/** The offset is not even shaped like one. Code `records.bad-offset`. */
export function badOffset(offset: string): Problem {
  const message = `The value of offset ${offset.slice(0, 100)} is invalid`;
  return new Problem("invalid", "records.bad-offset", {
    message,
    airtable: { type: "INVALID_OFFSET_VALUE", message },
  });
}
