import { TRASH_DAYS } from "@basalt/contract";
import { ident, sql, type Scope } from "#kernel";
import {
  baseOf,
  listBases,
  listWorkspaces,
  purgeTrash,
  restoreBase,
  restoreWorkspace,
  trashWorkspace,
} from "#workspaces";
import { afterEach, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { makeTestBase } from "../testing/test-base.ts";
import { deleteBase } from "./delete-base.ts";
import { dropBase } from "./drop-base.ts";

const world = testWorld();
const DAY_MS = 24 * 3_600_000;

afterEach(() => world().setClock(null));

function waitDays(days: number): void {
  world().setClock(new Date(world().now().getTime() + days * DAY_MS));
}

async function schemaExists(baseId: string): Promise<boolean> {
  const found = await world().db.all<{ oid: number }>(
    sql`select oid from pg_namespace where nspname = ${baseId}`,
  );
  return found.length > 0;
}

async function madeBase(): Promise<{ readonly baseId: string; readonly workspaceId: string }> {
  const { baseId } = await makeTestBase(world().system);
  const { workspaceId } = await baseOf(world().system, baseId);
  return { baseId, workspaceId };
}

const purge = (drop = dropBase): Promise<{ bases: number; workspaces: number }> =>
  purgeTrash(world().system, drop);

test("a base in the trash can be restored for some days, then it is gone with everything in it", async () => {
  const scope = world().system;
  const { baseId, workspaceId } = await madeBase();
  await deleteBase(scope, { baseId });
  waitDays(TRASH_DAYS - 0.1);
  expect(await purge()).toEqual({ bases: 0, workspaces: 0 });
  await restoreBase(scope, baseId);
  expect((await schemaOf(scope, baseId)).tables).toHaveLength(1);
  await deleteBase(scope, { baseId });
  waitDays(TRASH_DAYS + 0.1);
  expect(await purge()).toEqual({ bases: 1, workspaces: 0 });
  expect(await schemaExists(baseId)).toBe(false);
  await expect(restoreBase(scope, baseId)).rejects.toMatchObject({ kind: "not-found" });
  await expect(schemaOf(scope, baseId)).rejects.toMatchObject({ code: "records.base-not-found" });
  expect((await listBases(scope, { trashed: true })).map(({ id }) => id)).not.toContain(baseId);
  expect((await listWorkspaces(scope)).map(({ id }) => id)).toContain(workspaceId);
  expect(await purge()).toEqual({ bases: 0, workspaces: 0 });
});

test("a workspace goes with all of its bases, those that were not in the trash themselves too", async () => {
  const scope = world().system;
  const { baseId, workspaceId } = await madeBase();
  await trashWorkspace(scope, workspaceId);
  waitDays(TRASH_DAYS + 0.1);
  expect(await purge()).toEqual({ bases: 1, workspaces: 1 });
  expect(await schemaExists(baseId)).toBe(false);
  await expect(restoreWorkspace(scope, workspaceId)).rejects.toMatchObject({
    code: "workspaces.not-in-trash",
  });
  const left = await world().db.all(
    sql`select user_id from workspaces.roles where workspace_id = ${workspaceId}`,
  );
  expect(left).toEqual([]);
});

test("what was interrupted cannot be restored and is finished later, by whoever comes", async () => {
  const scope = world().system;
  const { baseId, workspaceId } = await madeBase();
  await trashWorkspace(scope, workspaceId);
  waitDays(TRASH_DAYS + 0.1);
  const interrupted = async (tried: Scope, base: { readonly baseId: string }): Promise<void> => {
    await tried.db.script(`drop schema ${ident(`${base.baseId}_named`).text} cascade`);
    throw new Error("killed");
  };
  await expect(purge(interrupted)).rejects.toThrow("killed");
  expect(await purge()).toEqual({ bases: 0, workspaces: 0 });
  await expect(restoreWorkspace(scope, workspaceId)).rejects.toMatchObject({
    code: "workspaces.not-in-trash",
  });
  waitDays(0.1);
  expect(await purge()).toEqual({ bases: 1, workspaces: 1 });
  expect(await schemaExists(baseId)).toBe(false);
});

test("two processes share the work", async () => {
  const bases = [await madeBase(), await madeBase(), await madeBase(), await madeBase()];
  for (const { baseId } of bases) {
    await deleteBase(world().system, { baseId });
  }
  waitDays(TRASH_DAYS + 0.1);
  const [one, two] = await Promise.all([purge(), purge()]);
  expect((one?.bases ?? 0) + (two?.bases ?? 0)).toBe(4);
  for (const { baseId } of bases) {
    expect(await schemaExists(baseId)).toBe(false);
  }
});
