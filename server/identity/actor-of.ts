import { Problem, type Actor, type UserActor, type World } from "#kernel";
import {
  actorOfKey,
  actorOfSession,
  type KeyActorRow,
  type SessionActorRow,
} from "./actor-of.sql.ts";
import { isKeyText, keyHash } from "./keys/key-text.ts";
import { identityOf } from "./state.ts";

const BEARER = /^bearer {1,4}(\S+)$/i;
/** Longer than any credential of ours. */
const HEADER_MAX_CHARACTERS = 1_024;
const ANONYMOUS: Actor = { kind: "anonymous" };

/**
 * Who sent this `Authorization` header: nobody without one, else the user of the session token or API key.
 * Problems: `identity.invalid-token` for whatever is forged, expired, revoked or of a user who is gone.
 */
export async function actorOf(world: World, header: string | undefined): Promise<Actor> {
  if (header === undefined) {
    return ANONYMOUS;
  }
  const cached = cachedActor(world, header);
  if (cached !== undefined) {
    return cached;
  }
  const found = await findActor(world, header);
  if (found === undefined) {
    throw invalidToken();
  }
  noteUse(world, found.actor);
  return found.actor;
}

/** The same without a wait, for a header that was seen lately; undefined means: ask `actorOf`. */
export function cachedActor(world: World, header: string): UserActor | undefined {
  const actor = identityOf(world).actors.get(header, world.now().getTime());
  if (actor !== undefined) {
    noteUse(world, actor);
  }
  return actor;
}

/** The one answer to a credential that does not count, which tells nothing about why. */
export function invalidToken(): Problem {
  return new Problem("unauthenticated", "identity.invalid-token", {
    message: "The token is not valid: sign in again, or use another API key.",
    airtable: { type: "AUTHENTICATION_REQUIRED", message: "Authentication required" },
  });
}

interface Found {
  readonly actor: UserActor;
  readonly expiresMs: number;
}

async function findActor(world: World, header: string): Promise<Found | undefined> {
  const token = header.length <= HEADER_MAX_CHARACTERS ? BEARER.exec(header)?.[1] : undefined;
  if (token === undefined) {
    return undefined;
  }
  const { actors } = identityOf(world);
  const { epoch } = actors;
  const found = isKeyText(token) ? await findKey(world, token) : await findSession(world, token);
  if (found !== undefined) {
    actors.put(header, { ...found, epoch, nowMs: world.now().getTime() });
  }
  return found;
}

async function findKey(world: World, text: string): Promise<Found | undefined> {
  const row = await world.db.maybe<KeyActorRow>(actorOfKey(keyHash(text), world.now()));
  if (row === undefined) {
    return undefined;
  }
  const credential = {
    kind: "key" as const,
    keyId: row.keyId,
    scopes: new Set(row.scopes),
    bases: row.bases && new Set(row.bases),
    workspaces: row.workspaces && new Set(row.workspaces),
    origins: row.origins && new Set(row.origins),
  };
  return { actor: { ...userOf(row), credential }, expiresMs: row.expiresAt?.getTime() ?? Infinity };
}

async function findSession(world: World, token: string): Promise<Found | undefined> {
  const claims = identityOf(world).sessionTokens.read(token, world.now());
  if (claims === undefined) {
    return undefined;
  }
  const row = await world.db.maybe<SessionActorRow>(actorOfSession(claims.sessionId, world.now()));
  if (row === undefined || row.userId !== claims.userId) {
    return undefined;
  }
  return {
    actor: { ...userOf(row), credential: { kind: "session", sessionId: claims.sessionId } },
    expiresMs: claims.expiresMs,
  };
}

function userOf({ userId, email, name, admin }: SessionActorRow): Omit<UserActor, "credential"> {
  return { kind: "user", userId, email, name, admin };
}

function noteUse(world: World, { credential }: UserActor): void {
  if (credential.kind === "key") {
    identityOf(world).keyUse.note(credential.keyId, world.now());
  }
}
