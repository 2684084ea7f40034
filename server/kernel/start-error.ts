/**
 * The program cannot start, and the person who runs it can change that. The message is one sentence that names the
 * setting, file or program concerned; it holds no secret. Printed without a stack.
 */
export class StartError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "StartError";
  }
}

/** The `code` of a system error (`ENOSPC`, `EACCES`, …) or of PostgreSQL (`57P03`); empty where there is none. */
export function errorCode(error: unknown): string {
  if (
    typeof error === "object" &&
    error !== null &&
    "code" in error &&
    typeof error.code === "string"
  ) {
    return error.code;
  }
  return "";
}
