import type { Db } from "./db/db.ts";

/**
 * "Something that you cache has changed": told to every process within a second, to this one at once.
 * For rare changes (revocations, roles, schemas); record changes travel by the change log.
 */
export interface Signals {
  /**
   * Tells everybody after the commit. Inside a transaction it is written with it, so it cannot be lost; give the
   * transaction as `db`. `topic` is `module.what`, `key` says which one.
   */
  send(db: Db, topic: string, key: string): Promise<void>;
  /** Calls back for each signal of the topic, own ones included; answers the way to stop. Must not throw. */
  listen(topic: string, callback: (key: string) => void): () => void;
  close(): Promise<void>;
}
