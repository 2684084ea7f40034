import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closeIdentity, createUser } from "@basalt/server/identity";
import { createBase } from "@basalt/server/records";
import { createWorkspace } from "@basalt/server/workspaces";
import { openTestWorld, type TestWorld } from "../server/kernel/testing/world.ts";
import { runCommand } from "./main.ts";

let folder: string;
let world: TestWorld;
let workspaceId: string;
let baseId: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-cli-base-"));
  world = await openTestWorld();
  const { id: ownerId } = await createUser(world.system, { email: "ada@example.org" });
  ({ id: workspaceId } = await createWorkspace(world.system, { name: "Work\nshop", ownerId }));
  const tables = [{ name: "Things", fields: [{ name: "Name", type: "singleLineText" }] }];
  ({ baseId } = await createBase(world.system, { workspaceId, name: "Line\u001b[2J", tables }));
});
afterAll(async () => {
  await closeIdentity(world);
  await world.close();
  await rm(folder, { recursive: true });
});

async function type(
  on: TestWorld,
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly out: readonly string[]; readonly err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommand(["base", ...words], {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    env: {
      BASALT_DATA_DIR: path.join(folder, "data"),
      DATABASE_URL: on.url,
      BASALT_SECRET: "a secret for tests, long enough to be one",
    },
    projectDir: folder,
  });
  return { code, out, err: err.join("\n") };
}

test("bases are listed one a line, whatever they are called", async () => {
  expect(await type(world, "list")).toEqual({
    code: 0,
    out: [`${baseId}  ${workspaceId}  Line?[2J`],
    err: "",
  });
});

test("an exported base comes back elsewhere with its ids, once", async () => {
  const file = path.join(folder, "base.zip");
  expect(await type(world, "export", baseId, file)).toMatchObject({ code: 0, out: [file] });
  const other = await openTestWorld();
  try {
    const none = await type(other, "import", file, "--keep-ids");
    expect(none).toMatchObject({ code: 1, err: expect.stringContaining("There is no workspace") });
    await createWorkspace(other.system, { name: "There" });
    const made = await type(other, "import", file, "--keep-ids", "--name", "Again");
    expect(made).toEqual({
      code: 0,
      out: [baseId],
      err: "Again: 1 tables, 0 records, 0 comments, 0 files",
    });
    const twice = await type(other, "import", file, "--keep-ids");
    expect(twice).toEqual({ code: 1, out: [], err: "A base with this id exists already." });
    expect((await type(other, "import", file)).out).toEqual([expect.stringMatching(/^app\w{14}$/)]);
    await createWorkspace(other.system, { name: "Elsewhere" });
    const unclear = await type(other, "import", file);
    expect(unclear).toMatchObject({ code: 2, err: expect.stringContaining("--workspace") });
  } finally {
    await closeIdentity(other);
    await other.close();
  }
});

test.each([
  [["export", "appNobody00000000", "x.zip"], 1, "There is no such workspace or base"],
  [["export", "appNobody00000000"], 2, "FILE is missing."],
  [["import"], 2, "FILE is missing."],
  [["import", "/nowhere/base.zip"], 1, "/nowhere/base.zip cannot be read (ENOENT)."],
  [["import", "a", "b"], 2, '"b" is one word too many.'],
  [["list", "--all"], 2, "--all"],
])("%j is answered with one sentence", async (words, code, err) => {
  expect(await type(world, ...words)).toMatchObject({
    code,
    out: [],
    err: expect.stringContaining(err),
  });
});

test("a file that cannot be written leaves nothing behind, one that is there is not lost", async () => {
  expect(await type(world, "export", baseId, "/nowhere/base.zip")).toEqual({
    code: 1,
    out: [],
    err: "/nowhere/base.zip cannot be written (ENOENT).",
  });
  const file = path.join(folder, "kept.zip");
  await writeFile(file, "kept");
  expect((await type(world, "export", "appNobody00000000", file)).code).toBe(1);
  expect(await readFile(file, "utf8")).toBe("kept");
  expect((await readdir(folder)).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("a damaged file is refused by the entry that is damaged", async () => {
  const file = path.join(folder, "damaged.zip");
  await type(world, "export", baseId, file);
  const bytes = await readFile(file);
  const at = bytes.indexOf("schema.json") + 40;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(file, bytes);
  const answer = await type(world, "import", file, "--workspace", workspaceId);
  expect(answer).toMatchObject({ code: 1, err: expect.stringContaining('"schema.json"') });
});
