import { partsOf } from "#kernel";
import { allow } from "#workspaces";
import { hotReads } from "../hot/hot-reads.ts";
import { TXN_HEADER } from "./answers.ts";
import type { Call } from "./call.ts";
import { invalidRequest } from "./refusals.ts";

/** On a request: answer only when the base is at least at this transaction, as `x-basalt-txn` of an earlier answer told. */
const MIN_TXN_HEADER = "x-basalt-min-txn";

/**
 * Waits until the base is as new as the request asks for; nobody waits for a base that they may not see.
 * Problems: `records.invalid-request`, `records.txn-not-reached`.
 */
export async function reachMinTxn(call: Call): Promise<void> {
  const minTxn = minTxnOf(call);
  const { scope, params } = call;
  if (minTxn === 0 || params.baseId === "") {
    return;
  }
  const mayRead = await allow(scope, "records.read", { baseId: params.baseId }).then(
    () => true,
    () => false,
  );
  if (mayRead) {
    await scope.parts.of(hotReads).bases.reach(scope, params.baseId, minTxn);
  }
}

/** What an answer shows, no later one of this process may fall behind. */
export function noteTxn({ scope, params }: Call, response: Response): void {
  const txn = Number(partsOf(response)?.headers[TXN_HEADER] ?? 0);
  if (txn > 0 && params.baseId !== "") {
    scope.parts.of(hotReads).bases.saw(params.baseId, txn);
  }
}

function minTxnOf({ request }: Call): number {
  const text = request.headers.get(MIN_TXN_HEADER);
  if (text === null) {
    return 0;
  }
  if (!/^\d{1,15}$/.test(text)) {
    throw invalidRequest(MIN_TXN_HEADER, "must be a whole number");
  }
  return Number(text);
}
