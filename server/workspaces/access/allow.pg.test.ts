import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { newId, type Db, type Problem, type Scope } from "#kernel";
import { openTestWorld, testWorld, type TestWorld } from "../../kernel/testing/world.ts";
import { trashBase } from "../bases/change-base.ts";
import { listBases } from "../bases/list-bases.ts";
import { makeGrant, revokeGrant } from "../grants/grants.ts";
import { changeMember, removeMember } from "../members/members.ts";
import { restoreWorkspace, trashWorkspace } from "../places/change-workspace.ts";
import { listWorkspaces } from "../places/list-workspaces.ts";
import { byKey, makeHouse, makeMember, makeUser } from "../testing/people.ts";
import { allow, allowedFromMemory, permissionLevel } from "./allow.ts";
import { check } from "./check.ts";

const world = testWorld();

async function refusalOf(work: Promise<unknown>): Promise<Problem> {
  return work.then(
    () => {
      throw new Error("it was allowed");
    },
    (problem: Problem) => problem,
  );
}

function counting(scope: Scope): { readonly scope: Scope; readonly count: () => number } {
  let count = 0;
  const all = <T>(statement: Parameters<Db["all"]>[0]): Promise<T[]> => {
    count += 1;
    return scope.db.all<T>(statement);
  };
  return {
    scope: { ...scope, db: Object.assign(Object.create(scope.db) as Db, { all }) },
    count: () => count,
  };
}

describe("who may", () => {
  test("a foreign base is answered like one that does not exist", async () => {
    const { baseId, workspaceId } = await makeHouse(world());
    const stranger = await makeUser(world());
    for (const id of [baseId, newId("app"), "app1", "app\0", "", "../x"]) {
      const problem = await refusalOf(allow(stranger, "records.read", { baseId: id }));
      expect(problem).toMatchObject({
        kind: "not-found",
        code: "workspaces.not-found-or-not-allowed",
      });
      expect(problem.details).toEqual(
        (await refusalOf(allow(stranger, "workspace.read", { workspaceId }))).details,
      );
    }
    expect(await permissionLevel(stranger, baseId)).toBe("none");
  });

  test("Airtable's texts", async () => {
    const { baseId, workspaceId } = await makeHouse(world());
    const reader = await makeMember(world(), { workspaceId }, "read-only");
    expect((await refusalOf(allow(reader, "records.write", { baseId }))).details.airtable).toEqual({
      type: "INVALID_PERMISSIONS",
      message: "You are not permitted to perform this operation",
    });
    const unknown = await refusalOf(allow(reader, "records.read", { baseId: newId("app") }));
    expect(unknown.details.airtable).toMatchObject({
      type: "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
      status: 403,
    });
    const noScope = await refusalOf(
      allow(byKey(reader, { scopes: [] }), "records.read", { baseId }),
    );
    expect(noScope).toMatchObject({ kind: "forbidden", code: "workspaces.scope-missing" });
    expect(noScope.details.airtable?.message).toBe(unknown.details.airtable?.message);
  });

  test("nobody signed in; the program itself", async () => {
    const { baseId } = await makeHouse(world());
    const anonymous = world().scopeFor({ kind: "anonymous" });
    expect(await refusalOf(allow(anonymous, "records.read", { baseId }))).toMatchObject({
      code: "kernel.not-signed-in",
    });
    await allow(world().system, "workspace.delete", { workspaceId: newId("wsp") });
  });

  test("an administrator of the instance is no member by that", async () => {
    const { baseId } = await makeHouse(world());
    const admin = await makeUser(world(), { admin: true });
    expect(await refusalOf(allow(admin, "records.read", { baseId }))).toMatchObject({
      kind: "not-found",
    });
  });

  test("an action of workspaces asked of a base is a slip of the programmer", async () => {
    const { owner, baseId } = await makeHouse(world());
    await expect(allow(owner, "base.create", { baseId })).rejects.toThrow(/asked of a workspace/);
  });
});

