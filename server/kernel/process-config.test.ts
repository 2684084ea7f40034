import { expect, test } from "vitest";
import { readProcess, type ProcessConfig } from "./process-config.ts";
import { SettingValues } from "./setting-values.ts";

const read = (env: Record<string, string>): ProcessConfig => readProcess(new SettingValues(env));

test("one process does everything unless told otherwise", () => {
  expect(read({})).toEqual({
    roles: new Set(["gateway", "api", "worker"]),
    apiUrls: [],
    processes: 1,
    drainMs: 0,
    redisUrl: null,
  });
});

test("a gateway alone knows its api processes", () => {
  const env = {
    BASALT_ROLES: "gateway",
    BASALT_API_URL: "http://10.0.0.5:8080, http://[::1]:80/,http://10.0.0.5:8080/",
  };
  expect(read(env).apiUrls).toEqual(["http://10.0.0.5:8080", "http://[::1]:80"]);
});

test.each([
  ["a gateway without api and without addresses", { BASALT_ROLES: "gateway" }],
  ["a gateway that also works", { BASALT_ROLES: "gateway,worker" }],
  ["addresses for one that is api itself", { BASALT_API_URL: "http://10.0.0.5:8080" }],
  ["addresses for a worker", { BASALT_ROLES: "worker", BASALT_API_URL: "http://10.0.0.5:8080" }],
  ["several processes of a worker", { BASALT_ROLES: "worker", BASALT_PROCESSES: "2" }],
  ["an address with a path", { BASALT_ROLES: "gateway", BASALT_API_URL: "http://10.0.0.5/v0" }],
  ["an address with a user", { BASALT_ROLES: "gateway", BASALT_API_URL: "http://u:p@10.0.0.5" }],
  ["an address of another kind", { BASALT_ROLES: "gateway", BASALT_API_URL: "ftp://10.0.0.5" }],
  ["no number", { BASALT_PROCESSES: "many" }],
  ["none", { BASALT_PROCESSES: "0" }],
  ["too many", { BASALT_PROCESSES: "65" }],
  ["an endless drain", { BASALT_DRAIN_MS: "60001" }],
  ["a Redis of another kind", { REDIS_URL: "http://127.0.0.1:6379" }],
])("refused with one sentence: %s", (_, env) => {
  expect(() => read(env)).toThrow(/^[A-Z_]+ .*\.$/);
});

test("behind a proxy a stop is announced for three seconds, elsewhere not, and the setting wins", () => {
  const BASALT_TRUSTED_PROXIES = "10.0.0.0/8";
  expect(read({ BASALT_TRUSTED_PROXIES }).drainMs).toBe(3_000);
  expect(read({ BASALT_TRUSTED_PROXIES, BASALT_DRAIN_MS: "0" }).drainMs).toBe(0);
  expect(read({ BASALT_DRAIN_MS: "500" }).drainMs).toBe(500);
});
