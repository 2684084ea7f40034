import type { TextRow } from "#kernel";
import type { Stored, StoredAttachment } from "../field-types/field-type.ts";
import { computedAfter, rowPlan } from "../computed/row-plan.sql.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import type { BaseChange } from "./base-change.ts";
import type { CellValue, RowChange } from "./changed-cells.sql.ts";
import { isFileList, type CellPlan, type PlannedCells } from "./plan-cells.ts";
import { recordNotFound, rowDoesNotExist } from "./problems.ts";
import type { ResolvedTexts } from "./resolve-link-texts.ts";
import { cellsBefore, insertRows, rowsById } from "./rows.sql.ts";
import { noFiles, settledFiles, type FetchedFiles } from "./settle-files.ts";
import { isStored } from "./table-sql.ts";
import { writeLinks } from "./write-links.ts";
import { planFor, writeRows } from "./write-rows.ts";

/** What is known by the time cells are written. */
export interface Settled {
  readonly fetched: FetchedFiles;
  readonly links: ResolvedTexts;
}

export const nothingSettled: Settled = { fetched: noFiles, links: new Map() };

export interface RowToAdd {
  readonly id: string;
  readonly cells: PlannedCells;
}

export interface Insert {
  readonly rows: readonly RowToAdd[];
  readonly settled?: Settled;
}

/** Adds records with their links, notes the change, and answers the rows as `rowColumns` of all fields, in order. */
export async function insertCells(
  change: BaseChange,
  table: Table,
  { rows, settled = nothingSettled }: Insert,
): Promise<TextRow[]> {
  if (rows.length === 0) {
    return [];
  }
  const fields = fieldsUsed(table, rows);
  const values = rows.map(({ id, cells }) => ({
    id,
    cells: cellValues(cells, { settled, held: () => [] }),
  }));
  const made = await change.rows(
    insertRows(
      table,
      values.map((row) => ({ ...row, ahead: 0, at: change.at, by: change.by })),
      await planFor(change, table),
    ),
  );
  change.added(
    table.id,
    values.map(({ id }) => id),
  );
  change.note({
    name: "records.created",
    tableId: table.id,
    recordIds: values.map((row) => row.id),
    fieldIds: fields.map((field) => field.id),
    body: { after: values.map((row) => fields.map((field) => row.cells[field.id] ?? null)) },
  });
  await writeLinkFields(change, { fields, rows: values, creating: true });
  return made;
}

export interface RowToChange {
  readonly id: string;
  readonly cells: PlannedCells;
}

export interface UpdateOptions {
  readonly settled: Settled;
  /** Writable fields that are not named are cleared. */
  readonly replace: boolean;
  /** The one record of the URL: its absence is answered in another way than in a batch. */
  readonly single: boolean;
}

export interface Update extends UpdateOptions {
  readonly rows: readonly RowToChange[];
}

/**
 * Changes records with their links, notes what changed, and answers the rows as they are now, in the order of the call.
 * Problems: `records.row-does-not-exist`, `records.record-not-found`.
 */
export async function updateCells(
  change: BaseChange,
  table: Table,
  { rows, ...options }: Update,
): Promise<TextRow[]> {
  const now = new Map<string, TextRow>();
  for (const { fields, group } of byFieldsWritten(table, rows, options.replace)) {
    const done = await updateGroup(change, table, { fields, group, options });
    for (const row of done) {
      now.set(row[0] ?? "", row);
    }
  }
  return rows.map(({ id }) => now.get(id) ?? []);
}

interface Group {
  readonly fields: readonly Field[];
  readonly group: readonly RowToChange[];
}

