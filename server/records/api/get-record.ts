import { getRecord } from "../rows/get-record.ts";
import { recordAnswer, sent } from "./answers.ts";
import { openTable, type Call } from "./call.ts";
import { isKnown } from "./conditions.ts";
import { listOf } from "./query-string.ts";
import { shapeOfQuery } from "./record-shape.ts";
import { invalidRequest } from "./refusals.ts";

/** `GET /v0/{baseId}/{tableIdOrName}/{recordId}`; 304 where `If-None-Match` names the version. */
export async function getOneRecord(call: Call): Promise<Response> {
  const table = await openTable(call, "records.read");
  const { scope, query, request, params } = call;
  if (listOf(query, "fields").length > 0) {
    throw invalidRequest("fields", "is not supported for a single record");
  }
  const shape = shapeOfQuery(query);
  const answer = recordAnswer(await getRecord(scope, { table, recordId: params.recordId, shape }));
  if (isKnown(request, answer.headers["etag"] ?? "")) {
    return new Response(null, { status: 304, headers: answer.headers });
  }
  return sent(answer);
}
