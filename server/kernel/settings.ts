/** One setting as an operator meets it: in the environment, in the README, in `basalt doctor`. */
export interface Setting {
  readonly name: string;
  /** As the operator would write it, or in words where it is derived. */
  readonly default: string;
  readonly meaning: string;
  /** Names that count when `name` is not set, in this order. */
  readonly aliases?: readonly string[];
  /** Its value is never shown: not in an error, not by `doctor`. */
  readonly secret?: true;
}

/** Every setting there is. */
export const settings = [
  { name: "BASALT_HOST", default: "127.0.0.1", meaning: "address to listen on", aliases: ["HOST"] },
  {
    name: "BASALT_PORT",
    default: "8080",
    meaning: "port to listen on; 0 takes a free one",
    aliases: ["PORT"],
  },
  {
    name: "BASALT_DATA_DIR",
    default: ".data/ (root: /var/lib/basalt)",
    meaning: "embedded database, files and secrets",
  },
  {
    name: "DATABASE_URL",
    default: "none: embedded PostgreSQL",
    meaning: "a PostgreSQL 15 or newer to use instead",
    secret: true,
  },
  {
    name: "BASALT_ROLES",
    default: "gateway,api,worker",
    meaning: "what this process does; see `docs/processes.md`",
  },
  {
    name: "BASALT_PROCESSES",
    default: "1",
    meaning:
      "processes that answer requests on the one port; more than 1 puts background work in one more and a supervisor above them",
  },
  {
    name: "BASALT_GATEWAY_FILE",
    default: "gateway.yaml of Basalt",
    meaning: "routes to upstreams, limits and origins; followed while it changes",
  },
  {
    name: "BASALT_API_URL",
    default: "none",
    meaning: "where a process with BASALT_ROLES=gateway finds api processes, with commas between",
  },
  {
    name: "BASALT_DRAIN_MS",
    default: "0 (3000 with BASALT_TRUSTED_PROXIES)",
    meaning:
      "how long, after SIGTERM, `/ready` says no while requests are still served, so that balancers look elsewhere, milliseconds",
  },
  {
    name: "REDIS_URL",
    default: "none",
    meaning:
      "redis:// or rediss:// server for faster signals and shared limits between processes; Basalt runs as well without",
    secret: true,
  },
  {
    name: "BASALT_SECRET",
    default: "made on the first run",
    meaning: "root of signing and encryption, at least 32 characters",
    aliases: ["JWT_SECRET"],
    secret: true,
  },
  {
    name: "BASALT_ADMIN_EMAIL",
    default: "none: the first to register",
    meaning: "first administrator, made at start if there is none",
  },
  {
    name: "BASALT_ADMIN_PASSWORD",
    default: "none",
    meaning: "password of that administrator",
    secret: true,
  },
  {
    name: "BASALT_SAMPLE",
    default: "1",
    meaning: "seed the sample base on the first run; 0 for none",
  },
  {
    name: "BASALT_PUBLIC_URL",
    default: "from host and port",
    meaning: "where users reach this instance; links in mail and signed file URLs start with it",
  },
  {
    name: "BASALT_REGISTRATION",
    default: "first-user",
    meaning:
      "`open`, `closed`, or `first-user`: open until there is one user; who is invited by e-mail may always register",
  },
  {
    name: "BASALT_PRODUCTION",
    default: "0",
    meaning: "1 refuses to start without a strong secret; NODE_ENV=production does the same",
  },
  {
    name: "NODE_ENV",
    default: "none",
    meaning: "`production` is BASALT_PRODUCTION=1; anything else is ignored",
  },
  {
    name: "BASALT_LOG_LEVEL",
    default: "info",
    meaning: "`trace`, `debug`, `info`, `warn`, `error` or `silent`",
    aliases: ["LOG_LEVEL"],
  },
  {
    name: "BASALT_SMTP_URL",
    default: "none: mail goes to the log",
    meaning: "smtp:// or smtps:// server that sends mail",
    aliases: ["SMTP_URL"],
    secret: true,
  },
  { name: "BASALT_MAIL_FROM", default: "Basalt <basalt@localhost>", meaning: "sender of mail" },
  {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    default: "none: off",
    meaning: "http(s):// collector that takes OpenTelemetry traces",
  },
  {
    name: "BASALT_EGRESS_ALLOW",
    default: "none",
    meaning:
      "private hosts, addresses and CIDR ranges that outgoing requests may reach, with commas between",
  },
  {
    name: "BASALT_TRUSTED_PROXIES",
    default: "none",
    meaning:
      "addresses and CIDR ranges of proxies whose x-forwarded-for counts, with commas between",
  },
  {
    name: "BASALT_FORWARDED_HEADER",
    default: "x-forwarded-for",
    meaning:
      "where trusted proxies say who called: `x-forwarded-for` (with -proto and -host) or `forwarded` (RFC 7239)",
  },
  {
    name: "BASALT_LIMIT_ANONYMOUS",
    default: "3000/60",
    meaning: "requests/seconds of one address without a token that counts; `none` for no limit",
  },
  {
    name: "BASALT_LIMIT_ADDRESS",
    default: "none",
    meaning: "requests/seconds of one address, as in 100/60",
  },
  {
    name: "BASALT_LIMIT_KEY",
    default: "none",
    meaning: "requests/seconds of one API key or session",
  },
  { name: "BASALT_LIMIT_USER", default: "none", meaning: "requests/seconds of one user" },
  { name: "BASALT_LIMIT_BASE", default: "none", meaning: "requests/seconds to one base" },
  {
    name: "BASALT_AIRTABLE_LIMITS",
    default: "0",
    meaning:
      "1 limits /v0 as Airtable does: 5 requests/s a base, 50/s a user, 30 s of refusals after one",
  },
  {
    name: "BASALT_REQUESTS_MAX",
    default: "0: found out while running",
    meaning: "requests that run at once in this process; more wait a moment or are refused",
  },
  {
    name: "BASALT_ACCESS_LOG",
    default: "errors",
    meaning: "requests that are logged: `all`, `errors` (failed ones and slow ones) or `off`",
  },
  {
    name: "BASALT_CORS_ORIGINS",
    default: "* under /v0, none elsewhere",
    meaning: "origins whose pages may call this instance, with commas between; `*` or `none`",
  },
  {
    name: "BASALT_CORS_CREDENTIALS",
    default: "0",
    meaning: "1 lets pages of these origins send cookies",
  },
  {
    name: "BASALT_CORS_MAX_AGE_S",
    default: "600",
    meaning: "how long browsers keep the answer to a preflight, seconds",
  },
  {
    name: "BASALT_TLS_CERT",
    default: "none: plain HTTP",
    meaning: "file of the certificate chain, PEM; read again when it changes; turns HTTP/2 on",
  },
  {
    name: "BASALT_TLS_KEY",
    default: "none",
    meaning: "file of the certificate's private key, PEM",
  },
  {
    name: "BASALT_DATABASE_POOL_MAX",
    default: "10",
    meaning: "connections to PostgreSQL of this process, at most",
  },
  {
    name: "BASALT_HOT_CACHE_MB",
    default: "64",
    meaning:
      "memory of this process for answers to reads that are kept ready, megabytes; 0 for none",
  },
  {
    name: "BASALT_STATEMENT_TIMEOUT_MS",
    default: "30000",
    meaning: "one SQL statement, milliseconds",
  },
  { name: "BASALT_REQUEST_TIMEOUT_MS", default: "30000", meaning: "one request, milliseconds" },
  {
    name: "BASALT_STRICT_AIRTABLE",
    default: "0",
    meaning: "1 refuses whatever Airtable refuses, where Basalt is wider",
  },
  {
    name: "BASALT_CHANGE_LOG_DAYS",
    default: "30",
    meaning: "how long the change log is kept, days",
  },
  {
    name: "BASALT_AUDIT_DAYS",
    default: "365",
    meaning:
      "how long security-relevant acts are kept, days; whole months go, and at least 62 days stay",
  },
  {
    name: "BASALT_ANALYTICS_DAYS",
    default: "90",
    meaning: "how long product events are kept, days; a workspace may keep its own for less",
  },
] as const satisfies readonly Setting[];

