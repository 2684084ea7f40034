import type { Config } from "../config.ts";

/** The settings of every test world; a test that is about one says so. */
export const testConfig: Config = {
  host: "127.0.0.1",
  port: 0,
  dataDir: "/nonexistent",
  databaseUrl: null,
  roles: new Set(["gateway", "api", "worker"]),
  redisUrl: null,
  secret: "a secret for tests, long enough to be one",
  adminEmail: null,
  adminPassword: null,
  sample: false,
  publicUrl: "http://basalt.test",
  registration: "open",
  production: false,
  logLevel: "silent",
  smtpUrl: null,
  mailFrom: "basalt@basalt.test",
  otlpEndpoint: null,
  egressAllow: [],
  trustedProxies: [],
  databasePoolMax: 6,
  statementTimeoutMs: 15_000,
  requestTimeoutMs: 30_000,
  strictAirtable: false,
  changeLogDays: 30,
};
