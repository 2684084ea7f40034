import { createApiKeyBody } from "@basalt/contract";
import { createApiKey, findUsersByEmail } from "@basalt/server/identity";
import { parseWith, StartError } from "@basalt/server/kernel";
import type { Terminal } from "./commands.ts";
import { withWorld } from "./with-world.ts";
import { readWords } from "./words.ts";

/** `basalt token create EMAIL`: makes an API key of that user and prints it, alone on its line, this once. */
export async function tokenCreate(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { values, words } = readWords(argv, {
    options: {
      name: { type: "string", default: "command line" },
      scope: { type: "string", multiple: true },
      base: { type: "string", multiple: true },
      workspace: { type: "string", multiple: true },
      expires: { type: "string" },
    },
    positionals: ["EMAIL"],
  });
  const { expiresAt, ...wanted } = parseWith(createApiKeyBody, {
    name: values.name,
    scopes: values.scope,
    bases: values.base,
    workspaces: values.workspace,
    expiresAt: values.expires,
  });
  const [email = ""] = words;
  const { text } = await withWorld(terminal, async (scope) => {
    const user = (await findUsersByEmail(scope, [email])).get(email);
    if (user === undefined) {
      throw new StartError(`There is no user ${email}; \`basalt user create\` makes one.`);
    }
    return createApiKey(scope, user.id, {
      ...wanted,
      expiresAt: expiresAt == null ? null : new Date(expiresAt),
    });
  });
  terminal.out(text);
  return 0;
}
