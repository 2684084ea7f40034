import { describe, expect, test } from "vitest";
import { findUsersByEmail } from "#identity";
import { newId, type Scope } from "#kernel";
import { clientOf } from "../../identity/testing/client.ts";
import { testWorld } from "../../kernel/testing/world.ts";
import { listMembers, removeMember } from "../members/members.ts";
import { trashWorkspace } from "../places/change-workspace.ts";
import { makeHouse, makeMember, makeUser } from "../testing/people.ts";
import { acceptInvitation } from "./accept-invitation.ts";
import { makeInvitation, resendInvitation, revokeInvitation } from "./invite.ts";
import { registerInvited } from "./register-invited.ts";

const world = testWorld();
const password = "a password of mine";
const DAY_MS = 24 * 3_600_000;

function stranger(): Scope {
  const scope = world().scopeFor({ kind: "anonymous" });
  return { ...scope, config: { ...scope.config, registration: "closed" } };
}

/** The status of a sign-in. */
async function signIn(email: string, given = password, address = "192.0.2.1"): Promise<number> {
  const body = { email, password: given };
  return (await clientOf(world())("POST", "/api/v1/login", { body, address })).status;
}

function newEmail(): string {
  return `${newId("usr")}@example.test`;
}

async function accountsOf(email: string): Promise<number> {
  return (await findUsersByEmail(world().system, [email])).size;
}

describe("somebody invited by e-mail, where registration is closed", () => {
  test("gets an account with that address and the role, once", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const email = `Ann.${newEmail()}`;
    const { token } = await makeInvitation(owner, { workspaceId }, { role: "editor", email });
    const { user, member } = await registerInvited(stranger(), { token, password, name: "Ann" });
    expect(user).toMatchObject({ email, name: "Ann", admin: false });
    expect(member).toEqual({ workspaceId, baseId: null, role: "editor" });
    expect(await listMembers(owner, { workspaceId })).toContainEqual(
      expect.objectContaining({ userId: user.id, role: "editor", email }),
    );
    await expect(registerInvited(stranger(), { token, password })).rejects.toMatchObject({
      kind: "gone",
      code: "workspaces.invitation-used",
    });
  });

  test("signs in with the password that was chosen, and confirms the address by its own mail", async () => {
    const { owner, baseId } = await makeHouse(world());
    const email = newEmail();
    const { token } = await makeInvitation(owner, { baseId }, { role: "commenter", email });
    const { user } = await registerInvited(stranger(), { token, password });
    expect(user.verifiedAt).toBeNull();
    expect(user.name).toBe(email.slice(0, email.indexOf("@")));
    await expect
      .poll(() =>
        world()
          .outbox.filter(({ to }) => to === email)
          .map(({ text }) => text),
      )
      .toEqual([expect.stringContaining("invites you"), expect.stringContaining("vfy_")]);
    expect(await signIn(email)).toBe(200);
  });

  test("of two at once with one token, one gets in", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const email = newEmail();
    const { token } = await makeInvitation(owner, { workspaceId }, { role: "editor", email });
    const outcomes = await Promise.allSettled(
      [1, 2, 3].map((at) => registerInvited(stranger(), { token, password, name: `N${at}` })),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") {
        expect(["workspaces.invitation-used", "workspaces.has-account"]).toContain(
          outcome.reason.code,
        );
      }
    }
    expect(await accountsOf(email)).toBe(1);
    expect(await listMembers(owner, { workspaceId })).toHaveLength(2);
  });

  test("of two tokens for one address, each makes the account or says that there is one", async () => {
    const [one, two] = [await makeHouse(world()), await makeHouse(world())];
    const email = newEmail();
    const tokens = await Promise.all(
      [one, two].map(async ({ owner, workspaceId }) => {
        const made = await makeInvitation(owner, { workspaceId }, { role: "editor", email });
        return made.token;
      }),
    );
    const outcomes = await Promise.allSettled(
      tokens.map((token) => registerInvited(stranger(), { token, password })),
    );
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(outcomes.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { kind: "conflict" },
    });
    expect(await accountsOf(email)).toBe(1);
  });

  test("with an account is told to sign in, and accepts with it", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const guest = await makeUser(world());
    const { token } = await makeInvitation(
      owner,
      { workspaceId },
      { role: "editor", email: guest.actor.email.toUpperCase() },
    );
    await expect(registerInvited(stranger(), { token, password })).rejects.toMatchObject({
      kind: "conflict",
      code: "workspaces.has-account",
    });
    expect(await acceptInvitation(guest, token)).toMatchObject({ role: "editor" });
  });

  test("leaves no account where accepting fails", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const creator = await makeMember(world(), { workspaceId }, "creator");
    const email = newEmail();
    const { token } = await makeInvitation(creator, { workspaceId }, { role: "editor", email });
    await removeMember(owner, { workspaceId }, creator.actor.userId);
    await expect(registerInvited(stranger(), { token, password })).rejects.toMatchObject({
      code: "workspaces.invitation-revoked",
    });
    expect(await accountsOf(email)).toBe(0);
  });
});

describe("no account comes of", () => {
  test.each(["closed", "open"] as const)("a link (registration %s)", async (registration) => {
    const { owner, workspaceId } = await makeHouse(world());
    const { token } = await makeInvitation(owner, { workspaceId }, { role: "editor" });
    const there = { ...stranger(), config: { ...world().config, registration } };
    await expect(registerInvited(there, { token, password })).rejects.toMatchObject({
      kind: "forbidden",
      code: "workspaces.invitation-for-anybody",
      message: expect.stringContaining(registration === "open" ? "register" : "administrator"),
    });
  });

  test.each(["", "inv_", "inv_unknown", "\u0000", "' or true --"])(
    "the token %j",
    async (token) => {
      await expect(registerInvited(stranger(), { token, password })).rejects.toMatchObject({
        code: "workspaces.no-such-invitation",
      });
    },
  );

  test("an invitation that was withdrawn, sent again or has expired, or whose place is in the trash", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const invite = (): ReturnType<typeof makeInvitation> =>
      makeInvitation(owner, { workspaceId }, { role: "editor", email: newEmail() });
    const refused = async (token: string, code: string): Promise<void> =>
      expect(registerInvited(stranger(), { token, password })).rejects.toMatchObject({
        code: `workspaces.${code}`,
      });
    const [withdrawn, resent, old] = [await invite(), await invite(), await invite()];
    await revokeInvitation(owner, withdrawn.id);
    await refused(withdrawn.token, "invitation-revoked");
    await resendInvitation(owner, resent.id);
    await refused(resent.token, "no-such-invitation");
    try {
      world().setClock(new Date(Date.now() + 7 * DAY_MS + 1_000));
      await refused(old.token, "invitation-expired");
    } finally {
      world().setClock(null);
    }
    await trashWorkspace(owner, workspaceId);
    await refused(old.token, "no-such-invitation");
  });

  test("an address that failed too often", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const email = newEmail();
    const { token } = await makeInvitation(owner, { workspaceId }, { role: "editor", email });
    const scope = { ...stranger(), address: "203.0.113.77" };
    await Promise.all(Array.from({ length: 20 }, () => signIn(newEmail(), "wrong", scope.address)));
    await expect(registerInvited(scope, { token, password })).rejects.toMatchObject({
      kind: "too-many-requests",
      code: "identity.locked-out",
    });
    expect(await accountsOf(email)).toBe(0);
  });
});
