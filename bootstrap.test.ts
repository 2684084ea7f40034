import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** A project that consists of the bootstrap, a lock file, an npm that only takes notes, and a command line that is a stub. */
let project: string;

beforeEach(async () => {
  project = await mkdtemp(path.join(tmpdir(), "basalt-bootstrap-"));
  await cp(path.join(import.meta.dirname, "bootstrap.mjs"), path.join(project, "bootstrap.mjs"));
  await lock({
    "node_modules/a": { version: "1.0.0" },
    "node_modules/tool": { version: "2.0.0", dev: true },
  });
  await mkdir(path.join(project, "bin"));
  await mkdir(path.join(project, "cli"));
  await writeFile(path.join(project, "cli", "quick-imports.ts"), "");
  await commandLine(`process.stdout.write(JSON.stringify(process.argv.slice(2)) + "\\n");`);
  await npm(`echo "$@" >> calls`);
});

afterEach(() => rm(project, { recursive: true }));

const lock = (packages: object): Promise<void> =>
  writeFile(path.join(project, "package-lock.json"), JSON.stringify({ packages }));

async function installed(packages: Readonly<Record<string, object>>): Promise<void> {
  for (const place of Object.keys(packages)) {
    await mkdir(path.join(project, place), { recursive: true });
  }
  await writeFile(
    path.join(project, "node_modules", ".package-lock.json"),
    JSON.stringify({ packages }),
  );
}

const both = { "node_modules/a": { version: "1.0.0" }, "node_modules/tool": { version: "2.0.0" } };

