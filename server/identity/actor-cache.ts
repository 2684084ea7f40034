import type { UserActor } from "#kernel";

/** Credentials kept at most; the ones that were put in first go first. */
const ACTORS_MAX = 20_000;
/** How long an answer is believed without asking again, milliseconds: a bound should a signal ever be lost. */
const BELIEVED_MS = 60_000;

interface Entry {
  readonly actor: UserActor;
  readonly until: number;
}

/**
 * Who is behind an `Authorization` header, by the whole header. Dropped by the id of the user, the session or the key.
 */
export class ActorCache {
  private readonly entries = new Map<string, Entry>();
  /** Id of a user or credential -> headers. */
  private readonly headers = new Map<string, Set<string>>();
  private drops = 0;

  /** Grows with each drop: what was read before a drop must not be kept after it. */
  get epoch(): number {
    return this.drops;
  }

  get(header: string, nowMs: number): UserActor | undefined {
    const entry = this.entries.get(header);
    return entry !== undefined && nowMs < entry.until ? entry.actor : undefined;
  }

  /** Keeps what was read since `epoch`, until `expiresMs` at most. */
  put(
    header: string,
    found: {
      readonly actor: UserActor;
      readonly expiresMs: number;
      readonly epoch: number;
      readonly nowMs: number;
    },
  ): void {
    if (found.epoch !== this.drops) {
      return;
    }
    this.forget(header);
    this.entries.set(header, {
      actor: found.actor,
      until: Math.min(found.expiresMs, found.nowMs + BELIEVED_MS),
    });
    for (const id of idsOf(found.actor)) {
      const headers = this.headers.get(id) ?? new Set();
      this.headers.set(id, headers.add(header));
    }
    if (this.entries.size > ACTORS_MAX) {
      const [oldest] = this.entries.keys();
      this.forget(oldest ?? header);
    }
  }

  drop(id: string): void {
    this.drops += 1;
    for (const header of this.headers.get(id) ?? []) {
      this.forget(header);
    }
  }

  private forget(header: string): void {
    const entry = this.entries.get(header);
    if (entry === undefined) {
      return;
    }
    this.entries.delete(header);
    for (const id of idsOf(entry.actor)) {
      const headers = this.headers.get(id);
      headers?.delete(header);
      if (headers?.size === 0) {
        this.headers.delete(id);
      }
    }
  }
}

function idsOf({ userId, credential }: UserActor): readonly string[] {
  return [userId, credential.kind === "key" ? credential.keyId : credential.sessionId];
}
