import { part, type Scope, type World } from "#kernel";
import { ActorCache } from "./actor-cache.ts";
import { Background } from "./background.ts";
import { KeyUse } from "./keys/key-use.ts";
import { HashSlots } from "./passwords/hash-slots.ts";
import { Turns } from "./passwords/turns.ts";
import { deriveKeys, type DerivedKeys } from "./derived-keys.ts";
import { SessionTokens } from "./sessions/session-token.ts";
import { ProfileCache } from "./users/profile-cache.ts";

/** What the module keeps in memory for one world. */
export interface IdentityState {
  readonly actors: ActorCache;
  readonly profiles: ProfileCache;
  readonly hashSlots: HashSlots;
  /** One sign-in at a time for one account. */
  readonly turns: Turns;
  readonly background: Background;
  /** The world itself, on the pool and in nobody's transaction. */
  readonly world: World;
  readonly keyUse: KeyUse;
  readonly keys: DerivedKeys;
  readonly sessionTokens: SessionTokens;
  /** Stops listening to signals. */
  readonly stop: () => void;
}

/** Topics of the signals that drop what is cached; the key is the id of the user, session or API key. */
export const USER_SIGNAL = "identity.user";
export const SESSION_SIGNAL = "identity.session";
export const KEY_SIGNAL = "identity.key";

const identityPart = part("identity", open);

/** The state of this world, made on first use. */
export function identityOf(world: World): IdentityState {
  return world.parts.of(identityPart);
}

/**
 * Does something that the answer does not wait for, such as mail: its time must not tell whether an account exists. Begins
 * after the commit where the caller is in a transaction, and runs on the pool.
 */
export function inBackground(
  scope: Scope,
  name: string,
  work: (scope: Scope) => Promise<void>,
): void {
  const { background, world } = identityOf(scope);
  const start = (): void => background.run(name, () => work({ ...scope, db: world.db }));
  const { db } = scope;
  if ("afterCommit" in db && typeof db.afterCommit === "function") {
    db.afterCommit(start);
  } else {
    start();
  }
}

/** Before the world closes: what runs in the background ends, what was noted is written. */
export async function closeIdentity(world: World): Promise<void> {
  const { background, keyUse, stop } = identityOf(world);
  stop();
  await background.settled();
  await keyUse.flush();
}

function open(world: World): IdentityState {
  const actors = new ActorCache();
  const profiles = new ProfileCache();
  const keys = deriveKeys(world.config.secret);
  const stops = [
    world.signals.listen(USER_SIGNAL, (userId) => {
      actors.drop(userId);
      profiles.drop(userId);
    }),
    world.signals.listen(SESSION_SIGNAL, (sessionId) => actors.drop(sessionId)),
    world.signals.listen(KEY_SIGNAL, (keyId) => actors.drop(keyId)),
  ];
  return {
    actors,
    profiles,
    hashSlots: new HashSlots(),
    turns: new Turns(),
    background: new Background(world.log),
    world,
    keyUse: new KeyUse(world),
    keys,
    sessionTokens: new SessionTokens(keys.session),
    stop: () => {
      for (const stop of stops) {
        stop();
      }
    },
  };
}
