import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "@basalt/server/kernel";
import { loadConfig } from "@basalt/server/kernel";
import { type Terminal, UsageError } from "./commands.ts";

/** Terminals and npm pass one Ctrl-C on several times at once; a signal later than this is a second one. */
const sameSignalMs = 1_000;
/** A stop that takes longer than this, beyond what it was given, is stuck. */
const stopMaxMs = 25_000;
const supervised = new URL("../server/supervised.ts", import.meta.url);

/** A Basalt that runs, in this process or in several. */
interface Running {
  readonly url: string;
  /** `isUrgent`: somebody waits at the terminal. */
  stop(how: { readonly isUrgent: boolean }): Promise<void>;
  restart?(): Promise<void>;
}

/**
 * `basalt start`: runs until SIGTERM, SIGINT or the death of the process that started us; then stops gracefully. With
 * BASALT_PROCESSES, SIGUSR2, and SIGHUP where there is no terminal to hang up, replace every process without a break.
 */
export async function start(argv: readonly string[], terminal: Terminal): Promise<number> {
  if (argv.length > 0) {
    throw new UsageError(`start takes no arguments, and was given "${argv.join(" ")}".`);
  }
  const config = await loadConfig(terminal.env, { cwd: terminal.projectDir });
  const isSupervisor = config.processes > 1;
  const asked = listenForStop(terminal, isSupervisor);
  const running = await (isSupervisor ? startSeveral(config) : startOne(config));
  terminal.out(`Basalt is ready at ${running.url}`);
  asked.onRestart(() => {
    running.restart?.().then(
      () => terminal.out("Every process has been replaced."),
      (error: Error) => terminal.err(error.message),
    );
  });
  const signal = await asked.stop;
  const stuck = setTimeout(() => process.exit(1), config.drainMs + stopMaxMs);
  await running.stop({ isUrgent: signal === "SIGINT" });
  clearTimeout(stuck);
  return 0;
}

async function startOne(config: Config): Promise<Running> {
  const { startBasalt } = await import("@basalt/server");
  const { url, gateway, stop } = await startBasalt(config);
  return {
    url,
    stop: async ({ isUrgent }) => {
      if (!isUrgent && config.drainMs > 0) {
        gateway.standAside();
        await sleep(config.drainMs);
      }
      await stop();
    },
  };
}

async function startSeveral(config: Config): Promise<Running> {
  const { supervise } = await import("@basalt/server/processes");
  const { url, restart, stop } = await supervise(config, supervised);
  return { url, restart, stop: ({ isUrgent }) => stop({ drainMs: isUrgent ? 0 : config.drainMs }) };
}

interface Asked {
  /** Resolves at the first signal to stop; a second one ends the process at once. */
  readonly stop: Promise<NodeJS.Signals>;
  onRestart(callback: () => void): void;
}

function listenForStop({ err }: Terminal, isSupervisor: boolean): Asked {
  let firstAt: number | undefined;
  let restart: () => void = () => undefined;
  const stop = new Promise<NodeJS.Signals>((resolve) => {
    const ask = (signal: NodeJS.Signals): void => {
      const now = performance.now();
      if (firstAt === undefined) {
        firstAt = now;
        resolve(signal);
      } else if (now - firstAt > sameSignalMs) {
        err("Stopped without waiting for what was running.");
        process.exit(signal === "SIGINT" ? 130 : 143);
      }
    };
    process.on("SIGTERM", ask);
    process.on("SIGINT", ask);
    // A terminal that is closed hangs up; elsewhere it is the signal by which servers begin anew.
    process.on("SIGHUP", (signal) => {
      if (isSupervisor && !process.stdout.isTTY) {
        restart();
      } else {
        ask(signal);
      }
    });
    process.on("disconnect", () => ask("SIGTERM"));
    process.channel?.unref();
  });
  if (isSupervisor) {
    process.on("SIGUSR2", () => restart());
  }
  return {
    stop,
    onRestart: (callback) => {
      restart = callback;
    },
  };
}
