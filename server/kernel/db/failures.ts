import { Problem } from "../problem.ts";

/** SQLSTATE of an error from PostgreSQL, else undefined. */
export function sqlState(error: unknown): string | undefined {
  if (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^[0-9A-Z]{5}$/.test(error.code)
  ) {
    return error.code;
  }
  return undefined;
}

const RETRY_AFTER_S = 1;

/**
 * Turns what the driver threw into a problem where the caller can do something about it; anything else stays as it is.
 * Problems: `kernel.database-unavailable`, `kernel.statement-timeout`, `kernel.storage-full`.
 */
export function databaseFailure(error: unknown): unknown {
  if (error instanceof Problem || !(error instanceof Error)) {
    return error;
  }
  const state = sqlState(error);
  if (state === "57014") {
    return new Problem("unavailable", "kernel.statement-timeout", {
      message: "The database took too long to answer.",
      retryAfterS: RETRY_AFTER_S,
      cause: error,
    });
  }
  if (state === "53100") {
    return new Problem("storage-full", "kernel.storage-full", {
      message: "The disk of the database is full; nothing was written.",
      retryAfterS: 30,
      cause: error,
    });
  }
  return isAway(error, state) ? away(error) : error;
}

/** The database cannot be reached. Code `kernel.database-unavailable`. */
export function away(cause?: Error): Problem {
  return new Problem("unavailable", "kernel.database-unavailable", {
    message: "The database cannot be reached at the moment; it is safe to retry the request.",
    retryAfterS: RETRY_AFTER_S,
    cause,
  });
}

const awayStates = new Set(["57P01", "57P02", "57P03", "57P05", "53300", "25006"]);
const awayCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ENOENT",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
const awayTexts =
  /Connection terminated|connection error and is not queryable|timeout exceeded when trying to connect|Client was closed|Cannot use a pool after/i;

function isAway(error: Error, state: string | undefined): boolean {
  if (state !== undefined && (state.startsWith("08") || awayStates.has(state))) {
    return true;
  }
  const code = "code" in error ? String(error.code) : "";
  return awayCodes.has(code) || awayTexts.test(error.message);
}
