import { part, type World } from "#kernel";
import type { Table } from "../schema/base-schema.ts";
import { outsideTransaction } from "./outside-transaction.ts";
import { backendPid, cancelBackend, vacuumTable } from "./wanted-indexes.sql.ts";

/**
 * Removes, in the background, what writing many rows at once has left behind in tables, and counts what is in them. To be called
 * when that has been committed. Nobody waits for it, and nothing depends on it: PostgreSQL does the same some time.
 */
export function tidyTables(world: Pick<World, "parts">, tables: readonly Table[]): void {
  world.parts.of(tidying).add(tables);
}

/** Ends what is being tidied. */
export async function stopTidying(world: World): Promise<void> {
  await world.parts.of(tidying).close();
}

/** What tidies in this process: one table after the other. */
export const tidying = part("records.tidying", (world) => new Tidying(world));

class Tidying {
  private readonly world: World;
  private queue: Table[] = [];
  private running: Promise<void> | undefined;
  private pid: number | undefined;
  private closed = false;

  constructor(world: World) {
    this.world = world;
  }

  add(tables: readonly Table[]): void {
    if (!this.closed) {
      this.queue.push(...tables);
      this.running ??= this.drain().finally(() => {
        this.running = undefined;
      });
    }
  }

  /** Resolves when nothing is left to tidy. */
  async idle(): Promise<void> {
    await this.running;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.queue = [];
    if (this.pid !== undefined) {
      await this.world.db.text(cancelBackend(this.pid));
    }
    await this.idle();
  }

  private async drain(): Promise<void> {
    for (let next = this.queue.shift(); next !== undefined; next = this.queue.shift()) {
      const table = next;
      try {
        await outsideTransaction(this.world.db, async (session) => {
          this.pid = (await session.one<{ readonly pid: number }>(backendPid)).pid;
          await session.script(vacuumTable(table));
        });
      } catch (error) {
        // The table may have gone meanwhile, or the program stops.
        this.world.log.debug({ err: error, tableId: table.id }, "a table was not tidied");
      } finally {
        this.pid = undefined;
      }
    }
  }
}
