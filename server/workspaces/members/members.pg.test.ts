import { describe, expect, test } from "vitest";
import { newId } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { makeGrant, revokeGrant } from "../grants/grants.ts";
import { byKey, makeHouse, makeMember, makeUser } from "../testing/people.ts";
import { baseCollaborators } from "./base-collaborators.ts";
import {
  addMember,
  changeMember,
  listMembers,
  removeMember,
  transferOwnership,
} from "./members.ts";

const world = testWorld();

describe("the last owner", () => {
  test("cannot be demoted, be removed or leave", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const { userId } = owner.actor;
    const code = { code: "workspaces.last-owner" };
    await expect(
      changeMember(owner, { workspaceId }, { userId, role: "creator" }),
    ).rejects.toMatchObject(code);
    await expect(removeMember(owner, { workspaceId }, userId)).rejects.toMatchObject(code);
    await expect(removeMember(world().system, { workspaceId }, userId)).rejects.toMatchObject(code);
  });

  test("of two owners who demote each other at once, one stays", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const other = await makeMember(world(), { workspaceId }, "owner");
    const demote = (by: typeof owner, userId: string): Promise<unknown> =>
      changeMember(by, { workspaceId }, { userId, role: "editor" });
    const outcomes = await Promise.allSettled([
      demote(owner, other.actor.userId),
      demote(other, owner.actor.userId),
    ]);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const members = await listMembers(world().system, { workspaceId });
    expect(members.filter(({ role }) => role === "owner")).toHaveLength(1);
  });

  test("of two owners who leave at once, one stays", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const other = await makeMember(world(), { workspaceId }, "owner");
    const outcomes = await Promise.allSettled(
      [owner, other].map((scope) => removeMember(scope, { workspaceId }, scope.actor.userId)),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  test("ownership is handed over; whoever had it stays as a creator", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const editor = await makeMember(world(), { workspaceId }, "editor");
    await transferOwnership(owner, { workspaceId, userId: editor.actor.userId });
    const roles = (await listMembers(owner, { workspaceId })).map(({ userId, role }) => [
      userId,
      role,
    ]);
    expect(Object.fromEntries(roles)).toEqual({
      [owner.actor.userId]: "creator",
      [editor.actor.userId]: "owner",
    });
    await expect(
      transferOwnership(owner, { workspaceId, userId: editor.actor.userId }),
    ).rejects.toMatchObject({ code: "workspaces.not-permitted" });
  });

  test("a stranger is not made the owner", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const stranger = await makeUser(world());
    await expect(
      transferOwnership(owner, { workspaceId, userId: stranger.actor.userId }),
    ).rejects.toMatchObject({ code: "workspaces.no-such-member" });
  });
});

describe("rank", () => {
  test("nobody gives, changes or takes a role above their own", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const creator = await makeMember(world(), { workspaceId }, "creator");
    const guest = await makeUser(world());
    const place = { workspaceId };
    const code = { code: "workspaces.not-permitted" };
    await expect(
      addMember(creator, place, { userId: guest.actor.userId, role: "owner" }),
    ).rejects.toMatchObject(code);
    await expect(
      changeMember(creator, place, { userId: owner.actor.userId, role: "editor" }),
    ).rejects.toMatchObject(code);
    await expect(removeMember(creator, place, owner.actor.userId)).rejects.toMatchObject(code);
    await expect(
      changeMember(creator, place, { userId: creator.actor.userId, role: "owner" }),
    ).rejects.toMatchObject(code);
    await addMember(creator, place, { userId: guest.actor.userId, role: "creator" });
    await removeMember(creator, place, guest.actor.userId);
  });

  test("an editor manages nobody, and may leave", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const editor = await makeMember(world(), { workspaceId }, "editor");
    await expect(
      changeMember(editor, { workspaceId }, { userId: owner.actor.userId, role: "editor" }),
    ).rejects.toMatchObject({ code: "workspaces.not-permitted" });
    const token = byKey(editor, { scopes: ["workspacesAndBases:read"] });
    await expect(removeMember(token, { workspaceId }, editor.actor.userId)).rejects.toMatchObject({
      code: "workspaces.scope-missing",
    });
    await removeMember(editor, { workspaceId }, editor.actor.userId);
    await expect(listMembers(editor, { workspaceId })).rejects.toMatchObject({ kind: "not-found" });
  });

  test("nobody is added twice, nor is nobody", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const gift = { userId: owner.actor.userId, role: "editor" } as const;
    await expect(addMember(owner, { workspaceId }, gift)).rejects.toMatchObject({
      code: "workspaces.already-member",
    });
    await expect(
      addMember(owner, { workspaceId }, { userId: newId("usr"), role: "editor" }),
    ).rejects.toMatchObject({ code: "workspaces.unknown-user" });
    await expect(removeMember(owner, { workspaceId }, newId("usr"))).rejects.toMatchObject({
      code: "workspaces.no-such-member",
    });
  });
});

