import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestWorld, type TestWorld } from "../server/kernel/testing/world.ts";
import { actorOf, closeIdentity, findUsersByEmail } from "@basalt/server/identity";
import { runCommand } from "./main.ts";

let folder: string;
let world: TestWorld;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-accounts-"));
  world = await openTestWorld();
});
afterAll(async () => {
  await closeIdentity(world);
  await world.close();
  await rm(folder, { recursive: true });
});

async function type(
  ...words: readonly string[]
): Promise<{ readonly code: number; readonly out: readonly string[]; readonly err: string }> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommand(words, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    env: {
      BASALT_DATA_DIR: path.join(folder, "data"),
      DATABASE_URL: world.url,
      BASALT_SECRET: "a secret for tests, long enough to be one",
    },
    projectDir: folder,
  });
  return { code, out, err: err.join("\n") };
}

test("the first account is the administrator, later ones are not unless asked for", async () => {
  const first = await type(
    "user",
    "create",
    "ada@example.org",
    "--name",
    "Ada",
    "--password",
    "correct horse battery",
  );
  expect(first).toEqual({
    code: 0,
    out: [expect.stringMatching(/^usr\w{14} ada@example\.org \(administrator\)$/)],
    err: "",
  });
  const second = await type("user", "create", "bob@example.org");
  expect(second.out).toEqual([
    expect.stringMatching(/^usr\w{14} bob@example\.org$/),
    expect.stringMatching(/^password: [\w-]{16}$/),
  ]);
  expect((await type("user", "create", "eve@example.org", "--admin")).out[0]).toContain(
    "(administrator)",
  );
});

test("a password comes from a file's first line", async () => {
  const file = path.join(folder, "password");
  await writeFile(file, "from a file, long enough\n");
  expect(
    (await type("user", "create", "file@example.org", "--password-file", file)).out,
  ).toHaveLength(1);
  expect(
    (await type("user", "create", "x@example.org", "--password-file", path.join(folder, "none")))
      .err,
  ).toContain("cannot be read");
});

test("a token is printed alone and acts as its user", async () => {
  const { code, out } = await type(
    "token",
    "create",
    "ADA@example.org",
    "--scope",
    "data.records:read",
    "--base",
    "appAAAAAAAAAAAAAA",
  );
  expect([code, out.length]).toEqual([0, 1]);
  expect(await actorOf(world, `Bearer ${out[0]}`)).toMatchObject({
    email: "ada@example.org",
    credential: {
      scopes: new Set(["data.records:read"]),
      bases: new Set(["appAAAAAAAAAAAAAA"]),
      workspaces: null,
    },
  });
});

test.each([
  [["user", "create"], 2, "EMAIL is missing."],
  [["user", "create", "a@example.org", "b@example.org"], 2, "one word too many"],
  [["user", "create", "a@example.org", "--colour"], 2, "--colour"],
  [["user", "create", "not an address"], 1, "email: not an e-mail address"],
  [["user", "create", "a@example.org", "--password", "short"], 1, "password: 8 to 128 characters"],
  [["user", "create", "ADA@example.org"], 1, "There is an account with this e-mail already."],
  [["user", "import", "/nonexistent"], 1, "/nonexistent cannot be read"],
  [["token", "create"], 2, "EMAIL is missing."],
  [["token", "create", "nobody@example.org"], 1, "There is no user nobody@example.org"],
  [["token", "create", "a\0b"], 1, "There is no user"],
  [["token", "create", "ada@example.org", "--scope", "everything"], 1, "scopes.0"],
  [
    ["token", "create", "bob@example.org", "--scope", "enterprise.user:write"],
    1,
    "for administrators",
  ],
  [["token", "create", "ada@example.org", "--base", "wsp"], 1, "bases.0"],
  [["token", "create", "ada@example.org", "--expires", "tomorrow"], 1, "expiresAt"],
  [
    ["token", "create", "ada@example.org", "--expires", "2020-01-01T00:00:00Z"],
    1,
    "expired already",
  ],
] as const)("%j fails with %i and says why", async (words, code, said) => {
  const answer = await type(...words);
  expect(answer.code).toBe(code);
  expect(answer.err).toContain(said);
  expect(answer.out).toEqual([]);
});

test("many come from a file; each row has its outcome", async () => {
  const file = path.join(folder, "users.jsonl");
  await writeFile(
    file,
    '{"email":"one@example.org","name":"One"}\n\n{"email":"wrong"}\n{"email":"ADA@example.org"}\n{"email":"two@example.org","password":"long enough for two"}\n',
  );
  const { code, out, err } = await type("user", "import", file);
  expect(code).toBe(1);
  expect(out).toEqual([
    expect.stringMatching(/^1: usr\w{14} one@example\.org$/),
    "2: failed: email: not an e-mail address",
    "3: failed: There is an account with this e-mail already.",
    expect.stringMatching(/^4: usr\w{14} two@example\.org$/),
    "2 made, 2 failed.",
  ]);
  // There is no SMTP server, so the mail with the token is on the terminal.
  expect(err).toMatch(/no SMTP server.*one@example\.org.*rst_/);
  expect((await findUsersByEmail(world, ["one@example.org", "two@example.org"])).size).toBe(2);
});

test.each(["{", '"text"\nnope', "[1", "[", "5 5"])(
  "a file with %j is refused as a whole",
  async (text) => {
    const file = path.join(folder, "bad.json");
    await writeFile(file, text);
    const { code, err } = await type("user", "import", file);
    expect([code, err.includes("neither a JSON array nor JSON lines")]).toEqual([1, true]);
  },
);
