import pg from "pg";
import { serverVersion } from "./embedded.sql.ts";
import { errorCode } from "../start-error.ts";

/** Whom to be on which database of a server with a unix socket. */
export interface SignIn {
  readonly socketDir: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** As a URL that `pg`, libpq and `new URL` all accept: the host is a placeholder that the parameter overrules. */
export function connectUrl({ socketDir, user, password, database }: SignIn): string {
  return `postgresql://${user}:${encodeURIComponent(password)}@localhost/${database}?host=${encodeURIComponent(socketDir)}`;
}

/** What an attempt to sign in came to. */
export type Attempt =
  /** It answers; `version` as `show server_version` says it. */
  | { readonly outcome: "ready"; readonly version: string }
  /** It is starting, recovering or shutting down. */
  | { readonly outcome: "wait" }
  /** Nobody listens. */
  | { readonly outcome: "absent" }
  /** It answers and refuses us. */
  | { readonly outcome: "refused"; readonly error: Error };

const attemptTimeoutMs = 5_000;

/** Signs in once and asks for the version. */
export async function attempt(url: string): Promise<Attempt> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: attemptTimeoutMs,
  });
  // A connection that breaks after the answer is no news here.
  client.on("error", () => undefined);
  try {
    await client.connect();
    const answer = await client.query<{ server_version: string }>(serverVersion());
    return { outcome: "ready", version: answer.rows[0]?.server_version ?? "" };
  } catch (error) {
    const code = errorCode(error);
    if (["ENOENT", "ECONNREFUSED"].includes(code)) {
      return { outcome: "absent" };
    }
    // 57P03: cannot connect now; 57P01 and resets: it went away while we asked; 53300: all connections are taken.
    if (
      ["57P03", "57P01", "53300", "ECONNRESET", "EPIPE"].includes(code) ||
      /terminated|timeout/i.test(String(error))
    ) {
      return { outcome: "wait" };
    }
    return { outcome: "refused", error: error instanceof Error ? error : new Error(String(error)) };
  } finally {
    await client.end().catch(() => undefined);
  }
}
