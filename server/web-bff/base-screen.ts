import { EXACT_COUNT_MAX } from "@basalt/contract";
import { isId, type Scope } from "#kernel";
import { airtableTable, countRows, noteOpened, schemaOf, type TableCount } from "#records";
import { allow, baseOf, notFound } from "#workspaces";
import { baseCard, type BaseCard } from "./base-card.ts";

/** What the screen of a base shows before a table is chosen. */
export interface BaseScreen {
  readonly base: BaseCard;
  readonly tables: readonly ReturnType<typeof airtableTable>[];
  readonly counts: readonly TableCount[];
}

/** Problems: those of `allow`. */
export async function baseScreen(scope: Scope, baseId: string): Promise<BaseScreen> {
  if (!isId("app", baseId)) {
    throw notFound();
  }
  await allow(scope, "schema.read", { baseId });
  await allow(scope, "records.read", { baseId });
  const [base, counts, { tables }] = await Promise.all([
    baseOf(scope, baseId),
    countRows(scope, { baseId, most: EXACT_COUNT_MAX }),
    schemaOf(scope, baseId),
    noteOpened(scope, { baseId }),
  ]);
  return {
    base: baseCard(base),
    tables: tables.map((table) => airtableTable(table, { visibleFieldIds: true })),
    counts,
  };
}
