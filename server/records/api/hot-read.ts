import { hash } from "node:crypto";
import { isTagNamed, textAnswer, type Scope } from "#kernel";
import { isComputing, untilComputed } from "../computed/computing-state.ts";
import { computedGraph } from "../computed/graph.ts";
import { hotReads, type FoundRead } from "../hot/hot-reads.ts";
import type { RecordJson } from "../rows/record-json.ts";
import type { Lasting } from "../rows/lasting.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import type { Table } from "../schema/base-schema.ts";
import { baseHeaders } from "./answers.ts";
import { isExtended, openTable, type Call, type Endpoint } from "./call.ts";
import { COMPUTING_HEADER, wantsToWait } from "./computing.ts";
import { targetOf } from "./match-route.ts";
import { textOf } from "./query-string.ts";

/** What an endpoint read, before it is an answer. */
export interface ReadBody {
  readonly body: RecordJson;
  /** Absent: made from the body. */
  readonly etag?: string;
  readonly txn: number;
  readonly lasting: Lasting;
}

/** Reads what a GET asks for of a table that its caller may read. */
export type Read = (call: Call, table: Table) => Promise<ReadBody>;

/**
 * A GET whose answers are kept in memory, ready to be answered again before a `Request` is made: see `hotReads`. It waits
 * for computed fields where `Prefer: wait=computed` asks for it, says so where they are behind, and answers 304 where
 * `If-None-Match` names what the caller has.
 */
export function hotRead(endpoint: string, read: Read): Endpoint {
  return async (call) => {
    const { scope, params, request, query } = call;
    const table = await openTable(call, "records.read");
    const waits = wantsToWait(call);
    const load = async (loading: Scope): Promise<FoundRead> => {
      const schema = await schemaOf(loading, table.baseId);
      const computes = computedGraph(schema).byField.size > 0;
      if (waits && computes) {
        await untilComputed(loading, schema);
      }
      // Asked before the read: what is done meanwhile makes the answer better than it says, never worse.
      const computing = computes && (await isComputing(loading, schema, table.id));
      const found = await read({ ...call, scope: loading }, table);
      return { ...found, computing, etag: found.etag ?? tagOf(found.body) };
    };
    const wanted = {
      baseId: table.baseId,
      tableId: table.id,
      recordId: params.recordId === "" ? undefined : params.recordId,
      target: targetOf(request.url),
      extended: isExtended(call),
      endpoint,
      isWide: textOf(query, "cellFormat") !== undefined,
    };
    const given = waits
      ? await load(scope)
      : await scope.parts.of(hotReads).read(scope, wanted, load);
    const { body, etag, txn, computing } = given;
    const headers = {
      ...baseHeaders(txn),
      etag,
      ...(computing && { [COMPUTING_HEADER]: "true" }),
    };
    return isTagNamed(request.headers.get("if-none-match"), etag)
      ? new Response(null, { status: 304, headers })
      : textAnswer(200, body, headers);
  };
}

/** Half of a SHA-256 of the bytes: the same for every process, and for the same page at another time. */
function tagOf(body: string): string {
  return `W/"${hash("sha256", body, "base64url").slice(0, 22)}"`;
}
