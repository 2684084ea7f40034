import path from "node:path";
import { cannotWrite, openDataDir } from "./data-dir.ts";
import { type EdgeConfig, readEdge } from "./edge-config.ts";
import { type ProcessConfig, readProcess } from "./process-config.ts";
import { readSecretFile, secretFile } from "./secret-file.ts";
import { ConfigError, SettingValues } from "./setting-values.ts";
import {
  type Environment,
  findSetting,
  type Setting,
  settings,
  unknownSetting,
} from "./settings.ts";

/** Every setting, validated. `kernel/config.ts` alone reads the environment. */
export interface Config extends EdgeConfig, ProcessConfig {
  /** Listening address. */
  readonly host: string;
  readonly port: number;
  /** Embedded database, files, secrets. Absolute. */
  readonly dataDir: string;
  /** An outside PostgreSQL; null = the embedded one. */
  readonly databaseUrl: string | null;
  /** Root of signing and encryption. At least 32 characters. */
  readonly secret: string;
  readonly adminEmail: string | null;
  readonly adminPassword: string | null;
  /** Seed the sample base on the first run. */
  readonly sample: boolean;
  /** `http(s)://host[:port]` without a trailing slash. */
  readonly publicUrl: string;
  readonly registration: "open" | "closed" | "first-user";
  readonly production: boolean;
  readonly logLevel: "trace" | "debug" | "info" | "warn" | "error" | "silent";
  readonly smtpUrl: string | null;
  readonly mailFrom: string;
  readonly otlpEndpoint: string | null;
  /** Hosts and CIDR ranges that the egress client may reach although they are private. */
  readonly egressAllow: readonly string[];
  /** Addresses and CIDR ranges of proxies whose `x-forwarded-for` counts. */
  readonly trustedProxies: readonly string[];
  /** Routes to upstreams. Absolute; null = the file that comes with Basalt. */
  readonly gatewayFile: string | null;
  /** Connections to PostgreSQL of this process. */
  readonly databasePoolMax: number;
  /** Memory for answers that are kept ready; 0 keeps none. */
  readonly hotCacheMaxBytes: number;
  /** One statement, milliseconds. */
  readonly statementTimeoutMs: number;
  /** One request, milliseconds. */
  readonly requestTimeoutMs: number;
  /** Airtable's own refusals where we are wider (field types that cannot be created, pages over 100). */
  readonly strictAirtable: boolean;
  readonly changeLogDays: number;
  /** Security-relevant acts; whole months are dropped. */
  readonly auditDays: number;
  /** Product events are kept for so long. */
  readonly analyticsDays: number;
}

/** What settings are relative to. */
export interface ConfigBase {
  /** The folder of `.data/`: the project's. */
  readonly cwd: string;
  /** Of this process; undefined where the system has none. */
  readonly uid?: number | undefined;
}

/** Everything but the secret, which may have to be read from a file or made. */
export type Settings = Omit<Config, "secret"> & { readonly secret: string | null };

const secretMinLength = 32;
const wellKnownSecret =
  /secret|change.?me|password|default|example|your[-_ ]|qwerty|0123456|123456/i;
const distinctMin = 10;

/**
 * Reads and validates every setting, makes the data directory, and reads or makes the secret in it. Throws `ConfigError`
 * with one sentence that names the setting, `StartError` when the data directory cannot be written.
 */
export async function loadConfig(env: Environment, base: ConfigBase): Promise<Config> {
  const read = readSettings(env, base);
  await openDataDir(read.dataDir);
  try {
    return { ...read, secret: read.secret ?? (await keptSecret(read)) };
  } catch (error) {
    throw cannotWrite(read.dataDir, error);
  }
}

async function keptSecret({ dataDir, production }: Settings): Promise<string> {
  const existing = await readSecretFile(dataDir, "secret");
  if (production && !existing) {
    throw new ConfigError(
      "BASALT_SECRET",
      `BASALT_SECRET must be set in production: give at least ${secretMinLength} random characters, as \`openssl rand -base64 32\` makes.`,
    );
  }
  return existing ?? secretFile(dataDir, "secret");
}

