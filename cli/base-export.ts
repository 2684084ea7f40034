import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { errorCode, StartError } from "@basalt/server/kernel";
import { exportBase } from "@basalt/server/records";
import { oneLine } from "./base-list.ts";
import type { Terminal } from "./commands.ts";
import about from "./package.json" with { type: "json" };
import { withWorld } from "./with-world.ts";
import { readWords } from "./words.ts";

/** How often the size so far is said, bytes. */
const TOLD_EVERY_BYTES = 50_000_000;

/** `basalt base export BASE_ID FILE`: the file appears under its name when it is whole, and replaces one that is there. */
export async function baseExport(argv: readonly string[], terminal: Terminal): Promise<number> {
  const { words } = readWords(argv, { options: {}, positionals: ["BASE_ID", "FILE"] });
  const [baseId = "", file = ""] = words;
  await withWorld(terminal, async (scope) => {
    const { name, bytes } = await exportBase(scope, { baseId, program: `basalt ${about.version}` });
    const draft = `${file}.part`;
    let size = 0;
    let told = 0;
    const counting = new Transform({
      transform(chunk: Uint8Array, _encoding, done) {
        size += chunk.length;
        if (size - told >= TOLD_EVERY_BYTES) {
          told = size;
          terminal.err(`${megabytes(size)} written`);
        }
        done(null, chunk);
      },
    });
    try {
      await pipeline(bytes, counting, createWriteStream(draft, { mode: 0o600 }));
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true });
      throw explained(error, file);
    }
    terminal.err(`${oneLine(name)}: ${megabytes(size)}`);
  });
  terminal.out(file);
  return 0;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function explained(error: unknown, file: string): unknown {
  const code = errorCode(error);
  return error instanceof Error && "syscall" in error
    ? new StartError(`${file} cannot be written (${code}).`)
    : error;
}