async function npm(script: string): Promise<void> {
  const file = path.join(project, "bin", "npm");
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

const commandLine = (text: string): Promise<void> =>
  writeFile(path.join(project, "cli", "main.ts"), text);

function start(...argv: readonly string[]): ChildProcess {
  return spawn(process.execPath, [path.join(project, "bootstrap.mjs"), ...argv], {
    cwd: project,
    env: { PATH: `${path.join(project, "bin")}:/usr/bin:/bin` },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function run(
  ...argv: readonly string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const child = start(...argv);
  const said = { out: "", err: "" };
  child.stdout?.on("data", (chunk) => (said.out += String(chunk)));
  child.stderr?.on("data", (chunk) => (said.err += String(chunk)));
  const [code] = await once(child, "close");
  return { code, ...said };
}

const calls = (): Promise<string> => readFile(path.join(project, "calls"), "utf8").catch(() => "");

describe("installing", () => {
  test("what is installed as locked is not installed again", async () => {
    await installed(both);
    expect(await run("start")).toMatchObject({ code: 0, err: "" });
    expect(await calls()).toBe("");
  });

  test.each<[string, Readonly<Record<string, object>>]>([
    ["a package that is missing", { "node_modules/tool": { version: "2.0.0" } }],
    ["another version", { ...both, "node_modules/a": { version: "1.0.1" } }],
  ])("%s is installed without running scripts", async (_, packages) => {
    await installed(packages);
    expect((await run("start")).code).toBe(0);
    expect(await calls()).toMatch(/^ci --ignore-scripts /);
  });

  test("so is a folder that somebody deleted", async () => {
    await installed(both);
    await rm(path.join(project, "node_modules", "a"), { recursive: true });
    await run("start");
    expect(await calls()).toMatch(/^ci /);
  });

  test("packages of other platforms may be missing, tools may be for start and not for test", async () => {
    await lock({
      ...both,
      "node_modules/mac": { version: "1.0.0", optional: true },
      "node_modules/tool": { version: "2.0.0", dev: true },
    });
    await installed({ "node_modules/a": { version: "1.0.0" } });
    await run("start");
    expect(await calls()).toBe("");
    await run("test");
    expect(await calls()).toMatch(/^ci /);
  });

  test.each([
    ["npm error code ENOTFOUND", "the package registry cannot be reached"],
    ["npm error code ENOSPC", "the disk is full"],
    ["npm error code EACCES", "this user may not write"],
    [
      "npm error code EUSAGE\\nnpm error not in sync",
      "The dependencies could not be installed: code EUSAGE not in sync",
    ],
    ["", "The dependencies could not be installed: npm ci failed"],
  ])("npm's %j is one sentence", async (said, sentence) => {
    await npm(`printf '${said}\\n' >&2; exit 1`);
    const { code, err } = await run("start");
    expect(code).toBe(1);
    expect(err.trim().split("\n")).toHaveLength(2);
    expect(err).toContain(sentence);
  });

  test("no npm, and a damaged lock file, are one sentence each", async () => {
    await rm(path.join(project, "bin", "npm"));
    const child = spawn(process.execPath, [path.join(project, "bootstrap.mjs"), "start"], {
      env: { PATH: path.join(project, "bin") },
    });
    const [code] = await once(child, "close");
    expect(code).toBe(1);
    await writeFile(path.join(project, "package-lock.json"), "{");
    expect((await run("start")).err).toBe(
      "package-lock.json is missing or damaged: restore it from the repository.\n",
    );
  });
});

describe("handing over", () => {
  beforeEach(() => installed(both));

  test("arguments and exit code pass", async () => {
    expect((await run("start", "--a", "b c")).out).toBe('["start","--a","b c"]\n');
    await commandLine("process.exitCode = 7;");
    expect((await run("migrate")).code).toBe(7);
  });

  test.each(["nix", "", "constructor"])("%j is no script", async (name) => {
    const { code, err } = await run(name);
    expect(code).toBe(1);
    expect(err).toBe(
      `"${name}" is not a script: one of start, dev, migrate, test, check, fix, build.\n`,
    );
  });

  const counting = `
    let count = 0;
    process.on("SIGTERM", () => {
      count += 1;
      setTimeout(() => { process.stdout.write("stopped after " + count + "\\n"); process.exit(0); }, 300);
    });
    process.stdout.write("ready\\n");
    setInterval(() => undefined, 1_000);
  `;

  test("a signal that comes twice at once is passed on once", async () => {
    await commandLine(counting);
    const child = start("start");
    await once(child.stdout ?? child, "data");
    child.kill("SIGTERM");
    child.kill("SIGTERM");
    const [said] = await once(child.stdout ?? child, "data");
    expect(String(said)).toBe("stopped after 1\n");
    expect(await once(child, "close")).toEqual([0, null]);
  });

  test("a signal that reached only npm's shell stops the program", async () => {
    await commandLine(counting);
    const file = path.join(project, "bootstrap.mjs");
    const shell = spawn("/bin/sh", ["-c", `"${process.execPath}" "${file}" start; true`], {
      env: { PATH: "/usr/bin:/bin", npm_lifecycle_event: "start" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(shell.stdout, "data");
    shell.kill("SIGTERM");
    const [said] = await once(shell.stdout, "data");
    expect(String(said)).toBe("stopped after 1\n");
  });

  test("a program that is killed ends us the same way", async () => {
    await commandLine(`process.kill(process.pid, "SIGKILL");`);
    expect(await once(start("start"), "close")).toEqual([null, "SIGKILL"]);
  });

  test("a program notices when we are killed", async () => {
    await commandLine(`
      process.on("disconnect", () => { process.stdout.write("alone\\n"); process.exit(0); });
      process.stdout.write("ready\\n");
    `);
    const child = start("start");
    await once(child.stdout ?? child, "data");
    child.kill("SIGKILL");
    const [said] = await once(child.stdout ?? child, "data");
    expect(String(said)).toBe("alone\n");
  });
});

describe("the lock file of the project", () => {
  interface Locked {
    readonly version?: string;
    readonly link?: boolean;
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }

  test("names the packages of every platform: npm ci refuses one that it does not know", async () => {
    const text = await readFile(path.join(import.meta.dirname, "package-lock.json"), "utf8");
    const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, Locked>> };
    const unknown = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) =>
          packages[`node_modules/${name}`] === undefined &&
          packages[`${place}/node_modules/${name}`] === undefined,
      ),
    );
    expect(unknown).toEqual([]);
  });
});
