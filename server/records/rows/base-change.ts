import { publish, type ChangeEvent, type Scope, type Sql, type TextRow, type Tx } from "#kernel";
import { computedGraph } from "../computed/graph.ts";
import { propagate, type Recomputed, type Touched } from "../computed/propagate.ts";
import type { ComputingMode } from "../computed/raised-errors.ts";
import type { BaseSchema } from "../schema/base-schema.ts";
import type { BaseTx } from "./base-writer.ts";
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
  /** Records by table whose own computed cells are errors until they are computed. */
  private readonly postponed = new Map<string, string[]>();

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

  /** Leaves the computed cells of these records to the backlog, where this transaction does not compute. */
  postpone(tableId: string, recordIds: readonly string[]): void {
    if (this.mode === "later") {
      this.postponed.set(tableId, [...(this.postponed.get(tableId) ?? []), ...recordIds]);
    }
  }

  /** Computes what depends on the cells that were touched. Answers the records that got other values by it. */
  async settle(): Promise<Recomputed> {
    const { touched, postponed } = this;
    this.touched = [];
    if (touched.length === 0 && postponed.size === 0) {
      return new Map();
    }
    const { byTable } = computedGraph(this.schema);
    const stale = [...postponed].map(([tableId, recordIds]) => ({
      nodes: byTable.get(tableId) ?? [],
      recordIds,
    }));
    postponed.clear();
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
