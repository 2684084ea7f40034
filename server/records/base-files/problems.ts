import { Problem, type Scope } from "#kernel";

/** Something in a base file is not as it must be; `entry` is where, or the file as a whole. */
export function badBaseFile(entry: string | null, why: string, cause?: unknown): Problem {
  const where = entry === null ? "The base file" : `The base file's ${JSON.stringify(entry)}`;
  return new Problem("invalid", "records.bad-base-file", {
    message: `${where} ${why}.`,
    ...(entry !== null && { extra: { entry } }),
    ...(cause !== undefined && { cause }),
  });
}

/** The file was written by a program that knows more. */
export function newerBaseFile(format: string): Problem {
  return new Problem("invalid", "records.base-file-too-new", {
    message: `The base file is of the format ${format}, which is newer than this program reads; update Basalt and try again.`,
  });
}

/** The file goes beyond a limit, before or while it is unpacked. */
export function baseFileTooLarge(why: string): Problem {
  return new Problem("too-large", "records.base-file-too-large", {
    message: `The base file ${why}.`,
  });
}

/** As many exports run as one process does at once. */
export function exportsBusy(): Problem {
  return new Problem("unavailable", "records.exports-busy", {
    message: "Other exports are still running; try again when they are done.",
    retryAfterS: 10,
  });
}

/** Ends an import whose time is over or whose caller has gone. Problem: `records.import-cut-off`. */
export function refuseCutOff({ signal }: Pick<Scope, "signal">): void {
  if (signal.aborted) {
    throw new Problem("unavailable", "records.import-cut-off", {
      message:
        "The time for the request was over and nothing was imported; import a base of this size with `basalt base import`.",
    });
  }
}
