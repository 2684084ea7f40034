import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { StartError } from "@basalt/server/kernel";
import { UsageError } from "./commands.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Reads the words after a command's name. Throws `UsageError` for an option that there is not, or one too many words. */
export function readWords<T extends Options>(
  argv: readonly string[],
  { options, positionals }: { readonly options: T; readonly positionals: readonly string[] },
): { readonly values: ReturnType<typeof parse<T>>["values"]; readonly words: readonly string[] } {
  const { values, positionals: words } = parse(argv, options);
  const missing = positionals[words.length];
  if (missing !== undefined) {
    throw new UsageError(`${missing} is missing.`);
  }
  const surplus = words[positionals.length];
  if (surplus !== undefined) {
    throw new UsageError(`"${surplus}" is one word too many.`);
  }
  return { values, words };
}

/** The text of a file, or of the standard input where it is `-`. Throws `StartError` with one sentence. */
export async function readText(file: string): Promise<string> {
  try {
    return file === "-" ? await text(process.stdin) : await readFile(file, "utf8");
  } catch (error) {
    throw new StartError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

function parse<T extends Options>(
  argv: readonly string[],
  options: T,
): ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>> {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
