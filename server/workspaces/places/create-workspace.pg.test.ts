import { expect, test } from "vitest";
import { newId, type Actor } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { allow, permissionLevel } from "../access/allow.ts";
import { listBases } from "../bases/list-bases.ts";
import { registerBase } from "../bases/register-base.ts";
import { createWorkspace, ensureDefaultWorkspace } from "./create-workspace.ts";
import { listWorkspaces } from "./list-workspaces.ts";

const world = testWorld();

function somebody(): Actor & { readonly kind: "user" } {
  const userId = newId("usr");
  return {
    kind: "user",
    userId,
    email: `${userId}@example.test`,
    name: "Somebody",
    admin: false,
    credential: { kind: "session", sessionId: newId("ses") },
  };
}

test("whoever makes a workspace owns it and may register a base there", async () => {
  const scope = world().scopeFor(somebody());
  const { id: workspaceId, role } = await createWorkspace(scope, { name: "Acme" });
  expect(role).toBe("owner");
  const baseId = newId("app");
  await scope.db.transaction((tx) =>
    registerBase({ ...scope, db: tx }, { id: baseId, workspaceId, name: "Orders" }),
  );
  await allow(scope, "records.write", { baseId });
  expect(await permissionLevel(scope, baseId)).toBe("create");
  expect(await listBases(scope)).toMatchObject([
    { id: baseId, workspaceId, name: "Orders", permissionLevel: "create" },
  ]);
  expect(await listWorkspaces(scope)).toMatchObject([
    { id: workspaceId, name: "Acme", role: "owner" },
  ]);
});

test("an id that is taken is a conflict and the transaction can go on", async () => {
  const scope = world().scopeFor(somebody());
  const { id: workspaceId } = await createWorkspace(scope, { name: "Acme" });
  const base = { id: newId("app"), workspaceId, name: "Orders" };
  await registerBase(scope, base);
  await expect(registerBase(scope, base)).rejects.toMatchObject({ code: "workspaces.base-exists" });
});

test("a default workspace is made once, however many ask", async () => {
  const { userId } = somebody();
  const made = await Promise.all(
    [1, 2, 3].map(() => ensureDefaultWorkspace(world().system, { userId, name: "Samples" })),
  );
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
});

test("nobody signed in, nothing made", async () => {
  const scope = world().scopeFor({ kind: "anonymous" });
  await expect(createWorkspace(scope, { name: "Acme" })).rejects.toMatchObject({
    code: "kernel.not-signed-in",
  });
});
