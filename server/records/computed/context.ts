import { userProfiles } from "#identity";
import type { Scope, Tx } from "#kernel";
import { baseCollaborators } from "#workspaces";
import type { ComputedState } from "../field-types/computed.ts";
import type { BaseSchema } from "../schema/base-schema.ts";
import { setContext } from "./context.sql.ts";
import { namedPeople, rememberPeople, rememberPeopleOfRows } from "./named-people.sql.ts";

const provided = new WeakSet<Tx>();

/** A transaction of a base. */
export interface BaseTransaction {
  readonly scope: Scope;
  readonly tx: Tx;
  readonly schema: BaseSchema;
  /** Its number; 0 for one that only reads. */
  readonly txn: number;
}

/**
 * Gives the transaction what formulas need to know that is in no row: the instant, and the names of the base's people, those who
 * have left included.
 */
export async function provideContext({ scope, tx, schema, txn }: BaseTransaction): Promise<void> {
  if (provided.has(tx)) {
    return;
  }
  provided.add(tx);
  const { baseId } = schema;
  const asSystem = { ...scope, db: tx, actor: { kind: "system", name: "formulas" } } as const;
  const present = await baseCollaborators(asSystem, baseId);
  const known = new Map((await tx.text(namedPeople(baseId))) as [string, string | null][]);
  const newcomers = present.map(({ id }) => id).filter((id) => !known.has(id));
  if (newcomers.length > 0 && txn > 0) {
    await tx.run(rememberPeople(baseId, newcomers));
  }
  const here = new Set<string>(present.map(({ id }) => id));
  const gone = [...known.keys()].filter((id) => !here.has(id));
  const left = gone.length === 0 ? [] : (await userProfiles(asSystem, gone)).values();
  const names = {
    ...Object.fromEntries([...known].flatMap(([id, name]) => (name === null ? [] : [[id, name]]))),
    ...Object.fromEntries([...left, ...present].map(({ id, name, email }) => [id, name || email])),
  };
  await tx.text(setContext({ now: scope.now(), names: JSON.stringify(names) }));
}

/** Remembers whoever stands in the rows of a base, where formulas read names and the rows are older than the formulas. */
export async function rememberNamed(
  tx: Pick<Tx, "run">,
  { tables }: Pick<BaseSchema, "tables">,
): Promise<void> {
  const follows = tables.some(({ fields }) =>
    fields.some(({ options }) => (options as ComputedState).volatile === true),
  );
  for (const table of follows ? tables : []) {
    await tx.run(rememberPeopleOfRows(table));
  }
}