describe("memory", () => {
  test("the second question asks the database nothing", async () => {
    const { baseId, workspaceId } = await makeHouse(world());
    const editor = await makeMember(world(), { workspaceId }, "editor");
    expect(allowedFromMemory(editor, "records.write", { baseId })).toBeUndefined();
    // An answer that was read while the signal of the role came round again is not kept; the next one is.
    await vi.waitFor(async () => {
      await allow(editor, "records.write", { baseId });
      expect(allowedFromMemory(editor, "records.write", { baseId })).toBe(true);
      expect(allowedFromMemory(editor, "schema.write", { baseId })).toBe(false);
    }, 20_000);
  });

  test("a change is effective at once in this process", async () => {
    const { owner, baseId, workspaceId } = await makeHouse(world());
    const editor = await makeMember(world(), { workspaceId }, "editor");
    const { userId } = editor.actor;
    await allow(editor, "records.write", { baseId });
    await changeMember(owner, { workspaceId }, { userId, role: "read-only" });
    expect(await refusalOf(allow(editor, "records.write", { baseId }))).toMatchObject({
      code: "workspaces.not-permitted",
    });
    await removeMember(owner, { workspaceId }, userId);
    expect(await refusalOf(allow(editor, "records.read", { baseId }))).toMatchObject({
      kind: "not-found",
    });
  });

  test("an open transaction sees its own changes and leaves nothing in memory when it fails", async () => {
    const { baseId, workspaceId } = await makeHouse(world());
    const editor = await makeMember(world(), { workspaceId }, "editor");
    await allow(editor, "records.write", { baseId });
    const failing = world().db.transaction(async (tx) => {
      const { userId } = editor.actor;
      const system = { ...world().system, db: tx };
      await removeMember(system, { workspaceId }, userId);
      expect(
        await refusalOf(allow({ ...editor, db: tx }, "records.read", { baseId })),
      ).toMatchObject({ kind: "not-found" });
      throw new Error("undone");
    });
    await expect(failing).rejects.toThrow("undone");
    await allow(editor, "records.write", { baseId });
  });

  test("a grant ends on time although it is in memory", async () => {
    const { owner, baseId } = await makeHouse(world());
    const guest = await makeUser(world());
    const start = new Date();
    const expiresAt = new Date(start.getTime() + 5_000);
    await makeGrant(
      owner,
      { baseId },
      { userId: guest.actor.userId, effect: "allow", role: "editor", reason: "today", expiresAt },
    );
    await allow(guest, "records.write", { baseId });
    try {
      world().setClock(expiresAt);
      expect(await refusalOf(allow(guest, "records.read", { baseId }))).toMatchObject({
        kind: "not-found",
      });
      expect(await listBases(guest)).toEqual([]);
    } finally {
      world().setClock(null);
    }
  });

  test("a base or a workspace in the trash is gone for all, and back again", async () => {
    const { owner, baseId, workspaceId } = await makeHouse(world());
    const editor = await makeMember(world(), { workspaceId }, "editor");
    await allow(editor, "records.write", { baseId });
    await trashWorkspace(owner, workspaceId);
    expect(await refusalOf(allow(editor, "records.read", { baseId }))).toMatchObject({
      kind: "not-found",
    });
    expect(await listWorkspaces(owner)).toEqual([]);
    expect(await listWorkspaces(owner, { trashed: true })).toMatchObject([{ id: workspaceId }]);
    expect(await refusalOf(restoreWorkspace(editor, workspaceId))).toMatchObject({
      code: "workspaces.not-permitted",
    });
    await restoreWorkspace(owner, workspaceId);
    await allow(editor, "records.write", { baseId });
    await trashBase(owner, baseId);
    expect(await refusalOf(allow(owner, "records.read", { baseId }))).toMatchObject({
      kind: "not-found",
    });
  });
});

