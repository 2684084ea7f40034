import path from "node:path";
import { fileURLToPath } from "node:url";
import { nearestName, Problem, processEnvironment, StartError } from "@basalt/server/kernel";
import { type Command, commands, type Terminal, UsageError } from "./commands.ts";

/** Runs what was typed after `basalt` and answers the exit code: 0 done, 1 failed, 2 not understood. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  if (argv.length === 0 || ["help", "--help", "-h"].includes(argv[0] ?? "")) {
    help(terminal);
    return argv.length === 0 ? 2 : 0;
  }
  const command = find(argv);
  if (!command) {
    terminal.err(unknown(argv));
    return 2;
  }
  const rest = argv.slice(command.words.split(" ").length);
  if (rest.includes("--help") || rest.includes("-h")) {
    terminal.out(`basalt ${command.words} ${command.usage}`.trim());
    terminal.out(command.summary);
    return 0;
  }
  try {
    const run = await command.load();
    return await run(rest, terminal);
  } catch (error) {
    return failed(error, command, terminal);
  }
}

function find(argv: readonly string[]): Command | undefined {
  return commands.find(({ words }) =>
    words.split(" ").every((word, index) => argv[index] === word),
  );
}

function help({ out }: Terminal): void {
  out("basalt COMMAND");
  const width = Math.max(...commands.map(({ words, usage }) => `${words} ${usage}`.length));
  for (const { words, usage, summary } of commands) {
    out(`  ${`${words} ${usage}`.padEnd(width)}  ${summary}`);
  }
}

function unknown(argv: readonly string[]): string {
  const typed = argv.slice(0, 2).join(" ");
  const names = commands.map(({ words }) => words);
  const below = names.filter((words) => words.startsWith(`${argv[0]} `));
  if (below.length > 0) {
    return `"basalt ${typed}" is not a command: one of ${below.join(", ")}.`;
  }
  const near = nearestName(argv[0] ?? "", names) ?? nearestName(typed, names);
  return `"${argv[0]}" is not a command: ${near ? `did you mean ${near}?` : "`basalt --help` lists them."}`;
}

function failed(error: unknown, { words, usage }: Command, { err, env }: Terminal): number {
  const debug = (env["BASALT_LOG_LEVEL"] ?? env["LOG_LEVEL"]) === "debug";
  if (error instanceof UsageError) {
    err(`${error.message}\nUsage: basalt ${words} ${usage}`.trim());
    return 2;
  }
  const expected = error instanceof StartError || error instanceof Problem;
  const message = error instanceof Error ? error.message : String(error);
  err(expected ? message : `basalt ${words} failed: ${message}`);
  if (debug && error instanceof Error) {
    err(error.stack ?? "");
  }
  return 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await runCommand(process.argv.slice(2), {
    out: (line) => process.stdout.write(`${line}\n`),
    err: (line) => process.stderr.write(`${line}\n`),
    env: processEnvironment(),
    projectDir: path.resolve(path.dirname(fileURLToPath(import.meta.url)), ".."),
  });
}
