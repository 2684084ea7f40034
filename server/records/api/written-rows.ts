import { MERGE_FIELDS_MAX } from "@basalt/contract";
import { isId } from "#kernel";
import { isObject, type Body } from "./call.ts";
import { invalidRecords, invalidRequest, missingFields } from "./refusals.ts";

/** The cells of one record as they came in. */
export type CellsInput = Body;

/** One record of a batch that changes records. */
export interface ChangedRow {
  readonly id: string;
  readonly fields: CellsInput;
}

/** One record of an upsert: with an id it is a plain change. */
export interface UpsertedRow {
  readonly id?: string;
  readonly fields: CellsInput;
}

/** The cells of the one record of a body. Problems: `records.missing-fields`, `records.invalid-request`. */
export function cellsOf(body: Body, path = "fields"): CellsInput {
  const { fields } = body;
  if (fields === undefined) {
    throw missingFields();
  }
  if (!isObject(fields)) {
    throw invalidRequest(path, "must be an object");
  }
  return fields;
}

/**
 * The records to add. Problems: `records.missing-fields`, `records.invalid-records`, `records.invalid-request`.
 */
export function newRowsOf(body: Body, recordsMax: number): { readonly fields: CellsInput }[] {
  const { records } = body;
  if (records === undefined) {
    throw missingFields();
  }
  if (!Array.isArray(records) || records.length === 0 || !records.every(isObject)) {
    throw invalidRecords(
      `You must provide an array of up to ${recordsMax} record objects, each with a "fields" object for cell values.`,
    );
  }
  if (records.length > recordsMax) {
    throw invalidRecords(
      `A maximum of ${recordsMax} records can be created per request but you have provided ${records.length}.`,
    );
  }
  return records.map((record, at) => ({ fields: cellsOf(record, `records.${at}.fields`) }));
}

/** The records to change. Problems: `records.missing-fields`, `records.invalid-records`. */
export function changedRowsOf(body: Body, recordsMax: number): ChangedRow[] {
  return elementsOf(body, recordsMax).map(({ id, fields }) => {
    if (!isId("rec", id) || !isObject(fields)) {
      throw wrongRecords(recordsMax);
    }
    return { id, fields };
  });
}

/** The records to change or add. Problems: `records.missing-fields`, `records.invalid-records`. */
export function upsertedRowsOf(body: Body, recordsMax: number): UpsertedRow[] {
  return elementsOf(body, recordsMax).map(({ id, fields }) => {
    if (!isObject(fields)) {
      throw wrongRecords(recordsMax);
    }
    if (id === undefined || id === null) {
      return { fields };
    }
    if (!isId("rec", id)) {
      throw wrongRecords(recordsMax);
    }
    return { id, fields };
  });
}

/** The fields that an upsert matches on; undefined where the body is no upsert. Problem: `records.invalid-request`. */
export function mergeFieldsOf({ performUpsert }: Body): readonly string[] | undefined {
  if (performUpsert === undefined || performUpsert === null) {
    return undefined;
  }
  const names: unknown = isObject(performUpsert) ? performUpsert["fieldsToMergeOn"] : undefined;
  if (
    !Array.isArray(names) ||
    names.length < 1 ||
    names.length > MERGE_FIELDS_MAX ||
    !names.every((name) => typeof name === "string") ||
    new Set(names).size < names.length
  ) {
    throw invalidRequest(
      "performUpsert.fieldsToMergeOn",
      `must name 1 to ${MERGE_FIELDS_MAX} different fields`,
    );
  }
  return names;
}

/** The ids to delete. Problem: `records.invalid-records`. */
export function recordIdsOf(ids: readonly string[], recordsMax: number): readonly string[] {
  if (ids.length === 0 || ids.length > recordsMax || !ids.every((id) => isId("rec", id))) {
    throw invalidRecords(`You must provide an array of up to ${recordsMax} record IDs.`);
  }
  return ids;
}

function elementsOf({ records, fields }: Body, recordsMax: number): readonly Body[] {
  if (records === undefined && fields === undefined) {
    throw missingFields();
  }
  if (!Array.isArray(records) || records.length === 0 || records.length > recordsMax) {
    throw wrongRecords(recordsMax);
  }
  return records.map((record) => {
    if (!isObject(record)) {
      throw wrongRecords(recordsMax);
    }
    return record;
  });
}

function wrongRecords(recordsMax: number): Error {
  return invalidRecords(
    `You must provide an array of up to ${recordsMax} record objects, each with an "id" ID field and a "fields" object for cell values.`,
  );
}
