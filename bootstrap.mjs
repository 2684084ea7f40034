// The first lines that run, in plain JavaScript that Node 20 accepts: install what is locked when it is missing or
// stale, then hand over to the project's own Node, which runs TypeScript as it is. Uses nothing but Node itself.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const projectDir = path.dirname(fileURLToPath(import.meta.url));
const nodeMajorNeeded = 26;
/** How soon the death of npm's shell is noticed. */
const parentPollMs = 200;
/** Terminals and npm each pass a signal on, so one Ctrl-C arrives several times within milliseconds. */
const sameSignalMs = 500;

const tools = {
  vitest: "vitest/vitest.mjs",
  oxfmt: "oxfmt/bin/oxfmt",
  oxlint: "oxlint/bin/oxlint",
  tsc: "typescript/bin/tsc",
};

/** What each npm script runs, one program after the other, with the script's own further arguments. */
const scripts = {
  start: (rest) => [basalt(["start", ...rest])],
  dev: (rest) => [basalt(["start", ...rest], ["--watch", "--watch-preserve-output"])],
  migrate: (rest) => [basalt(["migrate", ...rest])],
  test: (rest) => [tool("vitest", ["run", ...rest])],
  check: () => [
    tool("oxfmt", ["--check"]),
    tool("oxlint", ["--type-aware"]),
    tool("tsc", ["--noEmit"]),
  ],
  fix: () => [tool("oxfmt", []), tool("oxlint", ["--type-aware", "--fix"])],
};

/** Runs one npm script and ends this process as the script ended. */
export async function runScript(name, rest) {
  if (name === "build") {
    install(true);
    process.stdout.write(
      "Nothing to build: the server runs from its sources, and there is no web app yet.\n",
    );
    return;
  }
  const script = Object.hasOwn(scripts, name) ? scripts[name] : undefined;
  if (!script) {
    stop(`"${name ?? ""}" is not a script: one of ${Object.keys(scripts).join(", ")}, build.`);
  }
  install(!["start", "migrate"].includes(name));
  const endings = [];
  for (const program of script(rest)) {
    endings.push(await run(program));
  }
  endAs(endings.find(({ code, signal }) => code !== 0 || signal !== null));
}

/** Runs the command line (`npx basalt …`) with these arguments and ends this process as it ended. */
export async function handOver(argv) {
  install(false);
  endAs(await run(basalt(argv)));
}

/** Imports are found without looking at the disk (a sixth less time to start), unless files are watched. */
const quickImports = `--import=${pathToFileURL(path.join(projectDir, "cli", "quick-imports.ts"))}`;

function basalt(argv, flags = [quickImports]) {
  return [...flags, path.join(projectDir, "cli", "main.ts"), ...argv];
}

function tool(name, argv) {
  return [path.join(projectDir, "node_modules", tools[name]), ...argv];
}

// --- installing ---

function install(withDevelopment) {
  if (Number.parseInt(process.versions.node, 10) < 20) {
    stop(`Basalt needs Node 20 or newer to start; this is Node ${process.versions.node}.`);
  }
  if (isInstalled(withDevelopment)) {
    return;
  }
  process.stderr.write("Installing the locked dependencies (once; this can take a minute) …\n");
  const npm = process.env.npm_execpath?.endsWith(".js")
    ? [process.execPath, process.env.npm_execpath]
    : ["npm"];
  const options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const { status, error, stderr, stdout } = spawnSync(npm[0], [...npm.slice(1), ...options], {
    cwd: projectDir,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (error) {
    stop(`npm could not be run (${error.message}): install npm, which comes with Node.`);
  }
  if (status !== 0) {
    stop(whyNotInstalled(`${stderr}\n${stdout}`));
  }
}

/** Compares what npm wrote down after its last install with what is locked. */
function isInstalled(withDevelopment) {
  const installed = packagesOf("node_modules/.package-lock.json");
  const locked = packagesOf("package-lock.json");
  if (!locked) {
    stop("package-lock.json is missing or damaged: restore it from the repository.");
  }
  if (!installed) {
    return false;
  }
  return Object.entries(locked).every(([place, entry]) => {
    if (!place.startsWith("node_modules/")) {
      return true;
    }
    const found = installed[place];
    if (!found) {
      return (
        entry.optional === true ||
        (!withDevelopment && (entry.dev === true || entry.devOptional === true))
      );
    }
    return found.version === entry.version && existsSync(path.join(projectDir, place));
  });
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(path.join(projectDir, file), "utf8")).packages;
  } catch {
    return undefined;
  }
}

