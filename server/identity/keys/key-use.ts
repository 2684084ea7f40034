import type { World } from "#kernel";
import { noteKeyUse } from "./api-keys.sql.ts";

/** A key's last use is written at most this often, milliseconds. */
const NOTED_EVERY_MS = 60_000;
/** How long uses are gathered before they are written in one statement, milliseconds. */
const GATHERED_MS = 1_000;
/** Keys remembered at most. */
const KEYS_MAX = 20_000;

/** Notes when keys were last used, beside the request and not in it. */
export class KeyUse {
  private readonly notedAt = new Map<string, number>();
  private pending = new Map<string, Date>();
  private timer: NodeJS.Timeout | undefined;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  note(keyId: string, now: Date): void {
    const noted = this.notedAt.get(keyId);
    if (noted !== undefined && now.getTime() - noted < NOTED_EVERY_MS) {
      return;
    }
    if (this.notedAt.size >= KEYS_MAX) {
      this.notedAt.clear();
    }
    this.notedAt.set(keyId, now.getTime());
    this.pending.set(keyId, now);
    this.timer ??= setTimeout(() => void this.flush(), GATHERED_MS).unref();
  }

  /** Writes what was noted. A failure loses a time stamp and nothing else. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.pending.size === 0) {
      return;
    }
    const uses = this.pending;
    this.pending = new Map();
    try {
      await this.world.db.run(noteKeyUse([...uses.keys()], [...uses.values()]));
    } catch (error) {
      this.world.log.warn({ err: error }, "identity: the last use of keys was not written");
    }
  }
}
