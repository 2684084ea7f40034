import { newId } from "#kernel";
import type { BaseContent } from "../base-files/base-content.ts";
import type { RecordLine } from "../base-files/format.ts";
import type { Line } from "../base-files/read-lines.ts";
import type { BaseSource } from "./base-source.ts";
import { defineBase, known, type DefinedBase, type DefinedTable } from "./define-base.ts";

/** What a source becomes, as an import takes it in. Every record is made at `at`, by `by`. */
export function sourceContent(
  source: BaseSource,
  { at, by }: { readonly at: Date; readonly by: string | null },
): BaseContent {
  const base = defineBase(source);
  const records = recordsOf(source, base);
  const { description, color, icon } = source;
  return {
    definition: base.definition,
    look: { description, color, icon },
    nextNumbers: new Map(),
    users: [],
    files: new Map(),
    missingFiles: new Set(),
    recordsAt: (tableId) => tableId,
    records: (tableId) => oneBatch(linesOf(records.get(tableId) ?? [], { at, by })),
    comments: () => oneBatch([]),
  };
}

interface NamedRecord {
  readonly id: string;
  readonly cells: Record<string, unknown>;
}

/** Table id -> its records, links on both sides included. */
function recordsOf(
  source: BaseSource,
  base: DefinedBase,
): ReadonlyMap<string, readonly NamedRecord[]> {
  const records = new Map<string, readonly NamedRecord[]>();
  const byText = new Map<string, ReadonlyMap<string, NamedRecord>>();
  for (const { name, rows = [] } of source.tables) {
    const table = base.table(name);
    const made = rows.map((): NamedRecord => ({ id: newId("rec"), cells: {} }));
    const texts = rows.map(([text]) => String(text));
    records.set(table.id, made);
    byText.set(name, new Map(made.map((record, place) => [texts[place] ?? "", record])));
  }
  for (const { name, columns = [], rows = [] } of source.tables) {
    const table = base.table(name);
    const made = records.get(table.id) ?? [];
    for (const [place, row] of rows.entries()) {
      for (const [at, column] of columns.entries()) {
        const record = made[place];
        const value = row[at];
        if (record !== undefined && value !== null && value !== undefined) {
          setCell(record, { table, column, value, base, byText });
        }
      }
    }
  }
  return records;
}

interface CellSource {
  readonly table: DefinedTable;
  readonly column: string;
  readonly value: unknown;
  readonly base: DefinedBase;
  readonly byText: ReadonlyMap<string, ReadonlyMap<string, NamedRecord>>;
}

function setCell(record: NamedRecord, { table, column, value, base, byText }: CellSource): void {
  const { id, source, choices } = known(table.fields, column);
  const { link } = source;
  if (link !== undefined) {
    const linked = known(byText, link.table);
    const inverse =
      link.field === undefined ? undefined : known(base.table(link.table).fields, link.field).id;
    for (const text of [value].flat()) {
      const other = known(linked, String(text));
      addLink(record, id, other.id);
      if (inverse !== undefined) {
        addLink(other, inverse, record.id);
      }
    }
    return;
  }
  if (choices.size > 0) {
    record.cells[id] = Array.isArray(value)
      ? value.map((name) => known(choices, String(name)))
      : known(choices, String(value));
    return;
  }
  record.cells[id] = value;
}

function addLink(record: NamedRecord, fieldId: string, linked: string): void {
  const links = record.cells[fieldId];
  if (Array.isArray(links)) {
    links.push(linked);
  } else {
    record.cells[fieldId] = [linked];
  }
}

function linesOf(
  records: readonly NamedRecord[],
  { at, by }: { readonly at: Date; readonly by: string | null },
): Line[] {
  const time = at.toISOString();
  const author = by === null ? {} : { createdBy: by, modifiedBy: by };
  return records.map(({ id, cells }, place) => {
    const record: RecordLine = {
      id,
      number: place + 1,
      createdTime: time,
      modifiedTime: time,
      ...author,
      cells,
    };
    return { at: place + 1, value: { ...record } };
  });
}

async function* oneBatch(lines: readonly Line[]): AsyncGenerator<readonly Line[], void, undefined> {
  if (lines.length > 0) {
    yield lines;
  }
}
