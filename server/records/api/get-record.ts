import { getRecord } from "../rows/get-record.ts";
import type { Table } from "../schema/base-schema.ts";
import { etagOf } from "./answers.ts";
import type { Call } from "./call.ts";
import type { ReadBody } from "./hot-read.ts";
import { listOf } from "./query-string.ts";
import { shapeOfQuery } from "./record-shape.ts";
import { invalidRequest } from "./refusals.ts";

/** `GET /v0/{baseId}/{tableIdOrName}/{recordId}` */
export async function readOneRecord(
  { scope, query, params }: Call,
  table: Table,
): Promise<ReadBody> {
  if (listOf(query, "fields").length > 0) {
    throw invalidRequest("fields", "is not supported for a single record");
  }
  const shape = shapeOfQuery(query);
  const read = await getRecord(scope, { table, recordId: params.recordId, shape });
  return { ...read, body: read.record, etag: etagOf(read.version) };
}
