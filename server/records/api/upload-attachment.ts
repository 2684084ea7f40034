import { UPLOAD_SIZE_MAX_BYTES, uploadAttachmentBody } from "@basalt/contract";
import { Problem, UPLOAD_BODY_SIZE_MAX_BYTES, type StoredAnswer } from "#kernel";
import { cellRefused } from "../field-types/refusals.ts";
import { addAttachment } from "../rows/add-attachment.ts";
import { recordNotFound, unknownField } from "../rows/problems.ts";
import type { RecordJson } from "../rows/record-json.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { sent, writtenAnswer } from "./answers.ts";
import { openBase, parseBody, type Call } from "./call.ts";
import { invalidRequest } from "./refusals.ts";
import { tablesWithRecord } from "./upload-attachment.sql.ts";

/** `POST /v0/{baseId}/{recordId}/{fieldIdOrName}/uploadAttachment` */
export async function uploadAttachment(call: Call): Promise<Response> {
  const schema = await openBase(call, "records.write");
  const { scope, params } = call;
  const { contentType, filename, file } = await parseBody(call, uploadAttachmentBody, {
    sizeMaxBytes: UPLOAD_BODY_SIZE_MAX_BYTES,
  });
  const bytes = bytesOf(file);
  const { table, field } = await cellOf(call, schema);
  if (field.type !== "multipleAttachments") {
    throw cellRefused(field, "not an attachment field");
  }
  const { recordId } = params;
  const cell = { table, field, recordId, bytes, filename, contentType };
  return sent(added(await addAttachment(scope, { ...cell, answer: added })));
}

function added({
  record,
  txn,
}: {
  readonly record: RecordJson;
  readonly txn: number;
}): StoredAnswer {
  return writtenAnswer(record, txn);
}

/** Problems: `records.invalid-request`, `records.upload-too-large`. */
function bytesOf(base64: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = Uint8Array.fromBase64(base64);
  } catch {
    throw invalidRequest("file", "must be base64");
  }
  if (bytes.length > UPLOAD_SIZE_MAX_BYTES) {
    throw new Problem("too-large", "records.upload-too-large", {
      message: `The file is larger than ${UPLOAD_SIZE_MAX_BYTES} bytes.`,
      airtable: { type: "REQUEST_TOO_LARGE", message: "Request body is too large" },
    });
  }
  return bytes;
}

interface Cell {
  readonly table: Table;
  readonly field: Field;
}

/**
 * The path names no table: a field's id tells which, a field's name may stand in several, and then the record decides.
 * Problems: `records.unknown-field`, `records.record-not-found`.
 */
async function cellOf({ scope, params }: Call, schema: BaseSchema): Promise<Cell> {
  const { fieldIdOrName, recordId } = params;
  const cells = schema.tables.flatMap((table): Cell[] => {
    const field = table.fieldsById.get(fieldIdOrName) ?? table.fieldsByName.get(fieldIdOrName);
    return field === undefined ? [] : [{ table, field }];
  });
  const [first, second] = cells;
  if (first === undefined) {
    throw unknownField(fieldIdOrName);
  }
  if (second === undefined) {
    return first;
  }
  const tables = cells.map(({ table }) => table);
  const found = await scope.db.maybe<{ readonly tableId: string }>(
    tablesWithRecord(tables, recordId),
  );
  const cell = cells.find(({ table }) => table.id === found?.tableId);
  if (cell === undefined) {
    throw recordNotFound();
  }
  return cell;
}
