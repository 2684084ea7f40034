import type { Scope } from "#kernel";
import type { ComputedState } from "../field-types/computed.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import type { SchemaChange } from "../schema/change-schema.ts";
import { makeColumnRoom } from "../schema/column-room.ts";
import { fieldsOf } from "../schema/schema-cache.ts";
import { isComputed } from "./definitions.ts";
import { rememberNamed } from "./context.ts";
import { setCurrentTxn } from "./context.sql.ts";
import { computedGraph, type ComputedNode } from "./graph.ts";
import { propagate, type Computing } from "./propagate.ts";
import { isRaised } from "./raised-errors.ts";
import { computingIn } from "./recompute-base.ts";
import { hasErrors } from "./row-plan.sql.ts";
import { hasComputed, settleDefinitions } from "./settle-definitions.ts";
import {
  addComputedColumn,
  addErrorsColumn,
  addTouchedColumn,
  beginWatching,
  dropComputedColumn,
} from "./settle.sql.ts";
import { stepOf } from "./steps.sql.ts";
import { isUntouched } from "./untouched.ts";
import { watchedFields } from "./watched-fields.ts";

/** Rows that a change of the schema computes itself; what is more is computed behind it. */
const ROWS_MAX = 100_000;

/** A change of the schema that has been made, but for what computed fields make of it. */
export interface MadeChange extends Pick<
  SchemaChange,
  "tx" | "before" | "txn" | "dropViews" | "publish"
> {
  /** The schema with the change. */
  readonly after: BaseSchema;
}

/**
 * Brings computed fields in line with a change: what they give, their columns, their values. One whose source has gone
 * becomes invalid. Answers the schema as it is then.
 * Problems: `records.bad-field-options` for a new definition that cannot be computed, `records.formula-cycle`.
 */
export async function settleComputed(scope: Scope, change: MadeChange): Promise<BaseSchema> {
  const { tx, before } = change;
  if (!hasComputed(change.after)) {
    return change.after;
  }
  const settled = await settleDefinitions(tx, change.after, before);
  await makeColumns(change, settled);
  const stale = staleNodes(before, settled);
  await startWatching({ tx, before }, settled);
  if (stale.length === 0) {
    return settled;
  }
  if (stale.some(({ field }) => (field.options as ComputedState).volatile === true)) {
    await rememberNamed(tx, settled);
  }
  await tx.text(setCurrentTxn(change.txn));
  const open = { tx, txn: change.txn, schema: settled };
  await computeStale(
    computingIn(scope, open, async (event) => change.publish(event)),
    stale,
  );
  return settled;
}

/** A formula that raises an error refuses no change: its rows are computed behind it, where they become errors. */
async function computeStale(computing: Computing, stale: readonly ComputedNode[]): Promise<void> {
  try {
    await computing.tx.attempt(async () =>
      propagate(computing, { whole: stale, rowsMax: ROWS_MAX, noted: true }),
    );
  } catch (error) {
    if (!isRaised(error)) {
      throw error;
    }
    const { scope, schema } = computing;
    scope.log.error({ err: error, baseId: schema.baseId }, "a computed field raised an error");
    await propagate({ ...computing, mode: "later" }, { whole: stale });
  }
}

/** Columns for what is new, others for what gives something else now. */
async function makeColumns(change: MadeChange, schema: BaseSchema): Promise<void> {
  const { tx, before } = change;
  for (const table of schema.tables) {
    const old = before.tablesById.get(table.id);
    const wanted = table.fields
      .filter(isComputed)
      .filter((field) => columnOf(old, field.id) !== sqlTypeOf(field));
    const replaced = wanted.filter((field) => columnOf(old, field.id) !== undefined);
    if (replaced.length > 0) {
      await change.dropViews([table.id]);
    }
    if (old !== undefined && wanted.length > 0) {
      await makeColumnRoom(change, table.id, wanted.length + 2);
    }
    for (const field of replaced) {
      await tx.script(dropComputedColumn(table, field).text);
    }
    for (const field of wanted) {
      await tx.script(addComputedColumn(table, field).text);
    }
    if (hasErrors(table) && (old === undefined || !hasErrors(old))) {
      await tx.script(addErrorsColumn(table).text);
    }
  }
}

function sqlTypeOf(field: Field): string {
  return (field.options as ComputedState).sqlType ?? "text";
}

/** The type of the column that a field has had; undefined where it had none of its own. */
function columnOf(old: Table | undefined, fieldId: string): string | undefined {
  const field = old?.fieldsById.get(fieldId);
  return field !== undefined && isComputed(field)
    ? (field.options as ComputedState).sqlType
    : undefined;
}

async function startWatching(
  { tx, before }: Pick<MadeChange, "tx" | "before">,
  schema: BaseSchema,
): Promise<void> {
  for (const table of schema.tables) {
    const old = before.tablesById.get(table.id);
    const known = new Set(old === undefined ? [] : watchedFields(before, old).map(({ id }) => id));
    const watched = watchedFields(schema, table).filter(({ id }) => !known.has(id));
    if (watched.length > 0) {
      await tx.script(addTouchedColumn(table).text);
      await tx.run(beginWatching(table, watched));
    }
  }
}

/** Computed fields whose cells are not what they should be after a change of the schema. */
function staleNodes(before: BaseSchema, after: BaseSchema): ComputedNode[] {
  return computedGraph(after)
    .byField.values()
    .filter((node) => isStale(before, after, node))
    .toArray();
}

function isStale(before: BaseSchema, after: BaseSchema, node: ComputedNode): boolean {
  const old = computedGraph(before).byField.get(node.field.id);
  if (old === undefined || sqlTypeOf(old.field) !== sqlTypeOf(node.field)) {
    return true;
  }
  if (isUntouched(before, node, (id) => fieldsOf(after).get(id))) {
    return false;
  }
  const read = [...node.inputs.own, ...node.inputs.linked.flatMap(({ fieldIds }) => fieldIds)];
  return (
    stepText(before, old) !== stepText(after, node) ||
    read.some((id) => typeIn(before, id) !== typeIn(after, id))
  );
}

function stepText(schema: BaseSchema, node: ComputedNode): string {
  const { field, table } = node;
  const steps = new Set(
    computedGraph(schema)
      .byTable.get(table.id)
      ?.map((one) => one.field.id),
  );
  const { text, values } = stepOf({ schema, table, field, source: { alias: "i", steps } }, true);
  return JSON.stringify([text, values, (field.options as ComputedState).mayFail]);
}

function typeIn(schema: BaseSchema, fieldId: string): string | undefined {
  return fieldsOf(schema).get(fieldId)?.type;
}
