import { createUser } from "#identity";
import { newId, type KeyCredential, type Scope, type UserActor } from "#kernel";
import type { TestWorld } from "../../kernel/testing/world.ts";
import { registerBase } from "../bases/register-base.ts";
import { insertRole } from "../members/roles.sql.ts";
import { createWorkspace } from "../places/create-workspace.ts";
import type { RoleName } from "@basalt/contract";
import type { Place } from "../access/access.ts";
import { tellAccessChanged } from "../access/access-cache.ts";

/** A user of the instance, signed in. For tests. */
export async function makeUser(
  world: TestWorld,
  more: Partial<UserActor> = {},
): Promise<Scope & { readonly actor: UserActor }> {
  const email = more.email ?? `${newId("usr")}@example.test`;
  const { id, name } = await createUser(world.system, { email, name: "Somebody" });
  const actor: UserActor = {
    kind: "user",
    userId: id,
    email,
    name,
    admin: false,
    credential: { kind: "session", sessionId: newId("ses") },
    ...more,
  };
  return { ...world.scopeFor(actor), actor };
}

/** The same user by a token. */
export function byKey(
  scope: Scope & { readonly actor: UserActor },
  key: {
    readonly scopes: readonly string[];
    readonly bases?: readonly string[];
    readonly workspaces?: readonly string[];
  },
): Scope & { readonly actor: UserActor } {
  const credential: KeyCredential = {
    kind: "key",
    keyId: newId("pat"),
    scopes: new Set(key.scopes),
    bases: key.bases === undefined ? null : new Set(key.bases),
    workspaces: key.workspaces === undefined ? null : new Set(key.workspaces),
  };
  return { ...scope, actor: { ...scope.actor, credential } };
}

/** A workspace with one base, and its owner. */
export interface House {
  readonly owner: Scope & { readonly actor: UserActor };
  readonly workspaceId: string;
  readonly baseId: string;
}

export async function makeHouse(world: TestWorld): Promise<House> {
  const owner = await makeUser(world);
  const { id: workspaceId } = await createWorkspace(owner, { name: "House" });
  const baseId = newId("app");
  await registerBase(owner, { id: baseId, workspaceId, name: "Rooms" });
  return { owner, workspaceId, baseId };
}

/** A new user with a role on the place. */
export async function makeMember(
  world: TestWorld,
  place: Place,
  role: RoleName,
): Promise<Scope & { readonly actor: UserActor }> {
  const scope = await makeUser(world);
  const { userId } = scope.actor;
  await world.db.run(insertRole(place, { userId, role, givenAt: world.now(), givenBy: null }));
  await tellAccessChanged(world.system, userId);
  return scope;
}
