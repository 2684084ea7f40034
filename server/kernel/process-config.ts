import { ConfigError, type SettingValues } from "./setting-values.ts";

/** What this process does, and what others there are. */
export interface ProcessConfig {
  readonly roles: ReadonlySet<Role>;
  /** Where a gateway without the role `api` sends requests: origins; empty elsewhere. */
  readonly apiUrls: readonly string[];
  /** Processes that share the port under one supervisor; 1 = this process itself. */
  readonly processes: number;
  /** How long a process that was told to stop says "not ready" and still serves, milliseconds. */
  readonly drainMs: number;
  /** An optional Redis, for speed; null = none. */
  readonly redisUrl: string | null;
}

export type Role = "gateway" | "api" | "worker";

const PROCESSES_MAX = 64;
/** A balancer looks at `/ready` every second or two, and needs two bad answers. */
const DRAIN_BEHIND_PROXY_MS = 3_000;
const DRAIN_MAX_MS = 60_000;
const API_URLS_MAX = 100;

/** Reads what the process is to do. Throws `ConfigError`, also where settings do not go together. */
export function readProcess(values: SettingValues): ProcessConfig {
  const roles = values.choices("BASALT_ROLES", ["gateway", "api", "worker"]);
  const apiUrls = readApiUrls(values);
  const processes = values.whole("BASALT_PROCESSES", [1, 1, PROCESSES_MAX]);
  const isBehindProxy = values.text("BASALT_TRUSTED_PROXIES") !== null;
  if (roles.has("gateway") && !roles.has("api") && apiUrls.length === 0) {
    throw new ConfigError(
      "BASALT_API_URL",
      "BASALT_ROLES names gateway without api, so BASALT_API_URL must say where the api processes are, as in http://10.0.0.5:8080.",
    );
  }
  if (apiUrls.length > 0 && (roles.has("api") || !roles.has("gateway"))) {
    throw new ConfigError(
      "BASALT_API_URL",
      "BASALT_API_URL is for a gateway without api: leave it out, or set BASALT_ROLES=gateway.",
    );
  }
  if (processes > 1 && !roles.has("gateway") && !roles.has("api")) {
    throw new ConfigError(
      "BASALT_PROCESSES",
      "BASALT_PROCESSES counts processes that answer requests, and BASALT_ROLES=worker answers none: leave one of them out.",
    );
  }
  return {
    roles,
    apiUrls,
    processes,
    drainMs: values.whole("BASALT_DRAIN_MS", [
      isBehindProxy ? DRAIN_BEHIND_PROXY_MS : 0,
      0,
      DRAIN_MAX_MS,
    ]),
    redisUrl: values.url("REDIS_URL", ["redis:", "rediss:"]),
  };
}

function readApiUrls(values: SettingValues): readonly string[] {
  const parts = (values.text("BASALT_API_URL") ?? "")
    .split(",")
    .map((part) => part.trim().replace(/\/$/, ""))
    .filter((part) => part !== "");
  if (parts.length > API_URLS_MAX || parts.some((part) => !isOrigin(part))) {
    throw values.wrong(
      "BASALT_API_URL",
      "must be addresses of api processes with commas between, scheme, host and port only, as in http://10.0.0.5:8080",
    );
  }
  return [...new Set(parts)];
}

function isOrigin(text: string): boolean {
  return (
    /^https?:\/\//.test(text) &&
    URL.canParse(text) &&
    new URL(text).origin === text.toLowerCase().replace(/:(80|443)$/, "")
  );
}
