import { access, constants } from "node:fs/promises";
import { errorCode, StartError, type Scope } from "@basalt/server/kernel";
import { importBase, operatorFileLimits } from "@basalt/server/records";
import { listWorkspaces } from "@basalt/server/workspaces";
import { oneLine } from "./base-list.ts";
import { type Terminal, UsageError } from "./commands.ts";
import { withWorld } from "./with-world.ts";
import { readWords } from "./words.ts";

/** Workspaces that a sentence names at most. */
const NAMED_MAX = 10;

/** `basalt base import FILE`: prints the id of the new base, alone on its line. */
export async function baseImport(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { values, words } = readWords(argv, {
    options: {
      "keep-ids": { type: "boolean", default: false },
      workspace: { type: "string" },
      name: { type: "string" },
    },
    positionals: ["FILE"],
  });
  const [file = ""] = words;
  await requireFile(file);
  const made = await withWorld(terminal, async (scope) => {
    const workspaceId = values.workspace ?? (await onlyWorkspace(scope));
    return importBase(scope, {
      workspaceId,
      name: values.name,
      keepIds: values["keep-ids"],
      file,
      limits: operatorFileLimits,
      progress: (records) => terminal.err(`${records.toLocaleString("en")} records`),
    });
  });
  const { id, name, tables, records, comments, files, invalidFields } = made;
  terminal.err(
    `${oneLine(name)}: ${tables} tables, ${records} records, ${comments} comments, ${files} files`,
  );
  for (const { tableName, fieldName, reason } of invalidFields) {
    terminal.err(`not computed: ${oneLine(tableName)}.${oneLine(fieldName)}: ${oneLine(reason)}`);
  }
  terminal.out(id);
  return 0;
}

async function requireFile(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    throw new StartError(`${file} cannot be read (${errorCode(error)}).`);
  }
}

async function onlyWorkspace(scope: Scope): Promise<string> {
  const [first, ...others] = await listWorkspaces(scope, { limit: NAMED_MAX });
  if (first === undefined) {
    throw new StartError("There is no workspace to put the base into; sign in and make one first.");
  }
  if (others.length > 0) {
    const shown = [first, ...others].map(({ id, name }) => `${id} (${oneLine(name)})`);
    throw new UsageError(`Say which workspace with --workspace: ${shown.join(", ")}.`);
  }
  return first.id;
}
