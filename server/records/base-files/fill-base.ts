import { publish, type Problem, type Scope, type Tx } from "#kernel";
import { callEvent } from "../rows/call-event.ts";
import { linkOptionsOf } from "../rows/write-links.ts";
import { beginWatchingBase, recomputeBase } from "../computed/recompute-base.ts";
import { watchedFields } from "../computed/watched-fields.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { takeTxn } from "../schema/change-schema.sql.ts";
import { tidyTables } from "../indexes/tidy-tables.ts";
import type { BaseContent } from "./base-content.ts";
import { carryRecordLiterals } from "./carry-literals.ts";
import { recordLine } from "./check-lines.ts";
import { explained, type EmptyBase } from "./empty-base.ts";
import { fillComments } from "./fill-comments.ts";
import {
  countLinks,
  countTable,
  danglingLink,
  insertAbsentPeople,
  insertFileRows,
  pairBothSides,
  pairOneSide,
  setBulkSettings,
  setNextNumber,
  type LinkSide,
  type RowOfFile,
} from "./fill-base.sql.ts";
import type { RecordLine } from "./format.ts";
import { badBaseFile, refuseCutOff } from "./problems.ts";
import { BadCell, cellCarrier, type CarryCell, type CellContext } from "./stored-cells.ts";

/** Records between two words of progress. */
const TOLD_EVERY_RECORDS = 50_000;

/** How much came in. */
export interface FilledBase {
  readonly records: number;
  readonly comments: number;
}

/**
 * Puts records, links and comments into a new base, and one entry about all of it into its log.
 * Problem: `records.bad-base-file`.
 */
export async function fillBase(
  scope: Scope,
  content: BaseContent,
  base: EmptyBase,
): Promise<FilledBase> {
  const { tx, schema } = base;
  const { txn } = await tx.one<{ txn: number }>(takeTxn(schema.baseId));
  await tx.run(setBulkSettings());
  const tables = new Map(content.definition.tables.map(({ id }) => [base.newId("tbl", id), id]));
  const records: Record<string, number> = {};
  for (const table of schema.tables) {
    const from = tables.get(table.id) ?? table.id;
    records[table.id] = await fillTable(scope, content, { ...base, table, from, txn });
  }
  await pairLinks(content, base, tables);
  await beginWatchingBase(base);
  refuseCutOff(scope);
  // Formulas show their names.
  await tx.run(insertAbsentPeople(schema.baseId, base.absent));
  await recomputeBase(scope, { tx, txn, schema: await carryRecordLiterals(base) });
  // Each level of computed fields has written its rows anew.
  tx.afterCommit(() => tidyTables(scope, schema.tables));
  const comments = await fillComments(content, base, tables);
  const event = {
    name: "base.imported",
    tableId: null,
    recordIds: [],
    fieldIds: [],
    body: { records, comments, files: content.files.size },
  };
  const imported = callEvent({ ...scope, source: "import" }, schema.baseId, event);
  await publish(tx, [{ ...imported, txn, seq: 0, at: scope.now() }]);
  return { records: Object.values(records).reduce((sum, count) => sum + count, 0), comments };
}

interface TableToFill extends EmptyBase {
  readonly table: Table;
  /** Its id in the content. */
  readonly from: string;
  readonly txn: number;
}

async function fillTable(scope: Scope, content: BaseContent, to: TableToFill): Promise<number> {
  const { tx, table, from } = to;
  const entry = content.recordsAt(from);
  const carry = rowCarrier(content, to, entry);
  const watched = watchedFields(to.schema, table).length > 0;
  let count = 0;
  for await (const lines of content.records(from)) {
    refuseCutOff(scope);
    const rows = lines.map((line) => carry(recordLine(entry, line), line.at));
    const [first, last] = [lines[0]?.at, lines.at(-1)?.at];
    await tx.run(insertFileRows({ table, watched }, rows, to.txn)).catch((error: unknown) => {
      throw explained(error, entry, `between lines ${first} and ${last}`);
    });
    count += rows.length;
    if (
      Math.floor(count / TOLD_EVERY_RECORDS) >
      Math.floor((count - rows.length) / TOLD_EVERY_RECORDS)
    ) {
      to.progress?.(count);
    }
  }
  await tx.run(setNextNumber(table, content.nextNumbers.get(from) ?? 1));
  await tx.run(countTable(table));
  return count;
}

