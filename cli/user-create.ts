import { randomBytes } from "node:crypto";
import { registerBody } from "@basalt/contract";
import { createUser, hasAdministrator } from "@basalt/server/identity";
import { parseWith } from "@basalt/server/kernel";
import type { Terminal } from "./commands.ts";
import { withWorld } from "./with-world.ts";
import { readText, readWords } from "./words.ts";

/** Bytes of a password that is made up here: 96 bits, 16 characters. */
const MADE_UP_BYTES = 12;

/**
 * `basalt user create EMAIL`: makes an account. Without a password one is made up and printed, this once. Where there is
 * no administrator yet, the account becomes it.
 */
export async function userCreate(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { values, words } = readWords(argv, {
    options: {
      name: { type: "string" },
      admin: { type: "boolean" },
      password: { type: "string" },
      "password-file": { type: "string" },
    },
    positionals: ["EMAIL"],
  });
  const given =
    values["password-file"] === undefined
      ? values.password
      : await firstLine(values["password-file"]);
  const password = given ?? randomBytes(MADE_UP_BYTES).toString("base64url");
  const wanted = parseWith(registerBody, { email: words[0], password, name: values.name });
  const user = await withWorld(terminal, async (scope) => {
    const admin = values.admin === true || !(await hasAdministrator(scope));
    return createUser(scope, { ...wanted, admin, verified: true });
  });
  terminal.out(`${user.id} ${user.email}${user.admin ? " (administrator)" : ""}`);
  if (given === undefined) {
    terminal.out(`password: ${password}`);
  }
  return 0;
}

async function firstLine(file: string): Promise<string> {
  const [line = ""] = (await readText(file)).split(/\r?\n/, 1);
  return line;
}
