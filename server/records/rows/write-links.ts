import { stampsOfChange, watchedFields } from "../computed/watched-fields.ts";
import type { Field, LinkOptions, Table } from "../schema/base-schema.ts";
import type { BaseChange } from "./base-change.ts";
import { linkToOtherTable, rowDoesNotExist } from "./problems.ts";
import { existingIds } from "./rows.sql.ts";
import {
  cellsOfField,
  dropPairs,
  dropPairsOfDeleted,
  putPairs,
  refreshLinkCells,
  type LinkPair,
} from "./write-links.sql.ts";

/** New contents of one link field in several records. */
export interface LinkWrite {
  readonly field: Field;
  /** Record id -> what it links to, in order; empty unlinks all. */
  readonly cells: ReadonlyMap<string, readonly string[]>;
}

/** The field's options as those of a link. */
export function linkOptionsOf(field: Field): LinkOptions {
  return field.options as unknown as LinkOptions;
}

/**
 * Brings the junction and the cells on the other side in line with link cells that are being written. The cells of the
 * written records themselves are set by the caller's own statement.
 * Problems: `records.row-does-not-exist`, `records.link-to-other-table`.
 */
export async function writeLinks(
  change: BaseChange,
  write: LinkWrite,
  creating: boolean,
): Promise<void> {
  const options = linkOptionsOf(write.field);
  const linked = change.schema.tablesById.get(options.linkedTableId);
  if (linked === undefined) {
    return;
  }
  const pairs: LinkPair[] = [...write.cells].flatMap(([own, others]) =>
    others.map((other, at) => ({ own, other, at })),
  );
  await requireRecords(change, linked, [...new Set(pairs.map((pair) => pair.other))]);
  const [dropped, put] = await change.text([
    dropPairs(change.schema.baseId, options, {
      owners: creating ? [] : [...write.cells.keys()],
      pairs,
    }),
    putPairs(change.schema.baseId, options, { pairs, txn: change.txn }),
  ]);
  const touched = new Set<string>();
  for (const [other] of dropped ?? []) {
    touched.add(other ?? "");
  }
  for (const [other, isNew] of put ?? []) {
    if (isNew === "t") {
      touched.add(other ?? "");
    }
  }
  await refreshOtherSide(change, { options, linked, ids: [...touched] });
}

/** Records are going: their pairs go, and the cells that named them forget them. */
export async function unlinkDeleted(
  change: BaseChange,
  table: Table,
  ids: readonly string[],
): Promise<void> {
  for (const field of table.fields) {
    if (field.type === "multipleRecordLinks") {
      const options = linkOptionsOf(field);
      const linked = change.schema.tablesById.get(options.linkedTableId);
      const [others, owners] = await change.text([
        dropPairs(change.schema.baseId, options, { owners: ids, pairs: [] }),
        // Only a table that links to itself can have pairs in which a deleted record stands on the other side.
        dropPairsOfDeleted(
          change.schema.baseId,
          options,
          options.linkedTableId === table.id ? ids : [],
        ),
      ]);
      const gone = new Set(ids);
      if (linked !== undefined) {
        await refreshOtherSide(change, {
          options,
          linked,
          ids: distinct(others).filter((id) => !gone.has(id)),
        });
      }
      await refreshCells(change, {
        table,
        field,
        options,
        ids: distinct(owners).filter((id) => !gone.has(id)),
      });
    }
  }
}

async function requireRecords(
  change: BaseChange,
  table: Table,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) {
    return;
  }
  const found = new Set((await change.rows(existingIds(table, ids))).map((row) => row[0]));
  const missing = ids.find((id) => !found.has(id));
  if (missing === undefined) {
    return;
  }
  for (const other of change.schema.tables) {
    const [row] = other === table ? [] : await change.rows(existingIds(other, [missing]));
    if (row !== undefined) {
      throw linkToOtherTable({ recordId: missing, belongsTo: other.id, linksTo: table.id });
    }
  }
  throw rowDoesNotExist(missing);
}

async function refreshOtherSide(
  change: BaseChange,
  {
    options,
    linked,
    ids,
  }: { readonly options: LinkOptions; readonly linked: Table; readonly ids: readonly string[] },
): Promise<void> {
  const inverse = linked.fieldsById.get(options.inverseLinkFieldId ?? "");
  if (inverse !== undefined) {
    await refreshCells(change, {
      table: linked,
      field: inverse,
      options: linkOptionsOf(inverse),
      ids,
    });
  }
}

/** Reads the cells again from the junction, and notes what they were and are. */
async function refreshCells(
  change: BaseChange,
  target: {
    readonly table: Table;
    readonly field: Field;
    readonly options: LinkOptions;
    readonly ids: readonly string[];
  },
): Promise<void> {
  const { table, field, options, ids } = target;
  if (ids.length === 0) {
    return;
  }
  const timed = watchedFields(change.schema, table).some(({ id }) => id === field.id);
  const [before, after] = await change.text([
    cellsOfField(table, field, ids),
    refreshLinkCells(table, field, { options, ids, at: change.at, by: change.by, timed }),
  ]);
  const old = new Map(before?.map((row) => [row[0], row[1]]));
  const rows = after ?? [];
  const fieldIds = [field.id, ...stampsOfChange(table)];
  change.touch({ tableId: table.id, recordIds: ids, fieldIds, rowsDone: false });
  change.note({
    name: "records.updated",
    tableId: table.id,
    recordIds: rows.map((row) => row[0] ?? ""),
    fieldIds: [field.id],
    body: {
      before: rows.map((row) => [parsed(old.get(row[0]))]),
      after: rows.map((row) => [parsed(row[1])]),
    },
  });
}

function parsed(json: string | null | undefined): unknown {
  return json === null || json === undefined ? null : JSON.parse(json);
}

function distinct(rows: readonly (readonly (string | null)[])[] | undefined): string[] {
  return [...new Set((rows ?? []).map((row) => row[0] ?? ""))];
}
