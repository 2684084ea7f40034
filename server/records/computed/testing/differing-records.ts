import { inBase } from "../../rows/base-writer.ts";
import { emptySchema, fieldsOf, loadSchema } from "../../schema/schema-cache.ts";
import { recomputeBase } from "../recompute-base.ts";
import { settleDefinitions } from "../settle-definitions.ts";
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

/** Computed fields of which something else is kept than working them all out anew gives: none, it should be. */
export async function differingDefinitions({
  scope,
  baseId,
}: Pick<ComputedBase, "scope" | "baseId">): Promise<readonly string[]> {
  return inBase(scope, baseId, async ({ tx }) => {
    const kept = await loadSchema({ db: tx }, baseId);
    const anew = await settleDefinitions(tx, kept, emptySchema(baseId));
    const now = fieldsOf(anew);
    return [...fieldsOf(kept).values()].flatMap((field) =>
      now.get(field.id) === field ? [] : [field.name],
    );
  });
}
