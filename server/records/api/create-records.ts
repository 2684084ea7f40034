import type { StoredAnswer } from "#kernel";
import { createRecords } from "../rows/create-records.ts";
import type { WrittenRecords } from "../rows/write-call.ts";
import { recordAnswer, recordsAnswer, sent } from "./answers.ts";
import { caughtUp } from "./caught-up.ts";
import { flagIn, limitsOf, openTable, readBody, type Call } from "./call.ts";
import { writtenShape } from "./record-shape.ts";
import { cellsOf, newRowsOf } from "./written-rows.ts";

/** `POST /v0/{baseId}/{tableIdOrName}`: one record where the body has `fields`, else those of `records`. */
export async function postRecords(call: Call): Promise<Response> {
  const table = await openTable(call, "records.write");
  const body = await readBody(call);
  const isSingle = body["fields"] !== undefined;
  const rows = isSingle ? [{ fields: cellsOf(body) }] : newRowsOf(body, limitsOf(call).recordsMax);
  const answer = isSingle ? oneWritten : manyWritten;
  const shape = writtenShape(flagIn(body, "returnFieldsByFieldId"));
  const typecast = flagIn(body, "typecast");
  const written = await createRecords(call.scope, { table, rows, typecast, shape, answer });
  return sent(answer(await caughtUp(call, written, { table, shape })));
}

/** The answer to a write of one record. */
export function oneWritten({ records, versions, txn }: WrittenRecords): StoredAnswer {
  return recordAnswer({ record: records[0], version: versions[0], txn });
}

/** The answer to a write of several. */
export function manyWritten({ records, txn }: WrittenRecords): StoredAnswer {
  return recordsAnswer(records, txn);
}