describe("a second process", () => {
  let second: TestWorld;
  beforeAll(async () => {
    second = await openTestWorld({ url: world().url });
  });
  afterAll(async () => second.close());

  test("sees a role, a denial and its end", async () => {
    const { owner, baseId, workspaceId } = await makeHouse(world());
    const editor = await makeMember(world(), { workspaceId }, "editor");
    const { userId } = editor.actor;
    const there = second.scopeFor(editor.actor);
    const sees = (code: string): Promise<unknown> =>
      vi.waitFor(
        async () =>
          expect(await refusalOf(allow(there, "records.write", { baseId }))).toMatchObject({
            code,
          }),
        20_000,
      );

    await allow(there, "records.write", { baseId });
    await changeMember(owner, { workspaceId }, { userId, role: "commenter" });
    await sees("workspaces.not-permitted");
    const { id } = await makeGrant(
      owner,
      { baseId },
      { userId, effect: "deny", reason: "left the project" },
    );
    await sees("workspaces.not-found-or-not-allowed");
    await revokeGrant(owner, id);
    await sees("workspaces.not-permitted");
  });
});

describe("questions with reasons", () => {
  test("many cost two statements, in the order asked", async () => {
    const { owner, baseId, workspaceId } = await makeHouse(world());
    const { userId } = (await makeMember(world(), { baseId }, "commenter")).actor;
    const { scope, count } = counting(owner);
    const answers = await check(scope, [
      { action: "records.write", place: { baseId } },
      { action: "workspace.delete", place: { workspaceId } },
      { action: "records.write", place: { baseId }, userId },
      { action: "comments.write", place: { baseId }, userId },
      { action: "workspace.read", place: { workspaceId }, userId },
      { action: "records.read", place: { baseId: newId("app") } },
      { action: "base.create", place: { baseId } },
    ]);
    expect(count()).toBe(2);
    expect(answers.map(({ allowed }) => allowed)).toEqual([
      true,
      true,
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(answers[2]?.reason).toBe(
      "The role commenter on the base does not allow records.write; it takes editor.",
    );
  });

  test("about somebody else only where one manages collaborators", async () => {
    const { owner, baseId } = await makeHouse(world());
    const reader = await makeMember(world(), { baseId }, "read-only");
    const question = {
      action: "records.read",
      place: { baseId },
      userId: owner.actor.userId,
    } as const;
    expect((await check(reader, [question]))[0]?.allowed).toBe(false);
    expect((await check(reader, [question]))[0]?.reason).toMatch(/manage collaborators/);
  });
});

describe("lists", () => {
  test("bases in order and in pages, with levels, as far as role and token reach", async () => {
    const first = await makeHouse(world());
    const guest = await makeMember(world(), { workspaceId: first.workspaceId }, "editor");
    const second = await makeHouse(world());
    await makeGrant(
      second.owner,
      { baseId: second.baseId },
      {
        userId: guest.actor.userId,
        effect: "allow",
        role: "commenter",
        reason: "review",
      },
    );
    expect(await listBases(guest)).toMatchObject([
      { id: first.baseId, permissionLevel: "edit" },
      { id: second.baseId, permissionLevel: "comment" },
    ]);
    expect(await listBases(guest, { limit: 1 })).toMatchObject([{ id: first.baseId }]);
    expect(await listBases(guest, { limit: 1, after: first.baseId })).toMatchObject([
      { id: second.baseId },
    ]);
    expect(await listBases(guest, { after: second.baseId })).toEqual([]);
    const limited = byKey(guest, { scopes: ["schema.bases:read"], bases: [second.baseId] });
    expect(await listBases(limited)).toMatchObject([{ id: second.baseId }]);
    expect(await listWorkspaces(guest)).toMatchObject([{ id: first.workspaceId, role: "editor" }]);
    await expect(listBases(guest, { after: "nonsense" })).rejects.toMatchObject({
      code: "workspaces.bad-cursor",
    });
    await expect(listBases(byKey(guest, { scopes: [] }))).rejects.toMatchObject({
      code: "workspaces.scope-missing",
    });
  });

  test("who is shut out does not see the base", async () => {
    const { owner, workspaceId } = await makeHouse(world());
    const editor = await makeMember(world(), { workspaceId }, "editor");
    await makeGrant(
      owner,
      { workspaceId },
      { userId: editor.actor.userId, effect: "deny", reason: "gone" },
    );
    expect(await listBases(editor)).toEqual([]);
    expect(await listWorkspaces(editor)).toEqual([]);
  });
});
