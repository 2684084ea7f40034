import pino from "pino";
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import { hideFields, hideInText } from "./secrets-in-text.ts";

/** The log of the program, and the way to get its last lines out. */
export interface OpenLog extends Log {
  /** Writes what is still in memory. */
  flush(): void;
}

/** Where lines go to; standard output unless said. */
export interface LineSink {
  write(line: string): void;
}

/** How long a line may wait in memory, milliseconds. */
const FLUSH_EVERY_MS = 250;
const BUFFER_BYTES = 4_096;

/**
 * A log of one JSON object a line. Fields are hidden by their name, and anything shaped like a token, a key or a URL
 * with a password is hidden wherever it stands. Lines are gathered and written at least four times a second, and when the
 * process ends.
 */
export function openLog(config: Pick<Config, "logLevel">, sink?: LineSink): OpenLog {
  const output = sink === undefined ? standardOutput() : undefined;
  const base = pino(
    {
      level: config.logLevel,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: hideFields,
        bindings: hideFields,
      },
      serializers: { err: pino.stdSerializers.err },
      hooks: { streamWrite: hideInText },
    },
    sink ?? output,
  );
  return {
    ...logOn(base),
    flush: () => output?.flushSync(),
  };
}

function logOn(base: pino.Logger): Log {
  return {
    debug: (fields, message) => base.debug(fields, message),
    info: (fields, message) => base.info(fields, message),
    warn: (fields, message) => base.warn(fields, message),
    error: (fields, message) => base.error(fields, message),
    child: (fields) => logOn(base.child(hideFields({ ...fields }))),
  };
}

type Destination = ReturnType<typeof pino.destination>;

function standardOutput(): Destination {
  const destination = pino.destination({
    dest: 1,
    sync: false,
    minLength: BUFFER_BYTES,
    periodicFlush: FLUSH_EVERY_MS,
  });
  process.on("exit", () => {
    try {
      destination.flushSync();
    } catch {
      // Nothing reads standard output any more.
    }
  });
  // A closed pipe must not end the program.
  destination.on("error", () => undefined);
  return destination;
}