describe("grants", () => {
  test("nobody allows more than they have, lifts their own denial or denies an owner", async () => {
    const { owner, workspaceId, baseId } = await makeHouse(world());
    const creator = await makeMember(world(), { workspaceId }, "creator");
    const { userId } = await makeUser(world()).then(({ actor }) => actor);
    const reason = "a test";
    const allowance = { userId, effect: "allow", reason } as const;
    await expect(
      makeGrant(creator, { workspaceId }, { ...allowance, role: "owner" }),
    ).rejects.toMatchObject({
      code: "workspaces.not-permitted",
    });
    await expect(
      makeGrant(creator, { workspaceId }, { ...allowance, actions: ["workspace.delete"] }),
    ).rejects.toMatchObject({ code: "workspaces.not-permitted" });
    await expect(
      makeGrant(owner, { baseId }, { ...allowance, actions: ["base.create"] }),
    ).rejects.toMatchObject({
      code: "workspaces.grant-place",
    });
    await expect(
      makeGrant(owner, { baseId }, { ...allowance, role: "editor", expiresAt: new Date(0) }),
    ).rejects.toMatchObject({ code: "workspaces.grant-expired" });
    await expect(
      makeGrant(creator, { baseId }, { userId: owner.actor.userId, effect: "deny", reason }),
    ).rejects.toMatchObject({ code: "workspaces.owner-denied" });
    const denial = {
      userId: creator.actor.userId,
      effect: "deny",
      actions: ["records.write"],
      reason,
    } as const;
    const { id } = await makeGrant(owner, { baseId }, denial);
    await expect(revokeGrant(creator, id)).rejects.toMatchObject({
      code: "workspaces.not-permitted",
    });
    await makeGrant(owner, { workspaceId }, denial);
    await expect(
      changeMember(owner, { workspaceId }, { userId: creator.actor.userId, role: "owner" }),
    ).rejects.toMatchObject({ code: "workspaces.denied-user" });
  });

  test("a stranger's grant is one that does not exist", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const stranger = await makeUser(world());
    const { userId } = stranger.actor;
    const { id } = await makeGrant(
      owner,
      { workspaceId },
      { userId, effect: "deny", reason: "a test" },
    );
    await expect(revokeGrant(stranger, id)).rejects.toMatchObject({
      code: "workspaces.not-found-or-not-allowed",
    });
    await expect(revokeGrant(stranger, newId("grt"))).rejects.toMatchObject({
      code: "workspaces.not-found-or-not-allowed",
    });
  });
});

test("the people of a base come by every way, without those who are shut out", async () => {
  const { owner, workspaceId, baseId } = await makeHouse(world());
  const editor = await makeMember(world(), { workspaceId }, "editor");
  const guest = await makeMember(world(), { baseId }, "read-only");
  const out = await makeMember(world(), { baseId }, "editor");
  await makeGrant(
    owner,
    { baseId },
    { userId: out.actor.userId, effect: "deny", reason: "a test" },
  );
  const ids = (await baseCollaborators(world().system, baseId)).map(({ id }) => id);
  expect(ids).toEqual([owner, editor, guest].map(({ actor }) => actor.userId).toSorted());
});
