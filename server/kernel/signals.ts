import type { Db } from "./db/db.ts";

/**
 * "Something that you cache has changed": told to this process at once, and to every other one before the sender goes on.
 * For rare changes (revocations, roles, schemas); record changes travel by the change log.
 */
export interface Signals {
  /**
   * Tells everybody after the commit. Inside a transaction it is written with it, so it cannot be lost; give the
   * transaction as `db`. `topic` is `module.what`, `key` says which one. The call (inside a transaction, the transaction)
   * resolves when every process has heard; one that is silent is waited for a second at most, and hears when it is back.
   */
  send(db: Db, topic: string, key: string): Promise<void>;
  /** The same, and nobody waits: for work that may start a little later. */
  hint(db: Db, topic: string, key: string): Promise<void>;
  /** Calls back for each signal of the topic, own ones included; answers the way to stop. Must not throw. */
  listen(topic: string, callback: (key: string) => void): () => void;
  close(): Promise<void>;
}