async function updateGroup(
  change: BaseChange,
  table: Table,
  { fields, group, options }: Group & { readonly options: UpdateOptions },
): Promise<TextRow[]> {
  const ids = group.map(({ id }) => id);
  const before = new Map<string, unknown[]>();
  for (const [id, , json] of await change.rows(cellsBefore(table, fields, ids))) {
    before.set(id ?? "", JSON.parse(json ?? "[]"));
  }
  const missing = ids.find((id) => !before.has(id));
  if (missing !== undefined) {
    throw options.single ? recordNotFound() : rowDoesNotExist(missing);
  }
  if (fields.length === 0) {
    return change.rows(rowsById(table, ids));
  }
  const values: RowChange[] = group.map(({ id, cells }) => ({
    id,
    cells: cellValues(cells, {
      settled: options.settled,
      held: (field) => (before.get(id)?.[fields.indexOf(field)] as StoredAttachment[] | null) ?? [],
    }),
  }));
  const done = await writeRows(change, table, { fields, rows: values });
  const changed = new Set(done.filter((row) => Number(row[2]) === change.txn).map((row) => row[0]));
  const noted = values.filter((row) => changed.has(row.id));
  if (noted.length > 0) {
    change.note({
      name: "records.updated",
      tableId: table.id,
      recordIds: noted.map((row) => row.id),
      fieldIds: fields.map((field) => field.id),
      body: {
        before: noted.map((row) => before.get(row.id)),
        after: noted.map((row) => fields.map((field) => row.cells[field.id] ?? null)),
      },
    });
    await writeLinkFields(change, { fields, rows: noted, creating: false });
  }
  return done;
}

/** Rows that write the same fields share a statement. */
function byFieldsWritten(table: Table, rows: readonly RowToChange[], replace: boolean): Group[] {
  const groups = new Map<string, { fields: Field[]; group: RowToChange[] }>();
  for (const row of rows) {
    const fields = table.fields.filter(
      (field) => row.cells.has(field) || (replace && isStored(field)),
    );
    const key = fields.map((field) => field.id).join();
    const group = groups.get(key) ?? { fields, group: [] };
    groups.set(key, group);
    group.group.push(row);
  }
  return [...groups.values()];
}

function fieldsUsed(table: Table, rows: readonly RowToAdd[]): Field[] {
  return table.fields.filter((field) => rows.some((row) => row.cells.has(field)));
}

async function writeLinkFields(
  change: BaseChange,
  write: {
    readonly fields: readonly Field[];
    readonly rows: readonly RowChange[];
    readonly creating: boolean;
  },
): Promise<void> {
  for (const field of write.fields) {
    if (field.type === "multipleRecordLinks") {
      const cells = new Map(
        write.rows.map((row) => [
          row.id,
          (row.cells[field.id] as readonly string[] | null | undefined) ?? [],
        ]),
      );
      await writeLinks(change, { field, cells }, write.creating);
    }
  }
}

/** Planned cells as they are stored: files and link texts settled. */
function cellValues(
  cells: PlannedCells,
  known: {
    readonly settled: Settled;
    readonly held: (field: Field) => readonly StoredAttachment[];
  },
): Record<string, CellValue> {
  const values: Record<string, CellValue> = {};
  for (const [field, value] of cells) {
    values[field.id] = cellValue(field, value, known);
  }
  return values;
}

function cellValue(
  field: Field,
  value: Stored,
  known: {
    readonly settled: Settled;
    readonly held: (field: Field) => readonly StoredAttachment[];
  },
): CellValue {
  if (isFileList(value)) {
    return settledFiles(field, value, { fetched: known.settled.fetched, held: known.held(field) });
  }
  const texts = known.settled.links.get(field.id);
  if (texts !== undefined && Array.isArray(value)) {
    return [...new Set((value as readonly string[]).map((id) => texts.get(id) ?? id))];
  }
  return value;
}

/** True where nothing has to be looked up, made or fetched before these cells are written and others computed from them. */
export function isPlain({
  schema,
  table,
  plan,
}: {
  readonly schema: BaseSchema;
  readonly table: Table;
  readonly plan: CellPlan;
}): boolean {
  return (
    !plan.hasLinks &&
    !plan.hasFiles &&
    plan.newChoices.size === 0 &&
    rowPlan(schema, table)?.needsContext !== true &&
    !computedAfter(schema, table)
  );
}
