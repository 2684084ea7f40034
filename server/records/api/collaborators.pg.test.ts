import { beforeAll, describe, expect, test } from "vitest";
import { createWorkspace, makeInvitation } from "#workspaces";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  airtableError,
  invalidRequest,
  openTestApi,
  withKey,
  type TestAnswer,
  type TestApi,
  type TestCall,
} from "./testing/test-api.ts";

const world = testWorld();
let api: TestApi;
let base: string;
let workspace: string;

beforeAll(async () => {
  api = await openTestApi(world());
  base = `/v0/meta/bases/${api.baseId}`;
  workspace = `/v0/meta/workspaces/${api.workspaceId}`;
});

const NOT_FOUND = airtableError(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND");
const TOO_WEAK = airtableError(403, "INVALID_PERMISSIONS");

test("a base with everybody who can get at it", async () => {
  await makeInvitation(
    world().scopeFor(api.people.owner),
    { baseId: api.baseId },
    { role: "editor", email: "new@basalt.test" },
  );
  const includes = "include=collaborators&include=inviteLinks&include=interfaces";
  const answer = await api.call(`${base}?${includes}`);
  expect(answer).toMatchObject({
    status: 200,
    body: {
      id: api.baseId,
      name: "Base",
      createdTime: expect.stringMatching(/Z$/),
      permissionLevel: "create",
      workspaceId: api.workspaceId,
      individualCollaborators: { baseCollaborators: [] },
      groupCollaborators: { baseCollaborators: [], workspaceCollaborators: [] },
      inviteLinks: {
        baseInviteLinks: [
          { type: "singleUse", invitedEmail: "new@basalt.test", permissionLevel: "edit" },
        ],
        workspaceInviteLinks: [],
      },
      interfaces: {},
    },
  });
  const people = answer.body["individualCollaborators"]?.["workspaceCollaborators"];
  expect(people).toHaveLength(5);
  expect(people).toContainEqual({
    userId: api.people.editor.userId,
    email: api.people.editor.email,
    permissionLevel: "edit",
    createdTime: expect.any(String),
    grantedByUserId: null,
  });
  const seenByReader = await api.call(base, { actor: api.people["read-only"] });
  expect(seenByReader.text).not.toContain("new@basalt.test");
});

describe.each(["base", "workspace"] as const)("collaborators of a %s", (kind) => {
  const path = (rest = ""): string => `${kind === "base" ? base : workspace}/collaborators${rest}`;
  const add = (permissionLevel: string, more: TestCall = {}): Promise<TestAnswer> =>
    api.call(path(), {
      body: { collaborators: [{ user: { id: api.people.stranger.userId }, permissionLevel }] },
      ...more,
    });

  test("add, change, remove", async () => {
    const { stranger } = api.people;
    const reads = async (): Promise<number> =>
      (await api.data(api.table.id, { actor: stranger })).status;
    expect(await reads()).toBe(403);
    expect(await add("read")).toMatchObject({ status: 200, text: "{}" });
    expect(await reads()).toBe(200);
    const create = { body: { fields: {} }, actor: stranger };
    expect(await api.data(api.table.id, create)).toMatchObject(TOO_WEAK);
    expect((await add("read")).status).toBe(409);
    const own = path(`/${stranger.userId}`);
    const change = { method: "PATCH", body: { permissionLevel: "edit" } };
    expect(await api.call(own, change)).toMatchObject({ status: 200, text: "{}" });
    expect((await api.data(api.table.id, create)).status).toBe(200);
    expect(await api.call(own, { method: "DELETE" })).toMatchObject({ status: 200, text: "{}" });
    expect(await reads()).toBe(403);
  });

  test("all or none", async () => {
    const collaborators = [
      { user: { id: api.people.stranger.userId }, permissionLevel: "read" },
      { user: { id: "usrAAAAAAAAAAAAAA" }, permissionLevel: "read" },
    ];
    expect(await api.call(path(), { body: { collaborators } })).toMatchObject(invalidRequest());
    expect((await api.data(api.table.id, { actor: api.people.stranger })).status).toBe(403);
  });

  test("refused: who may not, and what is not right", async () => {
    const { creator, editor, owner } = api.people;
    expect(await add("read", { actor: editor })).toMatchObject(TOO_WEAK);
    expect(await add("owner", { actor: creator })).toMatchObject(TOO_WEAK);
    expect(await add("read", { actor: withKey(owner, ["workspacesAndBases:read"]) })).toMatchObject(
      NOT_FOUND,
    );
    for (const body of [
      {},
      { collaborators: [] },
      { collaborators: [{ group: { id: "ugp1" } }] },
    ]) {
      expect(await api.call(path(), { body })).toMatchObject(invalidRequest());
    }
    expect(await add("none")).toMatchObject(invalidRequest());
    const group = path("/ugpAAAAAAAAAAAAAA");
    expect(await api.call(group, { method: "DELETE" })).toMatchObject(
      airtableError(404, "MODEL_ID_NOT_FOUND", "Collaborator not found"),
    );
    const nobody = path("/usrAAAAAAAAAAAAAA");
    expect((await api.call(nobody, { method: "DELETE" })).status).toBe(404);
  });
});

test("no share links", async () => {
  expect((await api.call(`${base}/shares`)).body).toEqual({ shares: [] });
});

test("a workspace with its bases; a base moves to another one; a workspace is deleted", async () => {
  expect(await api.call(workspace)).toMatchObject({
    status: 200,
    body: {
      id: api.workspaceId,
      name: "Test",
      baseIds: [api.baseId],
      inviteLinks: { workspaceInviteLinks: [] },
    },
  });
  const { id } = await createWorkspace(world().scopeFor(api.people.owner), { name: "Second" });
  const second = `/v0/meta/workspaces/${id}`;
  const move = { baseId: api.baseId, targetWorkspaceId: id, targetIndex: 0 };
  expect(await api.call(`${second}/moveBase`, { body: move })).toMatchObject(NOT_FOUND);
  expect(
    await api.call(`${workspace}/moveBase`, { body: move, actor: api.people.editor }),
  ).toMatchObject(TOO_WEAK);
  expect(await api.call(`${workspace}/moveBase`, { body: move })).toMatchObject({
    status: 200,
    text: "{}",
  });
  expect((await api.call(second)).body["baseIds"]).toEqual([api.baseId]);
  expect((await api.call(workspace)).body["baseIds"]).toEqual([]);
  expect((await api.call(second, { method: "DELETE" })).body).toEqual({ id, deleted: true });
  expect(await api.call(second)).toMatchObject(NOT_FOUND);
  expect(await api.data(api.table.id)).toMatchObject(NOT_FOUND);
});
