import { Problem } from "#kernel";

/** An unknown path, or an id in it that has not the shape of its kind. Code `records.route-not-found`. */
export function routeNotFound(): Problem {
  return new Problem("not-found", "records.route-not-found", {
    message: "There is no such path, or an id in it is malformed.",
    airtable: { type: "NOT_FOUND", bare: true },
  });
}

/** A path that is known, asked with a method that is not. Code `records.method-not-allowed`. */
export function methodNotAllowed(methods: readonly string[]): Problem {
  const message = `Allowed here: ${methods.join(", ")}.`;
  return new Problem("method-not-allowed", "records.method-not-allowed", {
    message,
    airtable: { type: "METHOD_NOT_ALLOWED", message },
  });
}

/** A parameter or member of the body with the wrong shape or out of range. Code `records.invalid-request`. */
export function invalidRequest(name: string, rule: string): Problem {
  return new Problem("invalid", "records.invalid-request", {
    message: `${name}: ${rule}.`,
    fields: { [name]: rule },
  });
}

/** A body without what it is about. Code `records.missing-fields`. */
export function missingFields(): Problem {
  const message = 'Could not find field "fields" in the request body';
  return new Problem("invalid", "records.missing-fields", {
    message,
    fields: { fields: "missing" },
    airtable: { type: "INVALID_REQUEST_MISSING_FIELDS", message },
  });
}

/** A list of records or ids that cannot be used: too many, none, twice the same, wrong elements. Code `records.invalid-records`. */
export function invalidRecords(message: string): Problem {
  return new Problem("invalid", "records.invalid-records", {
    message,
    fields: { records: message },
    airtable: { type: "INVALID_RECORDS", message },
  });
}

/** A view that the table does not have. Code `records.unknown-view`. */
export function unknownView(text: string, by: "id" | "name"): Problem {
  const message = `View ${text} not found`;
  return new Problem("invalid", "records.unknown-view", {
    message,
    airtable: { type: by === "id" ? "VIEW_ID_NOT_FOUND" : "VIEW_NAME_NOT_FOUND", message },
  });
}

/** Ids that do not belong together, such as a view of another table. Code `records.mismatched-ids`. */
export function mismatchedIds(message: string): Problem {
  return new Problem("invalid", "records.mismatched-ids", {
    message,
    airtable: { type: "FAILED_STATE_CHECK" },
  });
}

/** An object below a base or workspace that is not there. Code `records.collaborator-not-found`. */
export function objectNotFound(what: "collaborator"): Problem {
  const message = `${what.charAt(0).toUpperCase()}${what.slice(1)} not found`;
  return new Problem("not-found", `records.${what}-not-found`, {
    message,
    airtable: { type: "MODEL_ID_NOT_FOUND", message },
  });
}
