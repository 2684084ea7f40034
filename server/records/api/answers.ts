import { jsonAnswer, textAnswer, type AnswerHeaders, type Scope, type StoredAnswer } from "#kernel";
import { baseTxn } from "../rows/get-record.sql.ts";
import type { RecordJson } from "../rows/record-json.ts";

/** Names the base's last transaction that an answer takes into account. */
export const TXN_HEADER = "x-basalt-txn";

/** One record with its version as ETag. */
export function recordAnswer(answer: {
  readonly record: RecordJson | undefined;
  readonly version: number | undefined;
  readonly txn: number;
}): StoredAnswer {
  const { record = "null", version = 0, txn } = answer;
  return { status: 200, headers: { ...baseHeaders(txn), etag: etagOf(version) }, body: record };
}

/** A list of records, and what else stands beside it. */
export function recordsAnswer(
  records: readonly RecordJson[],
  txn: number,
  more: Readonly<Record<string, unknown>> = {},
): StoredAnswer {
  return { status: 200, headers: baseHeaders(txn), body: recordsBody(records, more) };
}

/** The body of a list of records. */
export function recordsBody(
  records: readonly RecordJson[],
  more: Readonly<Record<string, unknown>> = {},
): string {
  const rest = JSON.stringify(more).slice(1, -1);
  return `{"records":[${records.join(",")}]${rest === "" ? "" : `,${rest}`}}`;
}

/** One record without its version. */
export function writtenAnswer(record: RecordJson, txn: number): StoredAnswer {
  return { status: 200, headers: baseHeaders(txn), body: record };
}

/** Any other JSON about a base. */
export function baseAnswer(value: unknown, txn: number): StoredAnswer {
  return { status: 200, headers: baseHeaders(txn), body: JSON.stringify(value) };
}

/** The number of the base's last transaction; asked before what is answered is read, so that it is at least as new. */
export async function currentTxn({ db }: Scope, baseId: string): Promise<number> {
  const [row] = await db.text(baseTxn(baseId));
  return Number(row?.[0] ?? 0);
}

/** JSON about a base's schema, as it is after what was done. */
export async function answerAfter(
  scope: Scope,
  baseId: string,
  value: unknown,
): Promise<StoredAnswer> {
  return baseAnswer(value, await currentTxn(scope, baseId));
}

/** The answer as it goes out. */
export function sent({ status, headers, body }: StoredAnswer): Response {
  return textAnswer(status, body, headers);
}

/** JSON that belongs to no base. */
export function plainAnswer(value: unknown): Response {
  return jsonAnswer(value);
}

/** A version as it stands in `ETag`, `If-Match` and `If-None-Match`. */
export function etagOf(version: number): string {
  return `"${version}"`;
}

/** What every answer about a base carries. */
export function baseHeaders(txn: number): AnswerHeaders {
  return { "content-type": "application/json; charset=utf-8", [TXN_HEADER]: String(txn) };
}
