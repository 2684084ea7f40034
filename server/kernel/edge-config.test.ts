import { describe, expect, test } from "vitest";
import { type EdgeConfig, readEdge } from "./edge-config.ts";
import { SettingValues } from "./setting-values.ts";
import type { Environment } from "./settings.ts";

const read = (env: Environment): EdgeConfig => readEdge(new SettingValues(env));

test("every setting of the edge can be given", () => {
  expect(
    read({
      BASALT_LIMIT_ANONYMOUS: "none",
      BASALT_LIMIT_ADDRESS: "100/60",
      BASALT_LIMIT_KEY: "5/1s",
      BASALT_LIMIT_USER: "0",
      BASALT_LIMIT_BASE: "10000000/86400",
      BASALT_AIRTABLE_LIMITS: "1",
      BASALT_REQUESTS_MAX: "64",
      BASALT_FORWARDED_HEADER: "Forwarded",
      BASALT_ACCESS_LOG: "off",
      BASALT_CORS_ORIGINS: "https://app.example.org, http://localhost:3000",
      BASALT_CORS_CREDENTIALS: "1",
      BASALT_CORS_MAX_AGE_S: "0",
      BASALT_TLS_CERT: "/etc/cert.pem",
      BASALT_TLS_KEY: "/etc/key.pem",
    }),
  ).toEqual({
    limits: {
      anonymous: null,
      address: { limit: 100, windowS: 60 },
      key: { limit: 5, windowS: 1 },
      user: null,
      base: { limit: 10_000_000, windowS: 86_400 },
    },
    airtableLimits: true,
    requestsMax: 64,
    forwardedHeader: "forwarded",
    accessLog: "off",
    cors: {
      origins: ["https://app.example.org", "http://localhost:3000"],
      credentials: true,
      maxAgeS: 0,
    },
    tls: { certFile: "/etc/cert.pem", keyFile: "/etc/key.pem" },
  });
});

test("* and none are origins too", () => {
  expect(read({ BASALT_CORS_ORIGINS: "*" }).cors.origins).toEqual(["*"]);
  expect(read({ BASALT_CORS_ORIGINS: "none" }).cors.origins).toEqual([]);
});

describe("what makes no sense is refused by name", () => {
  test.each<[string, Environment]>([
    ["BASALT_LIMIT_KEY", { BASALT_LIMIT_KEY: "100" }],
    ["BASALT_LIMIT_KEY", { BASALT_LIMIT_KEY: "0/60" }],
    ["BASALT_LIMIT_KEY", { BASALT_LIMIT_KEY: "-1/60" }],
    ["BASALT_LIMIT_KEY", { BASALT_LIMIT_KEY: "1e9/60" }],
    ["BASALT_LIMIT_KEY", { BASALT_LIMIT_KEY: "99999999/60" }],
    ["BASALT_LIMIT_KEY", { BASALT_LIMIT_KEY: "100/0" }],
    ["BASALT_LIMIT_ADDRESS", { BASALT_LIMIT_ADDRESS: "100/99999" }],
    ["BASALT_LIMIT_ANONYMOUS", { BASALT_LIMIT_ANONYMOUS: "many" }],
    ["BASALT_REQUESTS_MAX", { BASALT_REQUESTS_MAX: "-1" }],
    ["BASALT_FORWARDED_HEADER", { BASALT_FORWARDED_HEADER: "x-real-ip" }],
    ["BASALT_ACCESS_LOG", { BASALT_ACCESS_LOG: "some" }],
    ["BASALT_CORS_ORIGINS", { BASALT_CORS_ORIGINS: "app.example.org" }],
    ["BASALT_CORS_ORIGINS", { BASALT_CORS_ORIGINS: "https://app.example.org/" }],
    ["BASALT_CORS_ORIGINS", { BASALT_CORS_ORIGINS: "https://App.example.org" }],
    ["BASALT_CORS_ORIGINS", { BASALT_CORS_ORIGINS: "https://app.example.org:443" }],
    ["BASALT_CORS_ORIGINS", { BASALT_CORS_ORIGINS: "null" }],
    ["BASALT_CORS_ORIGINS", { BASALT_CORS_ORIGINS: "*,https://a.example.org" }],
    ["BASALT_CORS_ORIGINS", { BASALT_CORS_ORIGINS: "*", BASALT_CORS_CREDENTIALS: "1" }],
    ["BASALT_CORS_MAX_AGE_S", { BASALT_CORS_MAX_AGE_S: "86401" }],
    ["BASALT_TLS_KEY", { BASALT_TLS_CERT: "/etc/cert.pem" }],
    ["BASALT_TLS_CERT", { BASALT_TLS_KEY: "/etc/key.pem" }],
  ])("%s in %j", (name, env) => {
    expect(() => read(env)).toThrow(new RegExp(`^${name} must `));
  });
});
