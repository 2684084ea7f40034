import type { StoredAnswer } from "#kernel";
import type { RecordShape } from "../rows/record-json.ts";
import { updateRecords } from "../rows/update-records.ts";
import { upsertRecords } from "../rows/upsert-records.ts";
import type { WrittenRecords } from "../rows/write-call.ts";
import type { Table } from "../schema/base-schema.ts";
import { recordsAnswer, sent } from "./answers.ts";
import { caughtUp } from "./caught-up.ts";
import {
  flagIn,
  limitsOf,
  openTable,
  readBody,
  type Body,
  type Call,
  type Endpoint,
} from "./call.ts";
import { ifMatchOf, refuseIfMatch } from "./conditions.ts";
import { manyWritten, oneWritten } from "./create-records.ts";
import { writtenShape } from "./record-shape.ts";
import { cellsOf, changedRowsOf, mergeFieldsOf, upsertedRowsOf } from "./written-rows.ts";

/** `PATCH /v0/{baseId}/{tableIdOrName}/{recordId}` */
export const patchRecord: Endpoint = (call) => updateOne(call, false);
/** `PUT /v0/{baseId}/{tableIdOrName}/{recordId}` */
export const putRecord: Endpoint = (call) => updateOne(call, true);
/** `PATCH /v0/{baseId}/{tableIdOrName}` */
export const patchRecords: Endpoint = (call) => updateMany(call, false);
/** `PUT /v0/{baseId}/{tableIdOrName}` */
export const putRecords: Endpoint = (call) => updateMany(call, true);

async function updateOne(call: Call, replace: boolean): Promise<Response> {
  const table = await openTable(call, "records.write");
  const { scope, params, request } = call;
  const body = await readBody(call);
  const write = writeOf(table, body);
  const written = await updateRecords(scope, {
    ...write,
    rows: [{ id: params.recordId, fields: cellsOf(body) }],
    replace,
    single: true,
    ...ifMatchOf(request),
    answer: oneWritten,
  });
  return sent(oneWritten(await caughtUp(call, written, write)));
}

async function updateMany(call: Call, replace: boolean): Promise<Response> {
  const table = await openTable(call, "records.write");
  const { scope, request } = call;
  const body = await readBody(call);
  const { recordsMax } = limitsOf(call);
  refuseIfMatch(request);
  const mergeOn = mergeFieldsOf(body);
  const write = writeOf(table, body);
  if (mergeOn === undefined) {
    const written = await updateRecords(scope, {
      ...write,
      rows: changedRowsOf(body, recordsMax),
      replace,
      single: false,
      answer: manyWritten,
    });
    return sent(manyWritten(await caughtUp(call, written, write)));
  }
  const written = await upsertRecords(scope, {
    ...write,
    rows: upsertedRowsOf(body, recordsMax),
    mergeOn,
    replace,
    answer: upserted,
  });
  return sent(upserted(await caughtUp(call, written, write)));
}

interface Write {
  readonly table: Table;
  readonly typecast: boolean;
  readonly shape: RecordShape;
}

function writeOf(table: Table, body: Body): Write {
  return {
    table,
    typecast: flagIn(body, "typecast"),
    shape: writtenShape(flagIn(body, "returnFieldsByFieldId")),
  };
}

function upserted({
  records,
  txn,
  createdIds = [],
  updatedIds = [],
}: WrittenRecords): StoredAnswer {
  return recordsAnswer(records, txn, { createdRecords: createdIds, updatedRecords: updatedIds });
}
