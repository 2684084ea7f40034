import type { ChangeEvent, Scope, Sql, TextRow, Tx } from "#kernel";
import { arrayElements } from "../field-types/array-literal.ts";
import type { BaseSchema, Field, Table } from "../schema/base-schema.ts";
import { addToBacklog, type BacklogEntry } from "./backlog.ts";
import { idsAfter, noteRecomputes, type Recompute } from "./backlog.sql.ts";
import { computedOrErrors, computedRows } from "./compute-rows.ts";
import { computedGraph, type ComputedNode } from "./graph.ts";
import { computeInProgram } from "./in-program.ts";
import { linkingRecords, rowCountUpTo } from "./propagate.sql.ts";
import type { ComputingMode } from "./raised-errors.ts";

/** A transaction of a base in which values are computed. */
export interface Computing {
  readonly scope: Scope;
  readonly tx: Tx;
  readonly txn: number;
  readonly schema: BaseSchema;
  readonly mode: ComputingMode;
  /** Statements on the base's own tables, with no right on anything else. */
  text(statements: readonly Sql[]): Promise<TextRow[][]>;
  note(
    event: Pick<ChangeEvent, "name" | "tableId" | "recordIds" | "fieldIds" | "body">,
  ): Promise<void> | void;
}

/** Records whose cells were changed. */
export interface Touched {
  readonly tableId: string;
  readonly recordIds: readonly string[];
  readonly fieldIds: readonly string[];
  /** The computed fields of the same rows know already, but for those that the statement of a write leaves out. */
  readonly rowsDone: boolean;
}

export interface Propagation {
  readonly touched?: readonly Touched[];
  /** Computed fields to compute in some rows. */
  readonly stale?: readonly {
    readonly nodes: readonly ComputedNode[];
    readonly recordIds: readonly string[];
  }[];
  /** Computed fields to compute in all rows. */
  readonly whole?: readonly ComputedNode[];
  /** Rows that may be computed here; the others go to the backlog. */
  readonly rowsMax?: number;
  /** Keep when and in how many rows each field was computed, for those who ask why it is slow. */
  readonly noted?: boolean;
}

/** Rows that one write computes in its own transaction: bounds how long the base is held. Ours. */
export const ROWS_PER_WRITE_MAX = 5_000;
/** Rows that one transaction computes in the program, field by field. Ours. */
export const PROGRAM_ROWS_MAX = 1_000;
/** How long it goes on doing so, statements not counted, milliseconds: the base waits. */
const PROGRAM_MAX_MS = 200;
/** Ids that are named one by one; where there are more, all rows of the table are looked at. */
const NAMED_RECORDS_MAX = 50_000;

/** Records named in one entry of the log; of more it says only how many. */
const LOGGED_RECORDS_MAX = 10_000;

/** Records by table that were computed anew. */
export type Recomputed = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Computes what depends on a change, level by level: one statement for each table of a level, and only what really
 * changed goes on. What is too much for one transaction is left to the backlog.
 */
export async function propagate(
  computing: Computing,
  { touched = [], stale = [], whole = [], rowsMax = ROWS_PER_WRITE_MAX, noted }: Propagation,
): Promise<Recomputed> {
  const wave = new Wave(computing, rowsMax);
  await wave.changed(touched);
  for (const { nodes, recordIds } of stale) {
    nodes.forEach((node) => wave.wait(node, recordIds));
  }
  for (const node of whole) {
    wave.wait(node, "all");
  }
  const recomputed = await wave.run();
  if (noted === true && wave.done.size > 0) {
    const at = { at: computing.scope.now(), txn: computing.txn };
    await computing.tx.run(noteRecomputes([...wave.done.values()], at));
  }
  return recomputed;
}

type RecordIds = Set<string> | "all";

interface Waiting {
  readonly table: Table;
  readonly nodes: Set<ComputedNode>;
  recordIds: RecordIds;
}

/** Links that lead from readers to what they read, and what was changed there. */
interface Way {
  readonly path: readonly Field[];
  readonly nodes: Set<ComputedNode>;
  readonly recordIds: Set<string>;
}