function whyNotInstalled(output) {
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT/.test(
      output,
    )
  ) {
    return "The dependencies could not be installed because the package registry cannot be reached: check the network or npm's proxy settings, then try again.";
  }
  if (/ENOSPC/.test(output)) {
    return `The dependencies could not be installed because the disk is full (${projectDir}).`;
  }
  if (/EACCES|EPERM|EROFS/.test(output)) {
    return `The dependencies could not be installed because this user may not write ${path.join(projectDir, "node_modules")}.`;
  }
  const said = output
    .split("\n")
    .filter((line) => /^npm (error|ERR!)/.test(line) && !/log of this run|debug-\d/.test(line));
  return `The dependencies could not be installed: ${
    said
      .slice(0, 4)
      .join(" ")
      .replace(/npm (error|ERR!) ?/g, "")
      .trim() || "npm ci failed"
  }`;
}

// --- handing over ---

/** The Node that is locked with the project, or this one when it is new enough. */
function ownNode() {
  const { platform, arch, versions, execPath } = process;
  if (Number.parseInt(versions.node, 10) >= nodeMajorNeeded) {
    return execPath;
  }
  const packages = [`node-${platform}-${arch}`, `node-bin-${platform}-${arch}`];
  const found = packages
    .map((name) => path.join(projectDir, "node_modules", name, "bin", "node"))
    .find(existsSync);
  if (!found) {
    stop(
      `No Node ${nodeMajorNeeded} comes with Basalt for ${platform}-${arch}: run it with a Node ${nodeMajorNeeded} of your own.`,
    );
  }
  return found;
}

/**
 * The young generation is kept to 3 x 8 MB: at rest 118 MB are resident instead of 125 to 164.
 */
const nodeFlags = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=8"];

/** Runs one program on the project's Node; answers how it ended. */
function run(argv) {
  const node = ownNode();
  // The channel tells the program when this process dies without a chance to pass a signal on.
  const child = spawn(node, [...nodeFlags, ...argv], {
    // Compiled code is kept between starts: half the time to readiness and a sixth less memory.
    env: {
      NODE_COMPILE_CACHE: path.join(projectDir, "node_modules", ".cache", "basalt"),
      // One heap of the C library for all threads but one: 4 MB less.
      MALLOC_ARENA_MAX: "2",
      ...process.env,
    },
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  const seen = new Map();
  const forward = (signal) => {
    const now = performance.now();
    if (now - (seen.get(signal) ?? -sameSignalMs) >= sameSignalMs) {
      child.kill(signal);
    }
    seen.set(signal, now);
  };
  const signals = ["SIGTERM", "SIGINT", "SIGHUP"];
  signals.forEach((signal) => process.on(signal, forward));
  const stopWatching = onParentGone(() => forward("SIGTERM"));
  return new Promise((resolve) => {
    child.on("error", (error) => {
      const reason =
        error.code === "ENOENT"
          ? "this system lacks the C library (glibc) that it needs"
          : error.message;
      stop(
        `${node} could not be started (${reason}): run Basalt with a Node ${nodeMajorNeeded} of your own.`,
      );
    });
    child.on("exit", (code, signal) => {
      signals.forEach((name) => process.off(name, forward));
      stopWatching();
      resolve({ code, signal });
    });
  });
}

/** npm runs scripts in a shell and passes a signal to that shell only, which dies of it without telling us. */
function onParentGone(callback) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.env.npm_lifecycle_event && process.ppid !== parent) {
      clearInterval(watch);
      callback();
    }
  }, parentPollMs);
  return () => clearInterval(watch);
}

/** Ends this process with the code or the signal of a program that failed; with 0 when none did. */
function endAs(failed) {
  if (failed?.signal) {
    process.exitCode = 128 + (constants.signals[failed.signal] ?? 0);
    process.kill(process.pid, failed.signal);
    return;
  }
  process.exitCode = failed?.code ?? 0;
}

function stop(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await runScript(process.argv[2], process.argv.slice(3));
}