/** A setting's name. */
export type SettingName = (typeof settings)[number]["name"];

/** The environment, or what a test gives in its place. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value, and the variable that it was found in. */
export interface Found {
  readonly text: string;
  readonly from: string;
}

/** The value of a setting: its own variable, else the first alias that is set. An empty one counts as not set. */
export function findSetting(env: Environment, name: SettingName): Found | undefined {
  const setting: Setting | undefined = settings.find((candidate) => candidate.name === name);
  for (const from of [name, ...(setting?.aliases ?? [])]) {
    const text = env[from]?.trim();
    if (text) {
      return { text, from };
    }
  }
  return undefined;
}

/** Variables of the tests, and those that Kubernetes makes for a service called `basalt`. */
const notSettings =
  /^BASALT_TEST_|^BASALT_REQUIRE_ALL$|^BASALT(_[A-Z0-9_]+)?_(SERVICE_(HOST|PORT)(_|$)|PORT_\d+_(TCP|UDP)(_|$))/;

/** A `BASALT_` variable that is no setting, most likely a slip of the keyboard, and the setting that is nearest to it. */
export function unknownSetting(
  env: Environment,
): { readonly name: string; readonly nearest: string | undefined } | undefined {
  const names: readonly string[] = settings.map(({ name }) => name);
  const name = Object.keys(env).find(
    (key) => key.startsWith("BASALT_") && !names.includes(key) && !notSettings.test(key),
  );
  return name === undefined
    ? undefined
    : { name, nearest: nearestName(name.replace(/^BASALT_/, ""), names) };
}

/** The candidate that takes the fewest keystrokes to reach, when they are few; case and prefix `BASALT_` do not count. */
export function nearestName(text: string, candidates: readonly string[]): string | undefined {
  const bare = (name: string): string => name.replace(/^BASALT_/, "").toLowerCase();
  const scored = candidates.map((name) => ({ name, distance: keystrokes(bare(text), bare(name)) }));
  const best = scored.toSorted((a, b) => a.distance - b.distance)[0];
  return best && best.distance <= Math.max(2, Math.floor(text.length / 3)) ? best.name : undefined;
}

/** Levenshtein's distance. */
function keystrokes(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (const [column, other] of [...to].entries()) {
      const replace = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replace, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
