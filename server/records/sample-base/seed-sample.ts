import { setTimeout as wait } from "node:timers/promises";
import { firstAdministrator } from "#identity";
import { inTransaction, type Scope } from "#kernel";
import { addMember, createWorkspace } from "#workspaces";
import type { BaseContent } from "../base-files/base-content.ts";
import { loadBase } from "../base-files/import-base.ts";
import { setChangeTimeouts } from "../schema/change-schema.sql.ts";
import { loadSchema } from "../schema/schema-cache.ts";
import { defineBase } from "../templates/define-base.ts";
import { storeSampleFiles, type SampleFiles } from "./sample-files.ts";
import { planSample, sampleRecords, sampleSize, type SampleTable } from "./sample-records.ts";
import { sampleSource } from "./sample-source.ts";
import {
  giveTicketsTo,
  sampleFact,
  trySampleLock,
  writeSampleFact,
  type SampleFact,
} from "./seed-sample.sql.ts";

const ORDERS = 100_000;
const WORKSPACE_NAME = "Sample";
/** How often one looks whether somebody is there to own the sample; ends with the first administrator. */
const OWNER_POLL_MS = 500;

/**
 * Seeds the sample base on the first run, unless the settings say no, and gives it to the first administrator: at once, or
 * as soon as the first user has registered. Everything is one transaction, so a process that dies half-way leaves nothing
 * and the next start begins anew; of several processes one seeds. A base that was deleted does not come back.
 *
 * Resolves when the sample has an owner, or rejects when the scope's signal ends the waiting.
 */
export async function seedSample(
  scope: Scope,
  { orders = ORDERS }: { readonly orders?: number } = {},
): Promise<void> {
  await makeSampleBase(scope, { orders });
  await giveSampleAway(scope);
}

/** The first part: the base, in a workspace without members. Takes seconds of computing and much memory. */
export async function makeSampleBase(
  scope: Scope,
  { orders = ORDERS }: { readonly orders?: number } = {},
): Promise<void> {
  if (scope.config.sample && !(await hasSample(scope))) {
    await seed(scope, orders);
  }
}

/** True where the sample has been made, also when it was deleted since. */
export async function hasSample(scope: Scope): Promise<boolean> {
  return (await knownFact(scope)) !== undefined;
}

/** The second part: waits for an owner where there is none yet. */
export async function giveSampleAway(scope: Scope): Promise<void> {
  const fact = await knownFact(scope);
  if (fact !== undefined && fact.ownerId === null) {
    await giveToOwner(scope);
  }
}

async function knownFact(scope: Scope): Promise<SampleFact | undefined> {
  return (await scope.db.maybe<{ value: SampleFact }>(sampleFact()))?.value;
}

/** Another process that seeds at this moment is waited for. */
async function seed(scope: Scope, orders: number): Promise<SampleFact> {
  const began = performance.now();
  const files = await storeSampleFiles(scope);
  for (;;) {
    const fact = await inTransaction(scope, async (tx) => {
      await tx.db.run(setChangeTimeouts());
      const { mine } = await tx.db.one<{ mine: boolean }>(trySampleLock());
      if (!mine) {
        return undefined;
      }
      return (await knownFact(tx)) ?? (await makeSample(tx, orders, files));
    });
    if (fact !== undefined) {
      const seconds = Math.round((performance.now() - began) / 100) / 10;
      scope.log.info({ baseId: fact.baseId, orders, seconds }, "the sample base is there");
      return fact;
    }
    await wait(OWNER_POLL_MS, undefined, { signal: scope.signal, ref: false });
  }
}

async function makeSample(scope: Scope, orders: number, files: SampleFiles): Promise<SampleFact> {
  const { id: workspaceId } = await createWorkspace(scope, { name: WORKSPACE_NAME });
  const content = sampleContent(orders, files);
  const { id: baseId } = await loadBase(scope, content, { workspaceId, keepIds: true });
  const fact = { baseId, workspaceId, ownerId: null };
  await scope.db.run(writeSampleFact(fact));
  return fact;
}

/** The sample as an import takes it in. The ids of its schema are new each time, everything else is the same. */
export function sampleContent(orders: number, files: SampleFiles): BaseContent {
  const base = defineBase(sampleSource);
  const plan = planSample(sampleSize(orders), files);
  const names = new Map(base.definition.tables.map(({ id, name }) => [id, name]));
  const { description, color, icon } = sampleSource;
  return {
    definition: base.definition,
    look: { description, color, icon },
    nextNumbers: new Map(),
    users: [],
    files: new Map(
      [...files.pictures, ...files.texts].map(
        ({ id: _id, filename: _name, type: _type, ...file }) => [file.hash, file],
      ),
    ),
    missingFiles: new Set(),
    recordsAt: (tableId) => names.get(tableId) ?? tableId,
    records: (tableId) => sampleRecords(base, names.get(tableId) as SampleTable, plan),
    comments: () => noComments(),
  };
}

/** Comments need people, and there may be none yet. */
async function* noComments(): AsyncGenerator<never, void, undefined> {
  yield* [];
}

async function giveToOwner(scope: Scope): Promise<void> {
  for (;;) {
    const ownerId = await firstAdministrator(scope);
    if (ownerId !== undefined) {
      await inTransaction(scope, (tx) => give(tx, ownerId));
      return;
    }
    await wait(OWNER_POLL_MS, undefined, { signal: scope.signal, ref: false });
  }
}

/** Nobody could look into the base before, so this is still part of making it and stands in no log. */
async function give(scope: Scope, ownerId: string): Promise<void> {
  const { mine } = await scope.db.one<{ mine: boolean }>(trySampleLock());
  const fact = await knownFact(scope);
  if (!mine || fact === undefined || fact.ownerId !== null) {
    return;
  }
  const { tables } = await loadSchema(scope, fact.baseId);
  const table = tables.find(({ name }) => name === "Tickets");
  const [one, list] = [table?.fieldsByName.get("Assignee"), table?.fieldsByName.get("Followers")];
  if (table !== undefined && one !== undefined && list !== undefined) {
    await scope.db.run(giveTicketsTo(table, ownerId, { one, list }));
  }
  await addMember(scope, { workspaceId: fact.workspaceId }, { userId: ownerId, role: "owner" });
  await scope.db.run(writeSampleFact({ ...fact, ownerId }));
}
