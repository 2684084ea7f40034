import { expect, test } from "vitest";
import { commands, type Terminal } from "./commands.ts";
import { runCommand } from "./main.ts";

async function type(
  words: string,
  env: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const said = { out: "", err: "" };
  const terminal: Terminal = {
    out: (line) => {
      said.out += `${line}\n`;
    },
    err: (line) => {
      said.err += `${line}\n`;
    },
    env,
    projectDir: "/srv/basalt",
  };
  const code = await runCommand(words.split(" ").filter(Boolean), terminal);
  return { code, ...said };
}

test("--help lists every command once", async () => {
  const { code, out } = await type("--help");
  expect(code).toBe(0);
  for (const { words, summary } of commands) {
    expect(out.split(summary), words).toHaveLength(2);
  }
});

test("no command shows the same and fails", async () => {
  expect(await type("")).toEqual({ ...(await type("help")), code: 2 });
});

test.each(commands.map(({ words }) => words))("%s --help shows its usage", async (words) => {
  const { code, out } = await type(`${words} --help`);
  expect(code).toBe(0);
  expect(out).toMatch(new RegExp(`^basalt ${words}`));
});

test.each([
  ["strat", '"strat" is not a command: did you mean start?\n'],
  ["Doctor", '"Doctor" is not a command: did you mean doctor?\n'],
  ["frobnicate now", '"frobnicate" is not a command: `basalt --help` lists them.\n'],
  ["constructor", '"constructor" is not a command: `basalt --help` lists them.\n'],
])("%s is answered with what may be meant", async (words, err) => {
  expect(await type(words)).toEqual({ code: 2, out: "", err });
});

test.each(["start", "migrate", "doctor"])("%s takes no arguments", async (words) => {
  const { code, err } = await type(`${words} --now`);
  expect(code).toBe(2);
  expect(err).toBe(`${words} takes no arguments, and was given "--now".\nUsage: basalt ${words}\n`);
});

test("a wrong setting is one sentence without a stack, and with one at debug level", async () => {
  const sentence = 'BASALT_PORT must be a whole number from 0 to 65535, not "http".\n';
  expect(await type("start", { BASALT_PORT: "http" })).toEqual({ code: 1, out: "", err: sentence });
  const { err } = await type("start", { BASALT_PORT: "http", LOG_LEVEL: "debug" });
  expect(err).toContain("at ");
});

test("doctor lists every setting even when one is wrong, and no secret", async () => {
  const { code, out } = await type("doctor", {
    BASALT_ROLES: "cook",
    DATABASE_URL: "postgres://u:canary@db/x",
  });
  expect(code).toBe(1);
  expect(out).toContain("BASALT_CHANGE_LOG_DAYS");
  expect(out).toContain("wrong  settings: BASALT_ROLES must be a list");
  expect(out).not.toContain("canary");
});
