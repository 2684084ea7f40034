import { describe, expect, test } from "vitest";
import { readSettings, showSettings } from "./config.ts";
import { ConfigError } from "./setting-values.ts";
import { nearestName, settings } from "./settings.ts";

const base = { cwd: "/srv/basalt", uid: 1000 };
const strong = "uE3r0aPz1Qm8Vx5Ls7Yw2Kd9Tf6Hj4Nc";

function refusal(env: Record<string, string>): string {
  try {
    readSettings(env, base);
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.message;
    }
    throw error;
  }
  throw new Error("the settings were accepted");
}

describe("defaults", () => {
  test("an empty environment is enough", () => {
    expect(readSettings({}, base)).toEqual({
      host: "127.0.0.1",
      port: 8080,
      dataDir: "/srv/basalt/.data",
      databaseUrl: null,
      roles: new Set(["gateway", "api", "worker"]),
      secret: null,
      adminEmail: null,
      adminPassword: null,
      sample: true,
      publicUrl: "http://127.0.0.1:8080",
      registration: "first-user",
      production: false,
      logLevel: "info",
      smtpUrl: null,
      mailFrom: "Basalt <basalt@localhost>",
      otlpEndpoint: null,
      apiUrls: [],
      processes: 1,
      drainMs: 0,
      redisUrl: null,
      egressAllow: [],
      trustedProxies: [],
      gatewayFile: null,
      hotCacheMaxBytes: 67_108_864,
      databasePoolMax: 10,
      statementTimeoutMs: 30_000,
      requestTimeoutMs: 30_000,
      strictAirtable: false,
      changeLogDays: 30,
      auditDays: 365,
      analyticsDays: 90,
      limits: {
        anonymous: { limit: 3_000, windowS: 60 },
        address: null,
        key: null,
        user: null,
        base: null,
      },
      airtableLimits: false,
      requestsMax: null,
      forwardedHeader: "x-forwarded-for",
      accessLog: "errors",
      cors: { origins: null, credentials: false, maxAgeS: 600 },
      tls: null,
    });
  });

  test("root keeps its data in /var/lib", () => {
    expect(readSettings({}, { ...base, uid: 0 }).dataDir).toBe("/var/lib/basalt");
  });

  test("an empty variable counts as not set", () => {
    expect(readSettings({ BASALT_PORT: "", BASALT_ROLES: " ", DATABASE_URL: "" }, base).port).toBe(
      8080,
    );
  });

  test.each([
    ["0.0.0.0", "http://localhost:9000"],
    ["::", "http://localhost:9000"],
    ["::1", "http://[::1]:9000"],
    ["db.example.org", "http://db.example.org:9000"],
  ])("the public URL of host %s is %s", (host, url) => {
    expect(readSettings({ BASALT_HOST: host, BASALT_PORT: "9000" }, base).publicUrl).toBe(url);
  });
});

