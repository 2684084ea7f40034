import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { beginShared, letGo, takeExclusive, takeShared, writeNothing } from "./file-lock.sql.ts";

const pollMs = 20;
/** SQLite's "somebody else holds it". */
const sqliteBusy = 5;

/**
 * A lock between processes that cannot go stale: the operating system drops it with the process, also after `kill -9`,
 * and no process number is compared. Node has no `flock`, so an empty SQLite file does the locking.
 */
export class FileLock {
  readonly #database: DatabaseSync;

  constructor(file: string) {
    this.#database = new DatabaseSync(file, { timeout: 0 });
  }

  /** True when this process now holds the lock alone. */
  tryExclusive(): boolean {
    return this.#try(() => {
      this.#database.exec(writeNothing);
      this.#database.exec(takeExclusive);
    });
  }

  /** True when this process now holds the lock together with others that share it. */
  tryShared(): boolean {
    return this.#try(() => {
      this.#database.exec(beginShared);
      this.#database.exec(takeShared);
    });
  }

  /** Waits for the lock; false when `waitMs` were not enough. */
  async exclusive(waitMs: number): Promise<boolean> {
    for (let waited = 0; waited <= waitMs; waited += pollMs) {
      if (this.tryExclusive()) {
        return true;
      }
      await sleep(pollMs);
    }
    return false;
  }

  /** Lets go; the lock can be taken again. */
  release(): void {
    if (this.#database.isTransaction) {
      this.#database.exec(letGo);
    }
  }

  close(): void {
    this.#database.close();
  }

  #try(take: () => void): boolean {
    this.release();
    try {
      take();
      return true;
    } catch (error) {
      this.release();
      if (error instanceof Error && "errcode" in error && error.errcode === sqliteBusy) {
        return false;
      }
      throw error;
    }
  }
}