/** What waits to be computed, by level and table, and how much has been. */
class Wave {
  private readonly waiting = new Map<number, Map<string, Waiting>>();
  private readonly recomputed = new Map<string, Set<string>>();
  private readonly computing: Computing;
  private room: number;
  private programRoom = PROGRAM_ROWS_MAX;
  private readonly programBudget = { leftMs: PROGRAM_MAX_MS };
  private readonly backlog: BacklogEntry[] = [];
  /** What was computed, by field. */
  readonly done = new Map<string, Recompute>();

  constructor(computing: Computing, rowsMax: number) {
    this.computing = computing;
    this.room = rowsMax;
  }

  wait(node: ComputedNode, recordIds: Iterable<string> | "all"): void {
    const tables = this.waiting.get(node.level) ?? new Map<string, Waiting>();
    this.waiting.set(node.level, tables);
    const waiting = tables.get(node.table.id) ?? {
      table: node.table,
      nodes: new Set(),
      recordIds: new Set<string>(),
    };
    tables.set(node.table.id, waiting);
    waiting.nodes.add(node);
    if (recordIds === "all") {
      waiting.recordIds = "all";
    } else if (waiting.recordIds !== "all") {
      for (const id of recordIds) {
        waiting.recordIds.add(id);
      }
    }
  }

  private waitsInAllRows(node: ComputedNode): boolean {
    const waiting = this.waiting.get(node.level)?.get(node.table.id);
    return waiting?.recordIds === "all" && waiting.nodes.has(node);
  }

  async run(): Promise<Recomputed> {
    while (this.waiting.size > 0) {
      const level = Math.min(...this.waiting.keys());
      const tables = this.waiting.get(level) ?? new Map<string, Waiting>();
      this.waiting.delete(level);
      for (const waiting of tables.values()) {
        await this.compute(waiting, level);
      }
    }
    await addToBacklog(this.computing, this.backlog);
    return this.recomputed;
  }

  /** Lets those know who read what was changed, in one statement for each way through links, however many changes. */
  async changed(changes: readonly Touched[]): Promise<void> {
    const { ownReaders, linkedReaders } = computedGraph(this.computing.schema);
    const ways = new Map<string, Way>();
    for (const { recordIds, fieldIds, rowsDone } of changes) {
      for (const fieldId of recordIds.length === 0 ? [] : fieldIds) {
        ownReaders
          .get(fieldId)
          ?.filter(({ afterStatement }) => !rowsDone || afterStatement)
          .forEach((node) => this.wait(node, recordIds));
        for (const { node, path } of linkedReaders.get(fieldId) ?? []) {
          if (this.waitsInAllRows(node)) {
            continue;
          }
          const key = path.map(({ id }) => id).join();
          const way = ways.get(key) ?? { path, nodes: new Set(), recordIds: new Set() };
          ways.set(key, way);
          way.nodes.add(node);
          recordIds.forEach((id) => way.recordIds.add(id));
        }
      }
    }
    for (const { path, nodes, recordIds } of ways.values()) {
      const ids = await this.recordsThrough(path, [...recordIds]);
      nodes.forEach((node) => this.wait(node, ids));
    }
  }

  /** The records from which these can be reached by a path of links. */
  private async recordsThrough(
    path: readonly Field[],
    recordIds: readonly string[],
  ): Promise<readonly string[] | "all"> {
    let ids = recordIds;
    for (const link of path.toReversed()) {
      if (ids.length === 0) {
        return ids;
      }
      const { baseId } = this.computing.schema;
      const [rows = []] = await this.computing.text([
        linkingRecords(baseId, link, { ids, limit: NAMED_RECORDS_MAX + 1 }),
      ]);
      if (rows.length > NAMED_RECORDS_MAX) {
        return "all";
      }
      ids = rows.map(([id]) => id ?? "");
    }
    return ids;
  }

  private async compute(waiting: Waiting, level: number): Promise<void> {
    const { table, recordIds } = waiting;
    const nodes = this.withReaders(waiting, level);
    const { mode } = this.computing;
    const [program = [], statement = []] =
      mode === "compute"
        ? [nodes.filter((node) => node.inProgram), nodes.filter((node) => !node.inProgram)]
        : [[], nodes];
    await this.computeInStatement({ table, recordIds }, statement, level);
    for (const node of program) {
      await this.computeInProgram({ table, recordIds }, node, level);
    }
  }