describe("values", () => {
  test("every setting can be given", () => {
    const read = readSettings(
      {
        BASALT_HOST: "0.0.0.0",
        BASALT_PORT: "0",
        BASALT_DATA_DIR: "data",
        DATABASE_URL: "postgres://u:p@db:5432/basalt",
        BASALT_ROLES: "api, worker",
        BASALT_SECRET: strong,
        BASALT_ADMIN_EMAIL: "ada@example.org",
        BASALT_ADMIN_PASSWORD: "long enough",
        BASALT_SAMPLE: "no",
        BASALT_PUBLIC_URL: "https://data.example.org/",
        BASALT_REGISTRATION: "OPEN",
        BASALT_PRODUCTION: "1",
        BASALT_LOG_LEVEL: "silent",
        BASALT_SMTP_URL: "smtps://u:p@mail:465",
        BASALT_MAIL_FROM: "data@example.org",
        OTEL_EXPORTER_OTLP_ENDPOINT: "http://otel:4318",
        BASALT_EGRESS_ALLOW: "10.0.0.0/8, Intranet.example.org,*.lan,::1",
        BASALT_TRUSTED_PROXIES: "127.0.0.1,fd00::/8",
        BASALT_DATABASE_POOL_MAX: "20",
        BASALT_STATEMENT_TIMEOUT_MS: "1000",
        BASALT_REQUEST_TIMEOUT_MS: "2000",
        BASALT_STRICT_AIRTABLE: "true",
        BASALT_CHANGE_LOG_DAYS: "7",
      },
      base,
    );
    expect(read).toMatchObject({
      host: "0.0.0.0",
      port: 0,
      dataDir: "/srv/basalt/data",
      databaseUrl: "postgres://u:p@db:5432/basalt",
      secret: strong,
      adminEmail: "ada@example.org",
      sample: false,
      publicUrl: "https://data.example.org",
      registration: "open",
      production: true,
      logLevel: "silent",
      smtpUrl: "smtps://u:p@mail:465",
      egressAllow: ["10.0.0.0/8", "intranet.example.org", "*.lan", "::1"],
      trustedProxies: ["127.0.0.1", "fd00::/8"],
      databasePoolMax: 20,
      strictAirtable: true,
      changeLogDays: 7,
    });
    expect(read.roles).toEqual(new Set(["api", "worker"]));
  });

  test("common names count where ours is not set", () => {
    const read = readSettings(
      { PORT: "81", HOST: "::1", LOG_LEVEL: "WARN", JWT_SECRET: strong, BASALT_PORT: "82" },
      base,
    );
    expect(read).toMatchObject({ port: 82, host: "::1", logLevel: "warn", secret: strong });
  });

  test("NODE_ENV=production is production, any other is not", () => {
    expect(readSettings({ NODE_ENV: "production", BASALT_SECRET: strong }, base).production).toBe(
      true,
    );
    expect(readSettings({ NODE_ENV: "staging" }, base).production).toBe(false);
    expect(readSettings({ NODE_ENV: "production", BASALT_PRODUCTION: "0" }, base).production).toBe(
      false,
    );
  });

  test("a database on a unix socket has its folder in a parameter", () => {
    const url = "postgresql://u:p@localhost/basalt?host=%2Frun%2Fpostgresql";
    expect(readSettings({ DATABASE_URL: url }, base).databaseUrl).toBe(url);
  });

  test.each([
    "BASALT_SERVICE_HOST",
    "BASALT_PORT_8080_TCP_ADDR",
    "BASALT_WEB_SERVICE_PORT",
    "BASALT_TEST_DATABASE_URL",
    "BASALT_REQUIRE_ALL",
  ])("%s is somebody else's and is passed over", (name) => {
    expect(readSettings({ [name]: "x" }, base).port).toBe(8080);
  });
});

