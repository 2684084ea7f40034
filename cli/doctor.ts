import { once } from "node:events";
import { statfs } from "node:fs/promises";
import { createServer } from "node:net";
import {
  errorCode,
  openDataDir,
  openPostgres,
  readSettings,
  type Settings,
  showSettings,
  silentLog,
} from "@basalt/server/kernel";
import { type Terminal, UsageError } from "./commands.ts";

const nodeMajorMin = 26;
const diskFreeMinBytes = 512 * 1024 * 1024;
const healthTimeoutMs = 2_000;

/** Checks one thing; answers what it found, and throws with a sentence when something is wrong. */
interface Check {
  readonly name: string;
  run(): Promise<string>;
}

/** `basalt doctor`: every setting and where it comes from, then what Basalt needs. Answers 1 when something is wrong. */
export async function doctor(argv: readonly string[], terminal: Terminal): Promise<number> {
  if (argv.length > 0) {
    throw new UsageError(`doctor takes no arguments, and was given "${argv.join(" ")}".`);
  }
  listSettings(terminal);
  const read = await outcome({
    name: "settings",
    run: async () => readSettings(terminal.env, { cwd: terminal.projectDir }),
  });
  if (!read.ok) {
    terminal.out(`wrong  settings: ${read.sentence}`);
    return 1;
  }
  let wrong = 0;
  for (const check of checksOf(read.found)) {
    const result = await outcome(check);
    terminal.out(
      `${result.ok ? "ok   " : "wrong"}  ${check.name}: ${result.ok ? result.found : result.sentence}`,
    );
    wrong += result.ok ? 0 : 1;
  }
  terminal.out(
    wrong === 0
      ? "Everything is in order."
      : `${wrong} ${wrong === 1 ? "thing is" : "things are"} wrong.`,
  );
  return wrong === 0 ? 0 : 1;
}

function listSettings({ out, env }: Terminal): void {
  const shown = showSettings(env);
  const width = Math.max(...shown.map(({ name }) => name.length));
  for (const { name, value, from } of shown) {
    const source = from === "default" ? "default" : from === name ? "set" : `from ${from}`;
    out(`${name.padEnd(width)}  ${value}  (${source})`);
  }
  out("");
}

function checksOf(settings: Settings): readonly Check[] {
  return [
    { name: "Node", run: checkNode },
    { name: "data directory", run: () => checkDataDir(settings) },
    { name: "PostgreSQL", run: () => checkPostgres(settings) },
    { name: "port", run: () => checkPort(settings) },
    { name: "password hashing", run: checkArgon },
    { name: "thumbnails", run: checkSharp },
  ];
}

type Outcome<T> =
  | { readonly ok: true; readonly found: T }
  | { readonly ok: false; readonly sentence: string };

async function outcome<T>(check: {
  readonly name: string;
  run(): Promise<T>;
}): Promise<Outcome<T>> {
  try {
    return { ok: true, found: await check.run() };
  } catch (error) {
    return { ok: false, sentence: error instanceof Error ? error.message : String(error) };
  }
}

async function checkNode(): Promise<string> {
  if (Number.parseInt(process.versions.node, 10) < nodeMajorMin) {
    throw new Error(`${process.version} runs this, and Basalt needs ${nodeMajorMin} or newer.`);
  }
  return process.version;
}

async function checkDataDir({ dataDir }: Settings): Promise<string> {
  await openDataDir(dataDir);
  const { bavail, bsize } = await statfs(dataDir);
  const free = `${((bavail * bsize) / 1e9).toFixed(1)} GB free`;
  if (bavail * bsize < diskFreeMinBytes) {
    throw new Error(`${dataDir} can be written, but has only ${free}.`);
  }
  return `${dataDir} can be written, ${free}`;
}

async function checkPostgres(settings: Settings): Promise<string> {
  const { version, embedded, stop } = await openPostgres(settings, silentLog);
  await stop();
  return `${version}, ${embedded ? "embedded" : "named by DATABASE_URL"}`;
}

async function checkPort({ host, port }: Settings): Promise<string> {
  const probe = createServer();
  try {
    probe.listen({ host, port, exclusive: true });
    await once(probe, "listening");
    return `${port} on ${host} is free`;
  } catch (error) {
    if (errorCode(error) === "EADDRINUSE" && (await answersAsBasalt(host, port))) {
      return `${port} on ${host} is served by Basalt`;
    }
    throw new Error(`BASALT_PORT ${port} on ${host} cannot be used (${errorCode(error)}).`, {
      cause: error,
    });
  } finally {
    probe.close();
  }
}

async function answersAsBasalt(host: string, port: number): Promise<boolean> {
  try {
    const reachable = host === "0.0.0.0" || host === "::" ? "localhost" : host;
    const url = `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}/health`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(healthTimeoutMs) });
    return answer.headers.has("x-request-id");
  } catch {
    return false;
  }
}

async function checkArgon(): Promise<string> {
  const { hash, verify } = await import("@node-rs/argon2");
  if (!(await verify(await hash("doctor"), "doctor"))) {
    throw new Error("@node-rs/argon2 does not recognise its own hash.");
  }
  return "argon2id works";
}

async function checkSharp(): Promise<string> {
  const { default: sharp } = await import("sharp");
  const made = await sharp({ create: { width: 2, height: 2, channels: 3, background: "white" } })
    .png()
    .toBuffer();
  return `sharp works (${made.length > 0 ? "libvips " + sharp.versions.vips : "no output"})`;
}
