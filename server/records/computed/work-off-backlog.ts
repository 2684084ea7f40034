import { part, systemScope, type Scope, type Tx, type World } from "#kernel";
import { BaseChange } from "../rows/base-change.ts";
import { inBase } from "../rows/base-writer.ts";
import { addToBacklog, BACKLOG_GREW } from "./backlog.ts";
import {
  basesBehind,
  cutBacklog,
  deleteBacklog,
  idsAfter,
  isBehind,
  nextBacklog,
  shortenBacklog,
  type BacklogHead,
} from "./backlog.sql.ts";
import { computedGraph } from "./graph.ts";
import { PROGRAM_ROWS_MAX, propagate } from "./propagate.ts";
import { isRaised, type ComputingMode } from "./raised-errors.ts";

/** Rows that one transaction computes behind the writes: bounds how long others wait for the base. Ours. */
const CHUNK_ROWS = 5_000;
/** How long to wait after a failure before the base is tried again, milliseconds. */
const RETRY_MS = 5_000;

/**
 * Computes behind the writes what was too much for them. Started in processes that do such work: it takes up what an
 * earlier process left, listens for more, and goes base by base in small transactions. Several processes may do it at once.
 */
export const backlogWorker = part("records.backlog-worker", (world) => new BacklogWorker(world));

class BacklogWorker {
  private readonly world: World;
  private readonly waiting = new Set<string>();
  private readonly retries = new Set<NodeJS.Timeout>();
  private running: Promise<void> | undefined;
  private stopListening: (() => void) | undefined;
  private ending = false;

  constructor(world: World) {
    this.world = world;
  }

  /** Begins with what was left undone. Problems are logged and tried again. */
  async start(): Promise<void> {
    this.stopListening ??= this.world.signals.listen(BACKLOG_GREW, (baseId) => this.wake(baseId));
    await this.resume();
  }

  /** Takes up whatever is there, for work whose signal was missed. */
  async resume(): Promise<void> {
    for (const { baseId } of await this.world.db.all<{ baseId: string }>(basesBehind())) {
      this.wake(baseId);
    }
  }

  wake(baseId: string): void {
    if (this.ending) {
      return;
    }
    this.waiting.add(baseId);
    this.running ??= this.drain().finally(() => {
      this.running = undefined;
    });
  }

  /** Resolves when nothing is waiting in this process. */
  async idle(): Promise<void> {
    await this.running;
  }

  /** Ends after the transaction that runs. */
  async stop(): Promise<void> {
    this.ending = true;
    this.stopListening?.();
    this.retries.forEach((timer) => clearTimeout(timer));
    await this.running;
  }

  private async drain(): Promise<void> {
    for (const baseId of this.waiting) {
      this.waiting.delete(baseId);
      try {
        const scope = systemScope(this.world, "computed-fields");
        await this.workOff(scope, baseId);
      } catch (error) {
        this.world.log.warn({ err: error, baseId }, "computing fields failed; it is tried again");
        this.tryLater(baseId);
      }
    }
  }

  /** Chunk by chunk; others who write the base get their turn in between. */
  private async workOff(scope: Scope, baseId: string): Promise<void> {
    let rows = CHUNK_ROWS;
    let more = true;
    while (more && !this.ending) {
      try {
        more = await workOffChunk(scope, baseId, { rows });
        rows = Math.min(CHUNK_ROWS, rows * 2);
      } catch (error) {
        if (!isRaised(error)) {
          throw error;
        }
        if (rows > 1) {
          // A computed field raised an error, which none should: the row is looked for.
          rows = Math.ceil(rows / 10);
        } else {
          more = await workOffChunk(scope, baseId, { rows, mode: "errors" });
        }
      }
    }
  }

  private tryLater(baseId: string): void {
    const timer = setTimeout(() => {
      this.retries.delete(timer);
      this.wake(baseId);
    }, RETRY_MS).unref();
    this.retries.add(timer);
  }
}

interface ChunkOptions {
  readonly rows?: number;
  readonly mode?: ComputingMode;
}

/** Computes one chunk of what a base has left undone; answers whether there may be more. */
export async function workOffChunk(
  scope: Scope,
  baseId: string,
  { rows = CHUNK_ROWS, mode = "compute" }: ChunkOptions = {},
): Promise<boolean> {
  if (!(await isBaseBehind(scope, baseId))) {
    return false;
  }
  await inBase(scope, baseId, async (base, schema) => {
    const change = new BaseChange(scope, { ...base, mode }, schema);
    const next = await nextInOrder(base.tx, baseId);
    if (next !== undefined) {
      await computeChunk(change, next, rows);
    }
    await change.publish();
  });
  return true;
}

/** True while cells of the base are not computed yet. */
export async function isBaseBehind({ db }: Pick<Scope, "db">, baseId: string): Promise<boolean> {
  const { behind } = await db.one<{ behind: boolean }>(isBehind(baseId));
  return behind;
}

/** What is to be done next, cut to size. */
async function nextInOrder(tx: Tx, baseId: string): Promise<BacklogHead | undefined> {
  const head = await tx.maybe<BacklogHead>(nextBacklog(baseId, CHUNK_ROWS));
  if (head?.toCut !== true) {
    return head;
  }
  await tx.run(cutBacklog(head.id, CHUNK_ROWS));
  return tx.maybe<BacklogHead>(nextBacklog(baseId, CHUNK_ROWS));
}

async function computeChunk(change: BaseChange, next: BacklogHead, rowsMax: number): Promise<void> {
  const { tx, schema } = change;
  const table = schema.tablesById.get(next.tableId);
  const { byField } = computedGraph(schema);
  const nodes = next.fieldIds.flatMap((id) => byField.get(id) ?? []);
  if (table === undefined || nodes.length === 0) {
    await tx.run(deleteBacklog(next.id));
    return;
  }
  const rows = nodes.some(({ inProgram }) => inProgram)
    ? Math.min(rowsMax, PROGRAM_ROWS_MAX)
    : rowsMax;
  const ids =
    next.recordIds?.slice(0, rows) ??
    (await change.rows(idsAfter(table, next.doneTo, rows))).map(([id]) => id ?? "");
  await propagate(change, { stale: [{ nodes, recordIds: ids }], rowsMax: rows, noted: true });
  if (next.recordIds === null) {
    await tx.run(
      ids.length < rows ? deleteBacklog(next.id) : shortenBacklog(next.id, ids.at(-1) ?? ""),
    );
    return;
  }
  await tx.run(deleteBacklog(next.id));
  const rest = next.recordIds.slice(rows);
  if (rest.length > 0) {
    await addToBacklog(change, [
      { table, level: next.level, fieldIds: next.fieldIds, recordIds: rest },
    ]);
  }
}
