import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { makeInvitation } from "../invitations/invite.ts";
import { makeHouse, makeMember, makeUser } from "../testing/people.ts";
import { baseSharing, workspaceSharing } from "./sharing.ts";

const world = testWorld();

test("who shares a base and its workspace, and who is invited, as far as the asker may know", async () => {
  const { owner, workspaceId, baseId } = await makeHouse(world());
  const guest = await makeMember(world(), { baseId }, "commenter");
  const toBase = await makeInvitation(
    owner,
    { baseId },
    { role: "editor", email: "c@example.test" },
  );
  const toWorkspace = await makeInvitation(owner, { workspaceId }, { role: "editor" });

  expect(await baseSharing(owner, baseId)).toMatchObject({
    base: { id: baseId, workspaceId, name: "Rooms", permissionLevel: "create" },
    baseMembers: [{ userId: guest.actor.userId, role: "commenter", email: guest.actor.email }],
    workspaceMembers: [{ userId: owner.actor.userId, role: "owner" }],
    baseInvitations: [{ id: toBase.id }],
    workspaceInvitations: [{ id: toWorkspace.id }],
  });
  expect(await baseSharing(guest, baseId)).toMatchObject({
    base: { permissionLevel: "comment" },
    baseInvitations: [],
    workspaceInvitations: [],
  });
  expect(await workspaceSharing(owner, workspaceId)).toMatchObject({
    workspaceMembers: [{ userId: owner.actor.userId }],
    workspaceInvitations: [{ id: toWorkspace.id }],
  });
});

test("strangers, and a base's people where the workspace is concerned, are told that there is none", async () => {
  const { workspaceId, baseId } = await makeHouse(world());
  const guest = await makeMember(world(), { baseId }, "creator");
  await expect(workspaceSharing(guest, workspaceId)).rejects.toMatchObject({ kind: "not-found" });
  await expect(baseSharing(await makeUser(world()), baseId)).rejects.toMatchObject({
    kind: "not-found",
  });
});
