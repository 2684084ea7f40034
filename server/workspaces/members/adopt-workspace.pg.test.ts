import { describe, expect, test } from "vitest";
import { newId, sql, type Scope, type UserActor } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { byKey, makeHouse, makeMember, makeUser } from "../testing/people.ts";
import { adoptWorkspace, listOwnerlessWorkspaces } from "./adopt-workspace.ts";
import { addMember, changeMember, listMembers, removeMember } from "./members.ts";

const world = testWorld();

const administrator = (): Promise<Scope & { readonly actor: UserActor }> =>
  makeUser(world(), { admin: true });
const end = (column: "deleted_at" | "disabled_at", userId: string): Promise<number> =>
  world().db.run(
    column === "deleted_at"
      ? sql`update identity.users set deleted_at = now() where id = ${userId}`
      : sql`update identity.users set disabled_at = now() where id = ${userId}`,
  );

describe("a workspace without an owner who can act", () => {
  test.each(["deleted_at", "disabled_at"] as const)(
    "(%s) is found and adopted by an administrator",
    async (column) => {
      const { owner, workspaceId } = await makeHouse(world());
      const editor = await makeMember(world(), { workspaceId }, "editor");
      const admin = await administrator();
      const listed = async (): Promise<readonly string[]> =>
        (await listOwnerlessWorkspaces(admin, { after: undefined, limit: 1_000 })).map(
          ({ id }) => id,
        );
      await expect(adoptWorkspace(admin, workspaceId)).rejects.toMatchObject({
        code: "workspaces.has-owner",
        kind: "conflict",
      });
      expect(await listed()).not.toContain(workspaceId);

      await end(column, owner.actor.userId);
      expect(await listed()).toContain(workspaceId);
      expect(await adoptWorkspace(admin, workspaceId)).toMatchObject({
        id: workspaceId,
        role: "owner",
      });
      expect(await listed()).not.toContain(workspaceId);
      expect(await listMembers(admin, { workspaceId })).toContainEqual(
        expect.objectContaining({
          userId: admin.actor.userId,
          role: "owner",
          givenBy: admin.actor.userId,
        }),
      );
      expect(await listMembers(editor, { workspaceId })).toHaveLength(3);
      await removeMember(admin, { workspaceId }, owner.actor.userId);
    },
  );

  test("an administrator who is a member already is raised", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const admin = await administrator();
    await addMember(owner, { workspaceId }, { userId: admin.actor.userId, role: "commenter" });
    await end("deleted_at", owner.actor.userId);
    expect(await adoptWorkspace(admin, workspaceId)).toMatchObject({ role: "owner" });
    expect(await listMembers(admin, { workspaceId })).toHaveLength(2);
  });

  test("nobody else adopts it, and nothing is there to adopt", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const creator = await makeMember(world(), { workspaceId }, "creator");
    await end("deleted_at", owner.actor.userId);
    const admin = await administrator();
    const code = { code: "identity.administrator-required" };
    await expect(adoptWorkspace(creator, workspaceId)).rejects.toMatchObject(code);
    await expect(
      listOwnerlessWorkspaces(creator, { after: undefined, limit: 10 }),
    ).rejects.toMatchObject(code);
    const key = byKey(admin, { scopes: ["workspacesAndBases:write"] });
    await expect(adoptWorkspace(key, workspaceId)).rejects.toMatchObject({
      code: "workspaces.scope-missing",
    });
    const narrowed = byKey(admin, { scopes: ["workspacesAndBases:manage"], bases: ["appX"] });
    await expect(adoptWorkspace(narrowed, workspaceId)).rejects.toMatchObject({
      code: "workspaces.not-permitted",
    });
    await expect(adoptWorkspace(admin, newId("wsp"))).rejects.toMatchObject({ kind: "not-found" });
    await expect(adoptWorkspace(admin, "nonsense")).rejects.toMatchObject({ kind: "not-found" });
  });

  test("of two administrators who adopt at once, one does", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    await end("deleted_at", owner.actor.userId);
    const admins = [await administrator(), await administrator()];
    const outcomes = await Promise.allSettled(
      admins.map((admin) => adoptWorkspace(admin, workspaceId)),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });
});

test("an owner who was deleted or disabled does not count as one that is left", async () => {
  for (const column of ["deleted_at", "disabled_at"] as const) {
    const { owner, workspaceId } = await makeHouse(world());
    const other = await makeMember(world(), { workspaceId }, "owner");
    await end(column, other.actor.userId);
    const { userId } = owner.actor;
    await expect(removeMember(owner, { workspaceId }, userId)).rejects.toMatchObject({
      code: "workspaces.last-owner",
    });
    await removeMember(owner, { workspaceId }, other.actor.userId);
  }
});

test("who was deleted or disabled is given no role", async () => {
  const { owner, workspaceId } = await makeHouse(world());
  for (const column of ["deleted_at", "disabled_at"] as const) {
    const { userId } = (await makeUser(world())).actor;
    await end(column, userId);
    await expect(
      addMember(owner, { workspaceId }, { userId, role: "editor" }),
    ).rejects.toMatchObject({ code: "workspaces.unknown-user" });
  }
  const member = await makeMember(world(), { workspaceId }, "editor");
  await changeMember(owner, { workspaceId }, { userId: member.actor.userId, role: "creator" });
});
