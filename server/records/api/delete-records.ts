import type { StoredAnswer } from "#kernel";
import { deleteRecords } from "../rows/delete-records.ts";
import { baseAnswer, sent } from "./answers.ts";
import { limitsOf, openTable, type Call } from "./call.ts";
import { ifMatchOf, refuseIfMatch } from "./conditions.ts";
import { listOf } from "./query-string.ts";
import { recordIdsOf } from "./written-rows.ts";

interface Deleted {
  readonly ids: readonly string[];
  readonly txn: number;
}

/** `DELETE /v0/{baseId}/{tableIdOrName}/{recordId}` */
export async function deleteOneRecord(call: Call): Promise<Response> {
  const table = await openTable(call, "records.write");
  const { scope, params, request } = call;
  const deleted = await deleteRecords(scope, {
    table,
    ids: [params.recordId],
    single: true,
    ...ifMatchOf(request),
    answer: oneDeleted,
  });
  return sent(oneDeleted(deleted));
}

/** `DELETE /v0/{baseId}/{tableIdOrName}?records[]=…` */
export async function deleteManyRecords(call: Call): Promise<Response> {
  const table = await openTable(call, "records.write");
  const { scope, query, request } = call;
  refuseIfMatch(request);
  const ids = recordIdsOf(listOf(query, "records"), limitsOf(call).recordsMax);
  const deleted = await deleteRecords(scope, { table, ids, single: false, answer: manyDeleted });
  return sent(manyDeleted(deleted));
}

function oneDeleted({ ids, txn }: Deleted): StoredAnswer {
  return baseAnswer({ id: ids[0], deleted: true }, txn);
}

function manyDeleted({ ids, txn }: Deleted): StoredAnswer {
  return baseAnswer({ records: ids.map((id) => ({ id, deleted: true })) }, txn);
}
