import { openLog, openMetrics, Problem, StartError, type Metrics, type OpenLog } from "#kernel";
import { joinSupervisor, type SupervisorLink } from "#processes";

// One child of a supervisor: a whole Basalt that is told what to be, where its connections come from, and when to stop.
// A terminal and an init system signal every process of the group; the supervisor alone decides.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR2"] as const) {
  process.on(signal, () => undefined);
}
const link = await joinSupervisor();
try {
  await run(link);
} catch (error) {
  const expected = error instanceof StartError || error instanceof Problem;
  const message = error instanceof Error ? error.message : String(error);
  await link.failed({ message, expected });
  process.exit(1);
}

async function run({ start, socket, serve, allFigures, ready }: SupervisorLink): Promise<void> {
  const { name, config, database } = start;
  const { startBasalt } = await import("./main.ts");
  const own = openMetrics({ process: name });
  const metrics: Metrics = {
    ...own,
    // Which process a scrape reaches is chance, so each answers for all.
    expose: async () => {
      const { text, contentType } = await own.expose();
      return { contentType, text: await allFigures().catch(() => text) };
    },
  };
  const log = named(openLog(config), name);
  const basalt = await startBasalt(config, { log, metrics, database, socket });
  let isStopping = false;
  serve({
    figures: async () => (await own.expose()).text,
    take: (another) => basalt.gateway.takeAlso(another),
    stop: ({ drainMs, idleMs, handsOver }) => {
      if (isStopping) {
        return;
      }
      isStopping = true;
      if (drainMs > 0) {
        basalt.gateway.standAside();
      }
      setTimeout(() => {
        basalt.stop({ idleMs, handsOver }).then(
          () => process.exit(0),
          (error: unknown) => {
            log.error({ err: error }, "the process did not stop well");
            log.flush();
            process.exit(1);
          },
        );
      }, drainMs);
    },
  });
  ready();
}

/** Every line says which process wrote it. */
function named(log: OpenLog, name: string): OpenLog {
  return { ...log.child({ process: name, pid: process.pid }), flush: log.flush };
}
