import { expect, test } from "vitest";
import { openLog } from "./pino-log.ts";

/** Secrets of twelve kinds; none may reach a line. */
const canaries = {
  password: "canary-password",
  session: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.canarycanary",
  refresh: "canary-refresh-token",
  key: `patAAAAAAAAAAAAAA.${"c".repeat(64)}`,
  clientSecret: "canary-client-secret",
  oauthCode: "canary-oauth-code",
  webhookSecret: "canary-webhook-secret",
  airtable: `patBBBBBBBBBBBBBB.${"d".repeat(64)}`,
  model: "canary-model-key",
  smtp: "smtp://user:canary-smtp@mail.test:587",
  database: "postgresql://basalt:canary-database@localhost/basalt?host=%2Frun",
  root: "canary-root-secret",
};

function collect(level: "trace" | "info" = "trace"): {
  lines: string[];
  log: ReturnType<typeof openLog>;
} {
  const lines: string[] = [];
  return { lines, log: openLog({ logLevel: level }, { write: (line) => lines.push(line) }) };
}

test("no secret reaches a line, whatever field or text it is in", () => {
  const { lines, log } = collect();
  log.info({
    password: canaries.password,
    headers: {
      Authorization: `Bearer ${canaries.session}`,
      cookie: "canary-cookie",
      "x-api-key": canaries.model,
    },
    body: {
      list: [
        {
          refreshToken: canaries.refresh,
          client_secret: canaries.clientSecret,
          code: canaries.oauthCode,
        },
      ],
    },
    webhookSecret: canaries.webhookSecret,
    key: "canary-plain-key",
    secret: canaries.root,
  });
  log.warn(
    { said: `used ${canaries.key} and ${canaries.airtable}`, url: canaries.database },
    `Bearer ${canaries.session}`,
  );
  log.error(
    {
      err: new Error(`cannot reach ${canaries.smtp} or https://x.test/f?sig=canary-signature&a=1`),
    },
    "failed",
  );
  log.child({ token: "canary-child", requestId: "req1" }).debug({}, "Basic Y2FuYXJ5OmNhbmFyeQ==");
  const text = lines.join("");
  expect(text).not.toContain("canary");
  expect(text).not.toMatch(/c{10}|d{10}|eyJ|Y2Fu/);
  for (const line of lines) {
    expect(() => JSON.parse(line)).not.toThrow();
  }
});

test("what is no secret stays readable", () => {
  const { lines, log } = collect();
  log.info(
    {
      method: "GET",
      endpoint: "/v0/{baseId}",
      status: 200,
      code: "identity.token-invalid",
      keys: 3,
      url: "https://x.test/a?b=1",
    },
    "request",
  );
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    method: "GET",
    endpoint: "/v0/{baseId}",
    status: 200,
    code: "identity.token-invalid",
    keys: 3,
    url: "https://x.test/a?b=1",
    msg: "request",
  });
});

test("errors have their stack and their causes, deep and circular fields end", () => {
  const { lines, log } = collect();
  log.error({ err: new Error("outer", { cause: new Error("inner") }) }, "failed");
  const circular: Record<string, unknown> = { a: 1 };
  circular["self"] = circular;
  log.info({ circular });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    err: { message: expect.stringContaining("outer"), stack: expect.stringContaining("inner") },
  });
  expect(lines[1]?.length).toBeLessThan(2_000);
});

test("the level is the one configured", () => {
  const { lines, log } = collect("info");
  log.debug({}, "not this");
  log.info({}, "this");
  expect(lines).toHaveLength(1);
  log.flush();
});
