import { describe, expect, test } from "vitest";
import { newId } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { allow } from "../access/allow.ts";
import { makeGrant } from "../grants/grants.ts";
import { changeMember, listMembers, removeMember } from "../members/members.ts";
import { trashWorkspace } from "../places/change-workspace.ts";
import { sweepWorkspaces } from "../sweep.ts";
import { byKey, makeHouse, makeMember, makeUser } from "../testing/people.ts";
import { acceptInvitation, lookAtInvitation } from "./accept-invitation.ts";
import { listInvitations, makeInvitation, resendInvitation, revokeInvitation } from "./invite.ts";

const world = testWorld();
const DAY_MS = 24 * 3_600_000;

describe("by e-mail", () => {
  test("is mailed, accepted once, by the user with that address only", async () => {
    const { owner, workspaceId, baseId } = await makeHouse(world());
    const invited = await makeUser(world(), { email: `Ann.${newId("usr")}@Example.test` });
    const other = await makeUser(world());
    const email = invited.actor.email.toUpperCase();
    const { token, mailed, url } = await makeInvitation(
      owner,
      { workspaceId },
      { role: "editor", email, message: "Come in" },
    );
    expect(mailed).toBe(true);
    expect(url).toBe(`http://basalt.test/invite#${token}`);
    expect(world().outbox.at(-1)).toMatchObject({ to: email, subject: "Invitation to House" });
    expect(world().outbox.at(-1)?.text).toContain(url);

    expect(await lookAtInvitation(world().scopeFor({ kind: "anonymous" }), token)).toMatchObject({
      workspaceName: "House",
    });
    await expect(acceptInvitation(other, token)).rejects.toMatchObject({
      code: "workspaces.invitation-other-address",
    });
    expect(await acceptInvitation(invited, token)).toEqual({
      workspaceId,
      baseId: null,
      role: "editor",
    });
    await allow(invited, "records.write", { baseId });
    await expect(acceptInvitation(invited, token)).rejects.toMatchObject({
      code: "workspaces.invitation-used",
    });
  });

  test("ends after seven days", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const guest = await makeUser(world());
    const { token } = await makeInvitation(
      owner,
      { workspaceId },
      { role: "editor", email: guest.actor.email },
    );
    try {
      world().setClock(new Date(Date.now() + 7 * DAY_MS + 1_000));
      await expect(acceptInvitation(guest, token)).rejects.toMatchObject({
        code: "workspaces.invitation-expired",
        kind: "gone",
      });
    } finally {
      world().setClock(null);
    }
  });

  test("a second one to the same address, and sending again, end the token before", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const guest = await makeUser(world());
    const { email } = guest.actor;
    const first = await makeInvitation(owner, { workspaceId }, { role: "editor", email });
    const second = await makeInvitation(owner, { workspaceId }, { role: "commenter", email });
    await expect(acceptInvitation(guest, first.token)).rejects.toMatchObject({
      code: "workspaces.invitation-revoked",
    });
    const third = await resendInvitation(owner, second.id);
    await expect(acceptInvitation(guest, second.token)).rejects.toMatchObject({
      code: "workspaces.no-such-invitation",
    });
    expect(await acceptInvitation(guest, third.token)).toMatchObject({ role: "commenter" });
    await expect(resendInvitation(owner, second.id)).rejects.toMatchObject({
      code: "workspaces.invitation-closed",
    });
    await expect(revokeInvitation(owner, second.id)).rejects.toMatchObject({
      code: "workspaces.invitation-closed",
    });
  });

  test("stands although the mail server refuses", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const mail = { send: () => Promise.reject(new Error("550")), close: async () => undefined };
    const made = await makeInvitation(
      { ...owner, mail },
      { workspaceId },
      { role: "editor", email: "a@example.test" },
    );
    expect(made.mailed).toBe(false);
    expect(await listInvitations(owner, { workspaceId })).toMatchObject([
      { id: made.id, email: "a@example.test" },
    ]);
  });

  test("line breaks in a name do not become headers", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const scope = { ...owner, actor: { ...owner.actor, name: "Eve\r\nBcc: all@example.test" } };
    await makeInvitation(scope, { workspaceId }, { role: "editor", email: "b@example.test" });
    expect(world().outbox.at(-1)?.text.startsWith("Eve Bcc: all@example.test invites you")).toBe(
      true,
    );
  });
});

