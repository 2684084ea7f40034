import { Problem, type Db, type Scope, type TextRow } from "#kernel";
import { allow } from "#workspaces";
import { conversion, convertible, optionsAfter, type Conversion } from "../field-types/convert.ts";
import { typeToCreate } from "../field-types/registry.ts";
import type { BaseSchema, Field, LinkOptions, Table } from "../schema/base-schema.ts";
import { changeSchema, type SchemaChange } from "../schema/change-schema.ts";
import { makeColumnRoom } from "../schema/column-room.ts";
import { fieldById, tableById } from "../schema/find.ts";
import { updateFieldRow } from "../schema/metadata.sql.ts";
import { badPrimaryField } from "../schema/refusals.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { dropTable, hasColumn } from "../schema/tables.sql.ts";
import { optionsWith } from "./add-choices.ts";
import { conversionHelp, type ConversionHelp } from "./conversion-context.ts";
import {
  addNewColumn,
  cellOf,
  cellTexts,
  countLost,
  dropOldColumn,
  fillByExpression,
  fillCells,
  nameNewColumn,
} from "./convert-field.sql.ts";
import { logCells } from "./log-cells.ts";
import { keptOptions, optionsContext } from "./plan-fields.ts";
import { otherSide, removeJust } from "./remove-fields.ts";

/** Cells that are converted in one statement. */
const PAGE_CELLS = 500;

export interface FieldConversion {
  readonly baseId: string;
  readonly tableId: string;
  readonly fieldId: string;
  /** The type to become. */
  readonly type: string;
  readonly options?: unknown;
  /** Only count. */
  readonly dryRun?: boolean | undefined;
}

export interface ConversionReport {
  /** The field as it is, or as it would be, afterwards. */
  readonly field: Field;
  /** Cells that were not empty. */
  readonly cells: number;
  /** Those of which something is lost. */
  readonly lost: number;
}

/**
 * Gives a field another type and converts its cells, or only counts what would be lost. A link that becomes something else
 * loses its other side. The log keeps the old cells, as far as they are not too many, so that it can be undone.
 *
 * Problems: those of `allow`, `records.table-not-found`, `records.field-not-found`, `records.cannot-convert`,
 * `records.bad-primary-field`, `records.bad-field-options`, `records.unknown-field-type`,
 * `records.unsupported-field-type`, `records.named-view-in-use`, `records.too-many-columns`, `records.schema-busy`.
 */
export async function convertField(
  scope: Scope,
  asked: FieldConversion,
): Promise<ConversionReport> {
  const { baseId, tableId, fieldId } = asked;
  await allow(scope, "schema.write", { baseId });
  if (asked.dryRun === true) {
    const plan = await planConversion(scope, await schemaOf(scope, baseId), asked);
    return { field: finished(plan), ...(await countOnly(scope.db, plan)) };
  }
  let counts = { cells: 0, lost: 0 };
  const schema = await changeSchema(scope, baseId, async (change) => {
    const plan = await planConversion({ ...scope, db: change.tx }, change.before, asked);
    counts = await convert(change, plan);
    await change.tx.run(updateFieldRow(finished(plan)));
  });
  return { field: fieldById(tableById(schema, tableId), fieldId), ...counts };
}

interface ConversionPlan {
  readonly table: Table;
  readonly from: Field;
  readonly to: Field;
  readonly how: Conversion;
  readonly help: ConversionHelp;
}

async function planConversion(
  scope: Scope,
  schema: BaseSchema,
  { tableId, fieldId, type, options }: FieldConversion,
): Promise<ConversionPlan> {
  const table = tableById(schema, tableId);
  const from = fieldById(table, fieldId);
  const context = optionsContext(table.name, from.name, schema);
  const { name: toType, primaryAllowed } = typeToCreate(type, {
    ...context,
    strict: scope.config.strictAirtable,
  });
  if (from.id === table.primaryFieldId && !primaryAllowed) {
    throw badPrimaryField(table.name, from.name, toType);
  }
  if (convertible[toType]?.includes(from.type) !== true) {
    throw cannotConvert(from, toType);
  }
  const to: Field = {
    ...from,
    type: toType,
    options: keptOptions(optionsAfter(from, { to: toType, input: options }, context), context),
  };
  const help = await conversionHelp(scope, schema, { from, to });
  const how = conversion(from, to, help.context);
  if (how === undefined) {
    throw cannotConvert(from, toType);
  }
  return { table, from, to, how, help };
}

function cannotConvert(from: Field, to: string): Problem {
  return new Problem("invalid", "records.cannot-convert", {
    message: `A field of type ${from.type} cannot become ${to}.`,
    fields: { type: `cannot be made of ${from.type}` },
  });
}

/** The field with the choices that its cells asked for. */
function finished({ to, help }: ConversionPlan): Field {
  return help.newChoices.size === 0 ? to : { ...to, options: optionsWith(to, help.newChoices) };
}

interface Counts {
  readonly cells: number;
  readonly lost: number;
}

async function countOnly(db: Db, plan: ConversionPlan): Promise<Counts> {
  if (plan.how.kind === "column") {
    return db.one<Counts>(countLost(plan.table, plan.from, plan.how.convert(cellOf(plan.from))));
  }
  return eachPage(db, plan, async () => undefined);
}

async function convert(change: SchemaChange, plan: ConversionPlan): Promise<Counts> {
  const { tx, txn } = change;
  const { table, from, to } = plan;
  await change.dropViews([table.id]);
  await logCells(change, table, from);
  await makeColumnRoom(change, table.id, 1);
  await tx.script(addNewColumn(table, to).text);
  const counts = await fill(change, plan, txn);
  if (hasColumn(from)) {
    await tx.script(dropOldColumn(table, from).text);
  }
  await tx.script(nameNewColumn(table, to).text);
  await unlink(change, from);
  return counts;
}

async function fill({ tx }: SchemaChange, plan: ConversionPlan, txn: number): Promise<Counts> {
  const { table, from, how } = plan;
  if (how.kind === "column") {
    const converted = how.convert(cellOf(from));
    const counts = await tx.one<Counts>(countLost(table, from, converted));
    await tx.run(fillByExpression(table, from, { value: converted.value, txn }));
    return counts;
  }
  return eachPage(tx, plan, async (values) => {
    await tx.run(fillCells(table, plan.to, { cells: JSON.stringify(values), txn }));
  });
}

/** Converts the cells page by page and counts them. */
async function eachPage(
  db: Db,
  { table, from, how, help }: ConversionPlan,
  take: (values: readonly { readonly id: string; readonly value: unknown }[]) => Promise<void>,
): Promise<Counts> {
  let [cells, lost, after] = [0, 0, ""];
  for (;;) {
    const page: TextRow[] = await db.text(cellTexts(table, from, { after, limit: PAGE_CELLS }));
    if (page.length === 0 || how.kind !== "cells") {
      return { cells, lost };
    }
    await help.load(page);
    const values = page.map(([id, text]) => ({ id: id ?? "", value: how.convert(text ?? null) }));
    cells += values.length;
    lost += values.filter(({ value }) => value === null).length;
    await take(values);
    after = values.at(-1)?.id ?? after;
  }
}

/** A link that is none any more has no junction and no other side. */
async function unlink(change: SchemaChange, from: Field): Promise<void> {
  if (from.type !== "multipleRecordLinks") {
    return;
  }
  const others = otherSide(change.before, from);
  if (others.length > 0) {
    await removeJust(change, others);
    return;
  }
  const { junction } = from.options as unknown as LinkOptions;
  await change.tx.script(dropTable(change.before.baseId, junction).text);
}