describe("refusals", () => {
  test.each([
    [{ BASALT_PORT: "80a" }, 'BASALT_PORT must be a whole number from 0 to 65535, not "80a".'],
    [{ BASALT_PORT: "65536" }, 'BASALT_PORT must be a whole number from 0 to 65535, not "65536".'],
    [{ BASALT_PORT: "-1" }, 'BASALT_PORT must be a whole number from 0 to 65535, not "-1".'],
    [{ BASALT_PORT: "8e3" }, 'BASALT_PORT must be a whole number from 0 to 65535, not "8e3".'],
    [
      { PORT: "tcp://10.0.0.1:80" },
      'PORT must be a whole number from 0 to 65535, not "tcp://10.0.0.1:80".',
    ],
    [
      { BASALT_HOST: "localhost:80" },
      'BASALT_HOST must be an IP address or a host name, without a port, not "localhost:80".',
    ],
    [
      { BASALT_HOST: "1.2.3" },
      'BASALT_HOST must be an IP address or a host name, without a port, not "1.2.3".',
    ],
    [
      { BASALT_ROLES: "api,cook" },
      'BASALT_ROLES must be a list of gateway, api, worker with commas between, not "api,cook".',
    ],
    [
      { BASALT_ROLES: "," },
      'BASALT_ROLES must be a list of gateway, api, worker with commas between, not ",".',
    ],
    [{ BASALT_SAMPLE: "maybe" }, 'BASALT_SAMPLE must be 1 or 0, not "maybe".'],
    [
      { BASALT_REGISTRATION: "shut" },
      'BASALT_REGISTRATION must be one of open, closed, first-user, not "shut".',
    ],
    [
      { LOG_LEVEL: "verbose" },
      'LOG_LEVEL must be one of trace, debug, info, warn, error, silent, not "verbose".',
    ],
    [
      { BASALT_ADMIN_EMAIL: "ada", BASALT_ADMIN_PASSWORD: "x" },
      'BASALT_ADMIN_EMAIL must be an e-mail address, not "ada".',
    ],
    [
      { BASALT_ADMIN_EMAIL: "a@b.c" },
      "BASALT_ADMIN_PASSWORD must be set together with BASALT_ADMIN_EMAIL.",
    ],
    [
      { BASALT_ADMIN_PASSWORD: "x" },
      "BASALT_ADMIN_EMAIL must be set together with BASALT_ADMIN_PASSWORD.",
    ],
    [
      { BASALT_PUBLIC_URL: "https://x.org/basalt" },
      'BASALT_PUBLIC_URL must be scheme, host and port only, as in https://data.example.org, not "https://x.org/basalt".',
    ],
    [
      { BASALT_PUBLIC_URL: "x.org" },
      'BASALT_PUBLIC_URL must be a URL that starts with http:// or https:// and names a host, not "x.org".',
    ],
    [
      { BASALT_MAIL_FROM: "a@b.c\nBcc: x@y.z" },
      'BASALT_MAIL_FROM must be an address, as in Basalt <basalt@example.org>, not "a@b.c\\nBcc: x@y.z".',
    ],
    [
      { BASALT_TRUSTED_PROXIES: "10.0.0.0/33" },
      'BASALT_TRUSTED_PROXIES must be a list of addresses and CIDR ranges with commas between, and one part is "10.0.0.0/33", not "10.0.0.0/33".',
    ],
    [
      { BASALT_EGRESS_ALLOW: "http://x" },
      'BASALT_EGRESS_ALLOW must be a list of host names, addresses and CIDR ranges with commas between, and one part is "http://x", not "http://x".',
    ],
    [
      { BASALT_CHANGE_LOG_DAYS: "0" },
      'BASALT_CHANGE_LOG_DAYS must be a whole number from 1 to 3650, not "0".',
    ],
    [{ BASALT_PROT: "1" }, "BASALT_PROT is not a setting: did you mean BASALT_PORT?"],
    [
      { BASALT_DATABASE_URL: "x" },
      "BASALT_DATABASE_URL is not a setting: did you mean DATABASE_URL?",
    ],
    [
      { BASALT_FLUX_CAPACITOR: "1" },
      "BASALT_FLUX_CAPACITOR is not a setting: `npx basalt doctor` lists all there are.",
    ],
  ])("%j", (env, message) => {
    expect(refusal(env)).toBe(message);
  });

  test("a long value is cut", () => {
    expect(refusal({ BASALT_PORT: "9".repeat(1_000) }).length).toBeLessThan(150);
  });

  test.each([
    { DATABASE_URL: "mysql://root:canary@db/x" },
    { DATABASE_URL: "canary" },
    { DATABASE_URL: "postgres://canary @/" },
    { BASALT_SMTP_URL: "http://u:canary@mail" },
    { BASALT_SECRET: "canary" },
    { JWT_SECRET: "canary" },
    { BASALT_ADMIN_PASSWORD: "canary" },
    { BASALT_SECRET: "change-me-canary-change-me-canary-change-me", NODE_ENV: "production" },
  ])("no secret is shown: %#", (env) => {
    expect(refusal(env)).not.toContain("canary");
  });

  test.each([
    "secret".repeat(8),
    "a".repeat(64),
    "change-me-please-change-me-please",
    "your-256-bit-secret-goes-in-here!",
    "0123456789012345678901234567890123456789",
  ])("production refuses the well-known %s", (secret) => {
    expect(refusal({ BASALT_SECRET: secret, NODE_ENV: "production" })).toMatch(
      /^BASALT_SECRET is a well-known/,
    );
  });

  test("a short secret is refused in development too", () => {
    expect(refusal({ JWT_SECRET: strong.slice(0, 31) })).toBe(
      "JWT_SECRET must have at least 32 characters.",
    );
  });
});

describe("showing", () => {
  test("every setting is listed once with its source, and secrets are hidden", () => {
    const shown = showSettings({
      PORT: "81",
      DATABASE_URL: "postgres://u:canary@db/x",
      BASALT_SECRET: "canary",
    });
    expect(shown.map(({ name }) => name)).toEqual(settings.map(({ name }) => name));
    expect(shown.find(({ name }) => name === "BASALT_PORT")).toMatchObject({
      value: "81",
      from: "PORT",
    });
    expect(shown.find(({ name }) => name === "DATABASE_URL")).toMatchObject({
      value: "(set)",
      from: "DATABASE_URL",
    });
    expect(shown.find(({ name }) => name === "BASALT_HOST")).toMatchObject({
      value: "127.0.0.1",
      from: "default",
    });
    expect(JSON.stringify(shown)).not.toContain("canary");
  });

  test("the nearest name is found only when it is near", () => {
    expect(nearestName("dokter", ["start", "doctor"])).toBe("doctor");
    expect(nearestName("zzz", ["start", "doctor"])).toBeUndefined();
    expect(nearestName("", [])).toBeUndefined();
  });
});
