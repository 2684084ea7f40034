import { isId, part, type Db, type Scope, type World } from "#kernel";
import { placeId, type Access, type Place } from "./access.ts";
import { accessToBases, accessToWorkspaces, type AskedPairs } from "./access.sql.ts";

/** Signals of this topic name a user, a workspace or a base whose roles or grants have changed. */
const ACCESS_TOPIC = "workspaces.access";

/** Answers kept in one process. About 0.5 kB each. */
const ENTRIES_MAX = 50_000;
/** Answers kept for one user, so that one who asks for made-up ids pushes out nobody else's. */
const ENTRIES_OF_USER_MAX = 2_000;
/** A second line behind the signals: nothing is believed for longer. Milliseconds. */
const ENTRY_LIFE_MAX_MS = 60_000;

interface Entry {
  /** Undefined: there is no such place. */
  readonly access: Access | undefined;
  readonly readAtMs: number;
}

/** The cache of a world. */
export const accessCache = part("workspaces.access-cache", (world) => new AccessCache(world));

/**
 * Who has what, in memory. Signals drop what has changed: at once in this process, within a second in the others. An answer
 * that was being read while a signal came is given to its asker and not kept.
 */
export class AccessCache {
  private readonly users = new Map<string, Map<string, Entry>>();
  private readonly reading = new Map<string, Promise<Access | undefined>>();
  private count = 0;
  private epoch = 0;
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
    world.signals.listen(ACCESS_TOPIC, (key) => this.drop(key));
  }

  /** The answer in memory, or undefined where it has to be read. */
  peek(userId: string, place: Place): Entry | undefined {
    const entry = this.users.get(userId)?.get(placeId(place));
    return entry !== undefined && this.world.now().getTime() - entry.readAtMs < ENTRY_LIFE_MAX_MS
      ? entry
      : undefined;
  }

  /** What the user has on the place; undefined where there is no such place. One statement at most. */
  async get(userId: string, place: Place): Promise<Access | undefined> {
    const entry = this.peek(userId, place);
    if (entry !== undefined) {
      return entry.access;
    }
    const key = `${userId}/${placeId(place)}`;
    const running = this.reading.get(key);
    if (running !== undefined) {
      return running;
    }
    const read = this.readAndKeep(userId, place).finally(() => {
      if (this.reading.get(key) === read) {
        this.reading.delete(key);
      }
    });
    this.reading.set(key, read);
    return read;
  }

  private async readAndKeep(userId: string, place: Place): Promise<Access | undefined> {
    const { epoch } = this;
    const [access] = await readAccess(this.world.db, [{ userId, place }], this.world.now());
    if (epoch === this.epoch) {
      this.keep(userId, placeId(place), { access, readAtMs: this.world.now().getTime() });
    }
    return access;
  }

  private keep(userId: string, id: string, entry: Entry): void {
    const own = this.users.get(userId) ?? new Map<string, Entry>();
    if (own.size >= ENTRIES_OF_USER_MAX) {
      this.count -= own.size;
      own.clear();
    }
    this.users.set(userId, own);
    this.count += own.has(id) ? 0 : 1;
    own.set(id, entry);
    while (this.count > ENTRIES_MAX) {
      const [oldest] = this.users.keys();
      this.dropUser(oldest ?? userId);
    }
  }

  private drop(key: string): void {
    this.epoch += 1;
    // Whoever asks from now on must not join a read that began before the change.
    this.reading.clear();
    if (key.startsWith("usr")) {
      this.dropUser(key);
      return;
    }
    for (const [userId, entries] of this.users) {
      for (const [id, { access }] of entries) {
        // A base that was not there may be in the workspace that has come back.
        if (id === key || access === undefined || access.workspaceId === key) {
          entries.delete(id);
          this.count -= 1;
        }
      }
      if (entries.size === 0) {
        this.users.delete(userId);
      }
    }
  }

  private dropUser(userId: string): void {
    this.count -= this.users.get(userId)?.size ?? 0;
    this.users.delete(userId);
  }
}

/**
 * Tells every process that somebody's roles or grants, or a place itself, have changed; with the transaction when there is one.
 */
export async function tellAccessChanged(scope: Scope, key: string): Promise<void> {
  await scope.signals.send(scope.db, ACCESS_TOPIC, key);
}

/** One user and one place to be asked about. */
export interface AskedAbout {
  readonly userId: string;
  readonly place: Place;
}

/** Reads many answers, in the order asked, with two statements at most. For questions in bulk and inside transactions. */
export async function readAccess(
  db: Db,
  asked: readonly AskedAbout[],
  now: Date,
): Promise<(Access | undefined)[]> {
  const bases = asked.filter(({ place }) => "baseId" in place && isId("app", place.baseId));
  const workspaces = asked.filter(
    ({ place }) => "workspaceId" in place && isId("wsp", place.workspaceId),
  );
  const found = new Map<string, Access>();
  if (bases.length > 0) {
    for (const access of await db.all<Access>(accessToBases(pairs(bases), now))) {
      found.set(`${access.userId}/${access.baseId ?? ""}`, access);
    }
  }
  if (workspaces.length > 0) {
    for (const access of await db.all<Access>(accessToWorkspaces(pairs(workspaces), now))) {
      found.set(`${access.userId}/${access.workspaceId}`, access);
    }
  }
  return asked.map(({ userId, place }) => found.get(`${userId}/${placeId(place)}`));
}

function pairs(asked: readonly AskedAbout[]): AskedPairs {
  const unique = [
    ...new Map(asked.map((one) => [`${one.userId}/${placeId(one.place)}`, one])).values(),
  ];
  return {
    userIds: unique.map(({ userId }) => userId),
    placeIds: unique.map(({ place }) => placeId(place)),
  };
}
