import { newId, usageGate, type Scope, type TextRow } from "#kernel";
import { allow } from "#workspaces";
import type { Stored } from "../field-types/field-type.ts";
import { typeOf } from "../field-types/registry.ts";
import { wantIndexesOfMerge } from "../indexes/index-keeper.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import { insertCells, updateCells, type Settled } from "./apply-rows.ts";
import type { BaseChange } from "./base-change.ts";
import { countCreated } from "./count-created.ts";
import { answerOf } from "./create-records.ts";
import { fieldOf, type PlannedCells, type WrittenRow } from "./plan-cells.ts";
import { ambiguousUpsert, cannotMergeOn } from "./problems.ts";
import { refuseRepeated } from "./update-records.ts";
import { matchingRecords } from "./upsert-records.sql.ts";
import {
  prepared,
  runCall,
  type PreparedCall,
  type WriteCall,
  type WrittenRecords,
} from "./write-call.ts";

export interface UpsertedRecords extends WriteCall {
  readonly rows: readonly WrittenRow[];
  /** One to three fields, by name or id. */
  readonly mergeOn: readonly string[];
  readonly replace: boolean;
}

/**
 * Changes the records that the merge fields find and adds the others, all or none. An element with an id is a plain
 * update; one whose key has an empty part never matches.
 * Problems: as `updateRecords`, and `records.ambiguous-upsert`, `records.cannot-merge-on`.
 */
export async function upsertRecords(scope: Scope, call: UpsertedRecords): Promise<WrittenRecords> {
  const { baseId } = call.table;
  await allow(scope, "records.write", { baseId });
  refuseRepeated(call.rows.flatMap((row) => row.id ?? []));
  const written = await prepared(scope, { ...call, creating: false }, async (ready) => {
    const keyFields = call.mergeOn.map((name) => mergeField(ready.table, name));
    wantIndexesOfMerge(scope, ready.table, keyFields);
    return runCall(scope, { ...ready, ...answerOf(call) }, async (change, settled) => {
      const targets = await findTargets(change, ready, keyFields);
      const added = targets.filter(({ isNew }) => isNew).length;
      if (added > 0) {
        scope.parts.of(usageGate).require({ baseId }, "records", added);
      }
      return applyTargets(change, ready.table, { targets, settled, replace: call.replace });
    });
  });
  countCreated(scope, { baseId }, written.createdIds?.length ?? 0);
  return written;
}

interface Target {
  readonly id: string;
  readonly isNew: boolean;
  readonly cells: PlannedCells;
}

/** Problem: `records.cannot-merge-on`. */
function mergeField(table: Table, name: string): Field {
  const field = fieldOf(table, name);
  if (typeOf(field).mergeType === null) {
    throw cannotMergeOn(field.name);
  }
  return field;
}

async function findTargets(
  change: BaseChange,
  { table, plan }: PreparedCall,
  fields: readonly Field[],
): Promise<Target[]> {
  const keys = plan.rows.map((row) =>
    row.id === undefined ? keyOf(row.cells, fields) : undefined,
  );
  refuseRepeatedKeys(keys);
  const wanted = keys.flatMap((key, at) => (key === undefined ? [] : [{ at, key }]));
  const found = new Map<number, string>();
  if (wanted.length > 0) {
    for (const [at, id] of await change.rows(matchingRecords(table, fields, wanted))) {
      if (found.has(Number(at))) {
        throw ambiguousUpsert("with the same values in the fields to merge on.");
      }
      found.set(Number(at), id ?? "");
    }
  }
  const targets = plan.rows.map(({ id, cells }, at) => {
    const target = id ?? found.get(at);
    return { id: target ?? newId("rec"), isNew: target === undefined, cells };
  });
  refuseSharedTargets(targets);
  return targets;
}

/** The values to compare, or nothing where one of them is empty. */
function keyOf(cells: PlannedCells, fields: readonly Field[]): Stored[] | undefined {
  const key = fields.map((field) => cells.get(field) ?? null);
  return key.includes(null) ? undefined : key;
}

function refuseRepeatedKeys(keys: readonly (Stored[] | undefined)[]): void {
  const seen = new Set<string>();
  for (const key of keys) {
    const text = key === undefined ? undefined : JSON.stringify(key);
    if (text !== undefined && seen.has(text)) {
      throw ambiguousUpsert("of the request with the same values in the fields to merge on.");
    }
    if (text !== undefined) {
      seen.add(text);
    }
  }
}

function refuseSharedTargets(targets: readonly Target[]): void {
  const ids = new Set(targets.map((target) => target.id));
  if (ids.size < targets.length) {
    throw ambiguousUpsert("element of the request into the same record.");
  }
}

async function applyTargets(
  change: BaseChange,
  table: Table,
  {
    targets,
    settled,
    replace,
  }: { readonly targets: readonly Target[]; readonly settled: Settled; readonly replace: boolean },
): Promise<{ rows: TextRow[]; createdIds: string[]; updatedIds: string[] }> {
  const created = targets.filter((target) => target.isNew);
  const updated = targets.filter((target) => !target.isNew);
  const rows = new Map<string, TextRow>();
  for (const row of await insertCells(change, table, { rows: created, settled })) {
    rows.set(row[0] ?? "", row);
  }
  for (const row of await updateCells(change, table, {
    rows: updated,
    settled,
    replace,
    single: false,
  })) {
    rows.set(row[0] ?? "", row);
  }
  return {
    rows: targets.map((target) => rows.get(target.id) ?? []),
    createdIds: created.map((target) => target.id),
    updatedIds: updated.map((target) => target.id),
  };
}
