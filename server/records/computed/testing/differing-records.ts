import { inBase } from "../../rows/base-writer.ts";
import { recomputeBase } from "../recompute-base.ts";
import type { ComputedBase } from "./computed-base.ts";

/** In how many records computing everything anew gives another value, or another error, than is kept: none, it should be. */
export async function differingRecords({
  scope,
  baseId,
}: Pick<ComputedBase, "scope" | "baseId">): Promise<number> {
  return inBase(scope, baseId, async ({ tx, txn }, schema) =>
    recomputeBase(scope, { tx, txn, schema }),
  );
}