describe("by link", () => {
  test("lets everybody in, each once, and nobody back who was removed", async () => {
    const { owner, baseId, workspaceId } = await makeHouse(world());
    const { token } = await makeInvitation(owner, { baseId }, { role: "commenter" });
    const [ann, bob] = [await makeUser(world()), await makeUser(world())];
    expect(await acceptInvitation(ann, token)).toEqual({
      workspaceId: null,
      baseId,
      role: "commenter",
    });
    await acceptInvitation(bob, token);
    await expect(allow(ann, "workspace.read", { workspaceId })).rejects.toMatchObject({
      kind: "not-found",
    });
    await removeMember(owner, { baseId }, ann.actor.userId);
    await expect(acceptInvitation(ann, token)).rejects.toMatchObject({
      code: "workspaces.invitation-used",
    });
    expect(await listMembers(owner, { baseId })).toMatchObject([{ userId: bob.actor.userId }]);
  });

  test("never lowers a role", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const { token } = await makeInvitation(owner, { workspaceId }, { role: "read-only" });
    expect(await acceptInvitation(owner, token)).toMatchObject({ role: "owner" });
  });

  test("is worth what its maker may still do", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const creator = await makeMember(world(), { workspaceId }, "creator");
    const { token } = await makeInvitation(creator, { workspaceId }, { role: "creator" });
    await removeMember(owner, { workspaceId }, creator.actor.userId);
    await expect(acceptInvitation(creator, token)).rejects.toMatchObject({
      code: "workspaces.invitation-revoked",
    });
    await expect(acceptInvitation(await makeUser(world()), token)).rejects.toMatchObject({
      code: "workspaces.invitation-revoked",
    });
  });

  test("does not let in who is shut out", async () => {
    const { owner, workspaceId, baseId } = await makeHouse(world());
    const out = await makeUser(world());
    await makeGrant(
      owner,
      { workspaceId },
      { userId: out.actor.userId, effect: "deny", reason: "a test" },
    );
    const { token } = await makeInvitation(owner, { workspaceId }, { role: "editor" });
    await acceptInvitation(out, token);
    await expect(allow(out, "records.read", { baseId })).rejects.toMatchObject({
      kind: "not-found",
    });
  });
});

describe("who may", () => {
  test("nobody invites above their own role; an editor invites nobody", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const creator = await makeMember(world(), { workspaceId }, "creator");
    const editor = await makeMember(world(), { workspaceId }, "editor");
    const code = { code: "workspaces.not-permitted" };
    await expect(makeInvitation(creator, { workspaceId }, { role: "owner" })).rejects.toMatchObject(
      code,
    );
    await expect(
      makeInvitation(editor, { workspaceId }, { role: "read-only" }),
    ).rejects.toMatchObject(code);
    await expect(listInvitations(editor, { workspaceId })).rejects.toMatchObject(code);
    const { id } = await makeInvitation(owner, { workspaceId }, { role: "owner" });
    await expect(resendInvitation(creator, id)).rejects.toMatchObject(code);
  });

  test("a foreign invitation is one that does not exist", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const { id } = await makeInvitation(owner, { workspaceId }, { role: "editor" });
    const stranger = await makeUser(world());
    const code = { code: "workspaces.not-found-or-not-allowed" };
    for (const wanted of [id, newId("inv"), "inv", "\0"]) {
      await expect(revokeInvitation(stranger, wanted)).rejects.toMatchObject(code);
      await expect(resendInvitation(stranger, wanted)).rejects.toMatchObject(code);
    }
  });

  test("made-up tokens, a workspace in the trash, limited tokens, nobody", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const guest = await makeUser(world());
    const { token } = await makeInvitation(owner, { workspaceId }, { role: "editor" });
    const code = { code: "workspaces.no-such-invitation" };
    await expect(acceptInvitation(guest, "inv_made-up")).rejects.toMatchObject(code);
    await expect(acceptInvitation(guest, "\u0000")).rejects.toMatchObject(code);
    const limited = byKey(guest, { scopes: ["workspacesAndBases:write"], bases: [] });
    await expect(acceptInvitation(limited, token)).rejects.toMatchObject({
      code: "workspaces.not-permitted",
    });
    const anonymous = world().scopeFor({ kind: "anonymous" });
    await expect(acceptInvitation(anonymous, token)).rejects.toMatchObject({
      kind: "unauthenticated",
    });
    await trashWorkspace(owner, workspaceId);
    await expect(acceptInvitation(guest, token)).rejects.toMatchObject(code);
  });

  test("one invitation, two at once: one gets in", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const guest = await makeUser(world());
    const { token } = await makeInvitation(
      owner,
      { workspaceId },
      { role: "editor", email: guest.actor.email },
    );
    const outcomes = await Promise.allSettled([
      acceptInvitation(guest, token),
      acceptInvitation(guest, token),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });
});

test("what is long over is swept", async () => {
  const { owner, workspaceId } = await makeHouse(world());
  const guest = await makeMember(world(), { workspaceId }, "editor");
  await changeMember(owner, { workspaceId }, { userId: guest.actor.userId, role: "creator" });
  const { id } = await makeInvitation(owner, { workspaceId }, { role: "editor" });
  const expiresAt = new Date(Date.now() + DAY_MS);
  await makeGrant(
    owner,
    { workspaceId },
    { userId: guest.actor.userId, effect: "allow", role: "owner", reason: "a test", expiresAt },
  );
  await sweepWorkspaces(world().system);
  expect(await listInvitations(owner, { workspaceId })).toMatchObject([{ id }]);
  try {
    world().setClock(new Date(Date.now() + 40 * DAY_MS));
    expect(await sweepWorkspaces(world().system)).toBeGreaterThanOrEqual(2);
    expect(await listInvitations(owner, { workspaceId })).toEqual([]);
  } finally {
    world().setClock(null);
  }
});