  private async computeInStatement(
    { table, recordIds }: Pick<Waiting, "table" | "recordIds">,
    nodes: readonly ComputedNode[],
    level: number,
  ): Promise<void> {
    if (nodes.length === 0) {
      return;
    }
    const rows = recordIds === "all" ? await this.rowsOf(table) : recordIds.size;
    if (rows === 0) {
      return;
    }
    const { mode } = this.computing;
    if (rows > this.room || mode === "later") {
      this.leave({ table, nodes, level }, recordIds);
      return;
    }
    this.room -= rows;
    const ids = recordIds === "all" ? undefined : [...recordIds];
    const began = performance.now();
    const changed =
      mode === "errors"
        ? await computedOrErrors(this.computing, nodes, ids)
        : await computedRows(this.computing, nodes, ids);
    this.count(nodes, { rows, began });
    await this.tell(table, changed);
  }

  /** One after the other: PostgreSQL does not do it for all rows at once. */
  private async computeInProgram(
    { table, recordIds }: Pick<Waiting, "table" | "recordIds">,
    node: ComputedNode,
    level: number,
  ): Promise<void> {
    const room = Math.min(this.room, this.programRoom);
    const left = { table, nodes: [node], level };
    const ids =
      recordIds === "all"
        ? (await this.computing.text([idsAfter(table, "", room + 1)]))[0]?.map(([id]) => id ?? "")
        : [...recordIds];
    if (ids === undefined || ids.length === 0) {
      return;
    }
    if (ids.length > room || this.programBudget.leftMs <= 0) {
      this.leave(left, recordIds);
      return;
    }
    this.room -= ids.length;
    this.programRoom -= ids.length;
    const began = performance.now();
    const { changed, rest } = await computeInProgram(this.computing, {
      node,
      recordIds: ids,
      budget: this.programBudget,
    });
    this.count([node], { rows: ids.length - rest.length, began });
    await this.tell(table, changed);
    if (rest.length > 0) {
      this.leave(left, new Set(rest));
    }
  }

  private leave(
    {
      nodes,
      ...place
    }: Pick<BacklogEntry, "table" | "level"> & {
      readonly nodes: readonly ComputedNode[];
    },
    recordIds: RecordIds,
  ): void {
    this.backlog.push({
      ...place,
      fieldIds: nodes.map(({ field }) => field.id),
      recordIds: recordIds === "all" ? null : [...recordIds],
    });
  }

  private count(
    nodes: readonly ComputedNode[],
    { rows, began }: { readonly rows: number; readonly began: number },
  ): void {
    const tookMs = performance.now() - began;
    nodes.forEach(({ field }) => this.done.set(field.id, { fieldId: field.id, rows, tookMs }));
  }

  /** Fields of the same row and level that read one of those that wait are computed with them. */
  private withReaders({ nodes }: Waiting, level: number): readonly ComputedNode[] {
    const { ownReaders, byTable } = computedGraph(this.computing.schema);
    const wanted = new Set(nodes);
    for (const node of wanted) {
      for (const reader of ownReaders.get(node.field.id) ?? []) {
        if (reader.level === level) {
          wanted.add(reader);
        }
      }
    }
    const [first] = nodes;
    return byTable.get(first?.table.id ?? "")?.filter((node) => wanted.has(node)) ?? [];
  }

  private async rowsOf(table: Table): Promise<number> {
    const [rows] = await this.computing.text([rowCountUpTo(table, this.room + 1)]);
    return Number(rows?.[0]?.[0] ?? 0);
  }

  private async tell(table: Table, changed: readonly TextRow[]): Promise<void> {
    if (changed.length === 0) {
      return;
    }
    const known = this.recomputed.get(table.id) ?? new Set<string>();
    this.recomputed.set(table.id, known);
    const touched: Touched[] = [];
    for (const [literal, rows] of Map.groupBy(changed, ([, fieldIds]) => fieldIds ?? "{}")) {
      const recordIds = rows.map(([id]) => id ?? "");
      recordIds.forEach((id) => known.add(id));
      touched.push({
        tableId: table.id,
        recordIds,
        fieldIds: arrayElements(literal),
        rowsDone: false,
      });
    }
    await this.changed(touched);
    const named = changed.length <= LOGGED_RECORDS_MAX;
    await this.computing.note({
      name: "records.computed",
      tableId: table.id,
      recordIds: named ? changed.map(([id]) => id ?? "") : [],
      fieldIds: [...new Set(touched.flatMap(({ fieldIds }) => fieldIds))],
      body: named ? null : { records: changed.length },
    });
  }
}
