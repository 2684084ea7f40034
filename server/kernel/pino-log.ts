import pino from "pino";
import type { Config } from "./config.ts";
import type { Log } from "./log.ts";
import { type LineOutput, lineOutput } from "./line-output.ts";
import { hideFields, hideInText } from "./secrets-in-text.ts";

/** The log of the program, and the way to get its last lines out. */
export interface OpenLog extends Log {
  /** Writes what is still in memory. */
  flush(): void;
}

/** Where lines go to; standard output unless said. */
export interface LineSink {
  write(line: string): void;
  flush?(): void;
}

const STANDARD_OUTPUT = 1;

/**
 * A log of one JSON object a line. Fields are hidden by their name, and anything shaped like a token, a key or a URL
 * with a password is hidden wherever it stands. Lines are gathered and written at least four times a second, and when the
 * process ends.
 */
export function openLog(config: Pick<Config, "logLevel">, sink?: LineSink): OpenLog {
  const output = sink ?? standardOutput();
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
    output,
  );
  return {
    ...logOn(base),
    flush: () => output.flush?.(),
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

function standardOutput(): LineOutput {
  const output = lineOutput(STANDARD_OUTPUT);
  process.on("exit", () => output.flush());
  return output;
}
