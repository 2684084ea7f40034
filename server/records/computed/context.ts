import { baseCollaborators } from "#workspaces";
import type { Scope, Tx } from "#kernel";
import type { BaseSchema } from "../schema/base-schema.ts";
import { setContext } from "./context.sql.ts";

const provided = new WeakSet<Tx>();

/** Gives the transaction what formulas need to know that is in no row: the instant, and the names of the base's people. */
export async function provideContext({
  scope,
  tx,
  schema,
}: {
  readonly scope: Scope;
  readonly tx: Tx;
  readonly schema: BaseSchema;
}): Promise<void> {
  if (provided.has(tx)) {
    return;
  }
  provided.add(tx);
  const people = await baseCollaborators(
    { ...scope, db: tx, actor: { kind: "system", name: "formulas" } },
    schema.baseId,
  );
  const names = Object.fromEntries(people.map(({ id, name, email }) => [id, name || email]));
  await tx.text(setContext({ now: scope.now(), names: JSON.stringify(names) }));
}