/** The settings of this process's own environment. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Validates every setting without touching the disk. Throws `ConfigError`. */
export function readSettings(
  env: Environment,
  { cwd, uid = process.getuid?.() }: ConfigBase,
): Settings {
  const unknown = unknownSetting(env);
  if (unknown) {
    const hint = unknown.nearest
      ? `: did you mean ${unknown.nearest}?`
      : ": `npx basalt doctor` lists all there are.";
    throw new ConfigError(unknown.name, `${unknown.name} is not a setting${hint}`);
  }
  const values = new SettingValues(env);
  const host = values.host("BASALT_HOST", "127.0.0.1");
  const port = values.whole("BASALT_PORT", [8080, 0, 65_535]);
  const edge = readEdge(values);
  const scheme = edge.tls === null ? "http" : "https";
  const production = values.flag("BASALT_PRODUCTION", values.text("NODE_ENV") === "production");
  return {
    host,
    port,
    dataDir: path.resolve(
      cwd,
      values.text("BASALT_DATA_DIR") ?? (uid === 0 ? "/var/lib/basalt" : ".data"),
    ),
    databaseUrl: values.url("DATABASE_URL", ["postgres:", "postgresql:"]),
    ...readProcess(values),
    secret: readSecret(values, production),
    ...readAdmin(values),
    sample: values.flag("BASALT_SAMPLE", true),
    publicUrl: readPublicUrl(values) ?? `${scheme}://${reachable(host)}:${port}`,
    registration: values.choice("BASALT_REGISTRATION", "first-user", [
      "open",
      "closed",
      "first-user",
    ]),
    production,
    logLevel: values.choice("BASALT_LOG_LEVEL", "info", [
      "trace",
      "debug",
      "info",
      "warn",
      "error",
      "silent",
    ]),
    smtpUrl: values.url("BASALT_SMTP_URL", ["smtp:", "smtps:"]),
    mailFrom: readMailFrom(values),
    otlpEndpoint: values.url("OTEL_EXPORTER_OTLP_ENDPOINT", ["http:", "https:"]),
    egressAllow: values.hosts("BASALT_EGRESS_ALLOW", { names: true }),
    trustedProxies: values.hosts("BASALT_TRUSTED_PROXIES", { names: false }),
    ...edge,
    gatewayFile: readGatewayFile(values, cwd),
    databasePoolMax: values.whole("BASALT_DATABASE_POOL_MAX", [10, 1, 1_000]),
    hotCacheMaxBytes: values.whole("BASALT_HOT_CACHE_MB", [64, 0, 65_536]) * 1_048_576,
    statementTimeoutMs: values.whole("BASALT_STATEMENT_TIMEOUT_MS", [30_000, 100, 3_600_000]),
    requestTimeoutMs: values.whole("BASALT_REQUEST_TIMEOUT_MS", [30_000, 100, 3_600_000]),
    strictAirtable: values.flag("BASALT_STRICT_AIRTABLE", false),
    changeLogDays: values.whole("BASALT_CHANGE_LOG_DAYS", [30, 1, 3_650]),
    auditDays: values.whole("BASALT_AUDIT_DAYS", [365, 62, 36_500]),
    analyticsDays: values.whole("BASALT_ANALYTICS_DAYS", [90, 1, 3_650]),
  };
}

/** One line of `basalt doctor`. */
export interface ShownSetting {
  readonly name: string;
  /** `(set)` for a secret, the default in words where it is not set. */
  readonly value: string;
  /** `default`, or the variable that it came from. */
  readonly from: string;
  readonly meaning: string;
}

/** Every setting with its value, secrets hidden. */
export function showSettings(env: Environment): readonly ShownSetting[] {
  return settings.map((setting: Setting & (typeof settings)[number]) => {
    const found = findSetting(env, setting.name);
    const value = found && setting.secret ? "(set)" : found?.text;
    return {
      name: setting.name,
      value: value ?? setting.default,
      from: found?.from ?? "default",
      meaning: setting.meaning,
    };
  });
}

function readSecret(values: SettingValues, production: boolean): string | null {
  const secret = values.text("BASALT_SECRET");
  if (secret === null) {
    return null;
  }
  if (production && (wellKnownSecret.test(secret) || new Set(secret).size < distinctMin)) {
    throw values.wrong(
      "BASALT_SECRET",
      "is a well-known or guessable text, which production refuses",
    );
  }
  if (secret.length < secretMinLength) {
    throw values.wrong("BASALT_SECRET", `must have at least ${secretMinLength} characters`);
  }
  return secret;
}

function readAdmin(values: SettingValues): Pick<Config, "adminEmail" | "adminPassword"> {
  const adminEmail = values.text("BASALT_ADMIN_EMAIL");
  const adminPassword = values.text("BASALT_ADMIN_PASSWORD");
  if (adminEmail !== null && !/^[^\s@]+@[^\s@]+$/.test(adminEmail)) {
    throw values.wrong("BASALT_ADMIN_EMAIL", "must be an e-mail address");
  }
  if (adminEmail !== null && adminPassword === null) {
    throw values.wrong("BASALT_ADMIN_PASSWORD", "must be set together with BASALT_ADMIN_EMAIL");
  }
  if (adminPassword !== null && adminEmail === null) {
    throw values.wrong("BASALT_ADMIN_EMAIL", "must be set together with BASALT_ADMIN_PASSWORD");
  }
  return { adminEmail, adminPassword };
}

function readGatewayFile(values: SettingValues, cwd: string): string | null {
  const file = values.text("BASALT_GATEWAY_FILE");
  return file === null ? null : path.resolve(cwd, file);
}

function readPublicUrl(values: SettingValues): string | null {
  const text = values.url("BASALT_PUBLIC_URL", ["http:", "https:"]);
  if (text === null) {
    return null;
  }
  const { origin, pathname, search, hash, username } = new URL(text);
  if (pathname !== "/" || search || hash || username) {
    throw values.wrong(
      "BASALT_PUBLIC_URL",
      "must be scheme, host and port only, as in https://data.example.org",
    );
  }
  return origin;
}

function readMailFrom(values: SettingValues): string {
  const text = values.text("BASALT_MAIL_FROM") ?? "Basalt <basalt@localhost>";
  if (/[\r\n]/.test(text) || !/^([^<>@]*<[^\s<>@]+@[^\s<>@]+>|[^\s<>@]+@[^\s<>@]+)$/.test(text)) {
    throw values.wrong("BASALT_MAIL_FROM", "must be an address, as in Basalt <basalt@example.org>");
  }
  return text;
}

/** A host that a browser on this machine can open. */
function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") {
    return "localhost";
  }
  return host.includes(":") ? `[${host}]` : host;
}
