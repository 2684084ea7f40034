import { publish, type ChangeEvent, type Scope, type Sql, type TextRow, type Tx } from "#kernel";
import { computedGraph, type ComputedNode } from "../computed/graph.ts";
import { propagate, type Recomputed, type Touched } from "../computed/propagate.ts";
import { despiteFormulas, type ComputingMode } from "../computed/raised-errors.ts";
import type { BaseSchema } from "../schema/base-schema.ts";
import { inBaseWithSchema, type BaseTx } from "./base-writer.ts";
import { resetRole, setRole } from "./base-writer.sql.ts";
import { actorId, callEvent } from "./call-event.ts";

/**
 * One transaction of a base while it is being made: runs statements under the base's role and collects the entries of the
 * change log, which are written last.
 */
export class BaseChange {
  readonly scope: Scope;
  readonly tx: Tx;
  readonly txn: number;
  readonly at: Date;
  /** Who is named as the author; null for the program itself. */
  readonly by: string | null;
  schema: BaseSchema;
  private readonly events: ChangeEvent[] = [];
  readonly mode: ComputingMode;
  private touched: Touched[] = [];
  /** Records by table whose own computed cells, or some, no statement has computed. */
  private readonly uncomputed = new Map<string, string[]>();

  constructor(scope: Scope, base: BaseTx & { readonly mode?: ComputingMode }, schema: BaseSchema) {
    this.scope = { ...scope, db: base.tx };
    this.tx = base.tx;
    this.txn = base.txn;
    this.mode = base.mode ?? "compute";
    this.at = scope.now();
    this.by = actorId(scope);
    this.schema = schema;
  }

  /** Statements on the base's own tables, in one round trip, with no right on anything else. */
  async text(statements: readonly Sql[]): Promise<TextRow[][]> {
    if (this.schema.role === null) {
      return this.tx.pipeline(statements);
    }
    const results = await this.tx.pipeline([setRole(this.schema.role), ...statements, resetRole]);
    return results.slice(1, -1);
  }

  /** The rows of one statement on the base's own tables. */
  async rows(statement: Sql): Promise<TextRow[]> {
    const [rows] = await this.text([statement]);
    return rows ?? [];
  }

  note(event: Pick<ChangeEvent, "name" | "tableId" | "recordIds" | "fieldIds" | "body">): void {
    this.events.push({
      ...callEvent(this.scope, this.schema.baseId, event),
      txn: this.txn,
      seq: this.events.length,
      at: this.at,
    });
  }

  /** Says that cells were written, so that `settle` computes what depends on them. */
  touch(touched: Touched): void {
    this.touched.push(touched);
  }

  /** Says that records were added: `settle` computes those of their cells that the statement has left out. */
  added(tableId: string, recordIds: readonly string[]): void {
    if (this.mode === "later" || this.leftOut(tableId).length > 0) {
      this.uncomputed.set(tableId, [...(this.uncomputed.get(tableId) ?? []), ...recordIds]);
    }
  }

  /** Leaves the computed cells of records that were changed to the backlog, where this transaction does not compute. */
  postpone(tableId: string, recordIds: readonly string[]): void {
    if (this.mode === "later") {
      this.added(tableId, recordIds);
    }
  }

  /** The computed fields that no statement of a write computes. */
  private leftOut(tableId: string): readonly ComputedNode[] {
    const nodes = computedGraph(this.schema).byTable.get(tableId) ?? [];
    return this.mode === "later" ? nodes : nodes.filter(({ afterStatement }) => afterStatement);
  }

  /** Computes what depends on the cells that were touched. Answers the records that got other values by it. */
  async settle(): Promise<Recomputed> {
    const { touched, uncomputed } = this;
    this.touched = [];
    if (touched.length === 0 && uncomputed.size === 0) {
      return new Map();
    }
    const stale = [...uncomputed].map(([tableId, recordIds]) => ({
      nodes: this.leftOut(tableId),
      recordIds,
    }));
    uncomputed.clear();
    return propagate(this, { touched, stale });
  }

  /** Writes the entries collected. A transaction that changed nothing still writes one, so that the numbers have no hole. */
  async publish(): Promise<void> {
    await this.settle();
    if (this.events.length === 0) {
      this.note({ name: "base.unchanged", tableId: null, recordIds: [], fieldIds: [], body: null });
    }
    await publish(this.tx, this.events);
  }
}

/** One transaction of the base for a write, which no computed field can block. */
export async function inBaseDespiteFormulas<T>(
  scope: Scope,
  schema: BaseSchema,
  write: (change: BaseChange, base: BaseTx) => Promise<T>,
): Promise<T> {
  return despiteFormulas(scope, schema, async (mode) =>
    inBaseWithSchema(scope, schema, async (base) =>
      write(new BaseChange(scope, { ...base, mode }, schema), base),
    ),
  );
}
