/** Every setting, validated. `kernel/config.ts` alone reads the environment. */
export interface Config {
  /** Listening address. */
  readonly host: string;
  readonly port: number;
  /** Embedded database, files, secrets. Absolute. */
  readonly dataDir: string;
  /** An outside PostgreSQL; null = the embedded one. */
  readonly databaseUrl: string | null;
  readonly roles: ReadonlySet<"gateway" | "api" | "worker">;
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
  /** Connections to PostgreSQL of this process. */
  readonly databasePoolMax: number;
  /** One statement, milliseconds. */
  readonly statementTimeoutMs: number;
  /** One request, milliseconds. */
  readonly requestTimeoutMs: number;
  /** Airtable's own refusals where we are wider (field types that cannot be created, pages over 100). */
  readonly strictAirtable: boolean;
  readonly changeLogDays: number;
}
