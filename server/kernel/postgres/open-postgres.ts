import { setTimeout as sleep } from "node:timers/promises";
import type { Config } from "../config.ts";
import type { Log } from "../log.ts";
import { ConfigError } from "../setting-values.ts";
import { attempt } from "./ready.ts";
import { startEmbeddedPostgres } from "./start-embedded-postgres.ts";

/** The oldest major version that Basalt's SQL runs on. */
const majorMin = 15;
/** A database that is started together with Basalt gets this long to listen. */
const listenWaitMs = 5_000;
const pollMs = 250;

/** The PostgreSQL of this process, outside or embedded. */
export interface OpenPostgres {
  /** Holds a password. */
  readonly url: string;
  /** As in `18.4`. */
  readonly version: string;
  /** True for the one in the data directory. */
  readonly embedded: boolean;
  /** Close the pool first. Stops the embedded server unless another Basalt uses it; leaves an outside one alone. */
  stop(): Promise<void>;
}

/**
 * Opens the database that the settings name: checks that an outside one answers and is new enough, or runs the embedded
 * one. Throws `StartError` (`ConfigError` for `DATABASE_URL`) with one sentence.
 */
export async function openPostgres(
  config: Pick<Config, "databaseUrl" | "dataDir">,
  log: Log,
): Promise<OpenPostgres> {
  const { databaseUrl, dataDir } = config;
  if (databaseUrl === null) {
    const { url, version, stop } = await startEmbeddedPostgres({ dataDir, log });
    return { url, version, embedded: true, stop };
  }
  const version = await versionOf(databaseUrl);
  if (Number.parseInt(version, 10) < majorMin) {
    throw new ConfigError(
      "DATABASE_URL",
      `DATABASE_URL names a PostgreSQL ${version}, and Basalt needs ${majorMin} or newer.`,
    );
  }
  return { url: databaseUrl, version, embedded: false, stop: async () => undefined };
}

async function versionOf(url: string): Promise<string> {
  for (let waited = 0; ; waited += pollMs) {
    const answer = await attempt(url);
    if (answer.outcome === "ready") {
      return answer.version;
    }
    if (answer.outcome === "refused") {
      throw unreachable(url, answer.error.message);
    }
    if (waited >= listenWaitMs) {
      throw unreachable(
        url,
        answer.outcome === "absent" ? "nobody listens there" : "it does not get ready",
      );
    }
    await sleep(pollMs);
  }
}

/** Names the place without the password. */
function unreachable(url: string, reason: string): ConfigError {
  const { host, pathname, searchParams } = new URL(url);
  const place = `${searchParams.get("host") ?? host}${pathname}`;
  return new ConfigError(
    "DATABASE_URL",
    `DATABASE_URL cannot be used: ${place} (${reason}). Start that PostgreSQL or correct the setting; without it Basalt runs its own.`,
  );
}