function rowCarrier(
  { files, missingFiles, definition }: BaseContent,
  { table, from, newId, userIds }: TableToFill,
  entry: string,
): (line: RecordLine, at: number) => RowOfFile {
  const userId = (id: string): string => userIds.get(id) ?? id;
  const context: CellContext = { files, missingFiles, newId, userId };
  const cells = new Map<string, { readonly field: Field; readonly carry: CarryCell }>();
  for (const { id } of definition.tables.find((one) => one.id === from)?.fields ?? []) {
    const field = table.fieldsById.get(newId("fld", id));
    const carry = field && cellCarrier(field, context);
    if (field !== undefined && carry !== undefined) {
      cells.set(id, { field, carry });
    }
  }
  return (line, at) => {
    const carried: Record<string, RowOfFile["cells"][string]> = {};
    for (const [id, value] of Object.entries(line.cells)) {
      const cell = cells.get(id);
      if (cell === undefined) {
        const shown = JSON.stringify(id.slice(0, 40));
        throw badBaseFile(entry, `has a value in line ${at} for ${shown}, which holds none`);
      }
      carried[cell.field.id] = carryCell(cell, value, { entry, at });
    }
    return {
      id: newId("rec", line.id),
      number: line.number,
      createdTime: line.createdTime,
      createdBy: line.createdBy === undefined ? null : userId(line.createdBy),
      modifiedTime: line.modifiedTime,
      modifiedBy: line.modifiedBy === undefined ? null : userId(line.modifiedBy),
      touched: line.changed === undefined ? null : carriedChanges(line.changed, { newId, userId }),
      cells: carried,
    };
  };
}

function carriedChanges(
  changed: NonNullable<RecordLine["changed"]>,
  { newId, userId }: Pick<CellContext, "newId" | "userId">,
): NonNullable<RowOfFile["touched"]> {
  return Object.fromEntries(
    Object.entries(changed).map(([id, { at, by }]) => [
      newId("fld", id),
      { at, ...(by !== undefined && { by: userId(by) }) },
    ]),
  );
}

function carryCell(
  { field, carry }: { readonly field: Field; readonly carry: CarryCell },
  value: unknown,
  { entry, at }: { readonly entry: string; readonly at: number },
): RowOfFile["cells"][string] {
  try {
    return value === null ? null : carry(value);
  } catch (error) {
    if (error instanceof BadCell) {
      const name = JSON.stringify(field.name);
      throw badBaseFile(
        entry,
        `has a value in line ${at} that ${name} cannot hold: it ${error.message}`,
      );
    }
    throw error;
  }
}

/** Junctions are made from the cells, each link once. */
async function pairLinks(
  content: BaseContent,
  { tx, schema }: EmptyBase,
  tables: ReadonlyMap<string, string>,
): Promise<void> {
  const refuse = ({ table, field }: LinkSide, why: string): Problem =>
    badBaseFile(
      content.recordsAt(tables.get(table.id) ?? table.id),
      `links a record by ${JSON.stringify(field.name)} to one that ${why}`,
    );
  const refuseDangling = async (side: LinkSide, linked: Table): Promise<void> => {
    if ((await tx.text(danglingLink(side, linked))).length > 0) {
      throw refuse(side, "is not there");
    }
  };
  for (const own of linkSides(schema)) {
    const options = linkOptionsOf(own.field);
    const other = otherSide(schema, own);
    if (other === undefined) {
      await refuseDangling(own, own.table);
      await tx.run(pairOneSide(own, options));
    } else if (options.side === "a") {
      const pairs = await tx.run(pairBothSides(own, other, options));
      const [first, second] = [await linksOf(tx, own), await linksOf(tx, other)];
      if (first !== pairs || second !== pairs) {
        await refuseDangling(own, other.table);
        await refuseDangling(other, own.table);
        throw refuse(first === pairs ? other : own, "does not link back");
      }
    }
  }
}

function linkSides({ tables }: BaseSchema): LinkSide[] {
  return tables.flatMap((table) =>
    table.fields
      .filter(({ type }) => type === "multipleRecordLinks")
      .map((field) => ({ table, field })),
  );
}

async function linksOf(tx: Tx, side: LinkSide): Promise<number> {
  return (await tx.one<{ count: number }>(countLinks(side))).count;
}

function otherSide(schema: BaseSchema, { field }: LinkSide): LinkSide | undefined {
  const { linkedTableId, inverseLinkFieldId } = linkOptionsOf(field);
  const table = schema.tablesById.get(linkedTableId);
  const other = table?.fieldsById.get(inverseLinkFieldId ?? "");
  return table === undefined || other === undefined ? undefined : { table, field: other };
}
