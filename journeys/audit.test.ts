import { afterAll, beforeAll, expect, test } from "vitest";
import { TOTP } from "otpauth";
import pg from "pg";
import { createTestDatabase, type TestDatabase } from "../server/kernel/testing/test-database.ts";
import { call, expectOk, makeBase, makeKey, PASSWORD } from "./api.ts";
import { openJourneyServer, type JourneyServer } from "./journey-server.ts";

let database: TestDatabase;
let running: JourneyServer & { close(): Promise<void> };
/** Everything that somebody proved themselves with, and that must be nowhere but with them. */
const secrets: string[] = [PASSWORD];

beforeAll(async () => {
  database = await createTestDatabase();
  running = await openJourneyServer({ databaseUrl: database.url });
}, 180_000);

afterAll(async () => {
  await running?.close();
  await database?.drop();
}, 60_000);

const post = async <T>(path: string, body: unknown, token?: string): Promise<T> =>
  expectOk<T>(call(running.url + path, { body, ...(token !== undefined && { token }) }));

/** The log of acts as it lies in the database, all columns. */
async function table(): Promise<string> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const { rows } = await client.query<{ text: string }>(
      "select string_agg(e::text, E'\\n') as text from acts.entries e",
    );
    return rows[0]?.text ?? "";
  } finally {
    await client.end();
  }
}

/** Signs in with the password and, where it is on, the second factor; keeps the tokens among the secrets. */
async function signIn(password: string): Promise<{ token: string; refreshToken: string }> {
  const { email } = running.owner;
  const tokens = await post<{ token: string; refreshToken: string }>("/api/v1/login", {
    email,
    password,
  });
  secrets.push(tokens.token, tokens.refreshToken);
  return tokens;
}

test("what people do is written down, and no secret of theirs", async () => {
  const { url, owner, workspaceId, key } = running;
  secrets.push(owner.session, key);
  const canaries = ["canary-of-a-wrong-password", "canary-of-a-new-password"] as const;
  secrets.push(...canaries);
  const wrong = { email: owner.email, password: canaries[0] };
  expect((await call(`${url}/api/v1/login`, { body: wrong })).status).toBe(401);
  const { token, refreshToken } = await signIn(PASSWORD);
  const next = await post<{ token: string; refreshToken: string }>("/api/v1/refresh", {
    refreshToken,
  });
  secrets.push(next.token, next.refreshToken);
  expect((await call(`${url}/api/v1/refresh`, { body: { refreshToken } })).status).toBe(401);

  const changed = await post<{ token: string; refreshToken: string }>(
    "/api/v1/change-password",
    { currentPassword: PASSWORD, newPassword: canaries[1] },
    (await signIn(PASSWORD)).token,
  );
  secrets.push(changed.token, changed.refreshToken, token);
  const session = changed.token;
  const made = await makeKey(url, session, { scopes: ["data.records:read"] });
  secrets.push(made.key, made.key.split(".")[1] ?? "");
  await expectOk(call(`${url}/api/v1/api-keys/${made.id}`, { method: "DELETE", token: session }));

  const factor = await post<{ secret: string }>(
    "/api/v1/two-factor/setup",
    { password: canaries[1] },
    session,
  );
  secrets.push(factor.secret);
  const code = new TOTP({ secret: factor.secret }).generate();
  const { backupCodes } = await post<{ backupCodes: string[] }>(
    "/api/v1/two-factor/confirm",
    { code },
    session,
  );
  secrets.push(...backupCodes);

  const invited = await post<{ token: string; url: string }>(
    `/api/v1/workspaces/${workspaceId}/invitations`,
    { role: "editor" },
    session,
  );
  secrets.push(invited.token);
  const base = await makeBase(url, session, {
    workspaceId,
    name: "Kept",
    tables: [{ name: "T", fields: [{ name: "F", type: "singleLineText" }] }],
  });
  const [made0] = base.tables;
  await post(
    `/v0/meta/bases/${base.id}/tables/${made0?.id}/fields`,
    { name: "G", type: "number", options: { precision: 1 } },
    session,
  );
  const file = await call(`${url}/api/v1/bases/${base.id}/export`, { token: session });
  expect(file.status).toBe(200);
  await expectOk(call(`${url}/api/v1/audit/export?format=csv`, { token: session }));

  const text = await table();
  const lower = text.toLowerCase();
  const found = secrets.filter((secret) => lower.includes(secret.toLowerCase()));
  expect(found).toEqual([]);

  const { acts } = await expectOk<{ acts: { act: string; outcome: string; address: string }[] }>(
    call(`${url}/api/v1/audit?limit=1000`, { token: session }),
  );
  const said = new Set(acts.map(({ act, outcome }) => `${act} ${outcome}`));
  for (const act of [
    "identity.registered ok",
    "identity.sign-in refused",
    "identity.signed-in ok",
    "identity.refresh-reused ok",
    "identity.password-changed ok",
    "identity.key-created ok",
    "identity.key-revoked ok",
    "identity.second-factor-on ok",
    "workspaces.workspace-created ok",
    "workspaces.invitation-made ok",
    "workspaces.base-created ok",
    "records.field-created ok",
    "records.base-exported ok",
    "audit.exported ok",
    "instance.settings-changed ok",
  ]) {
    expect(said, act).toContain(act);
  }
  expect(acts.find(({ act }) => act === "identity.signed-in")?.address).toBe("127.0.0.1");
  const report = await expectOk(call(`${url}/api/v1/audit/integrity`, { token: session }));
  expect(report).toMatchObject({ ok: true, problems: [], heldBy: "owner" });

  const story = await expectOk<{ entries: { kind: string; name?: string; act?: string }[] }>(
    call(`${url}/api/v1/bases/${base.id}/audit`, { token: session }),
  );
  expect(story.entries.map(({ name, act }) => name ?? act)).toEqual(
    expect.arrayContaining(["fields.created", "records.field-created", "records.base-exported"]),
  );
});

test("whoever tries passwords fills no disk, and each try is counted", async () => {
  const tries = 120;
  for (let at = 0; at < tries; at += 1) {
    const body = { email: `nobody${at % 3}@journeys.test`, password: "guess" };
    await call(`${running.url}/api/v1/login`, { body });
  }
  await running.server.end("SIGTERM");
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<{ rows: number; tries: number }>(`
    select count(*)::int as rows, sum(times)::int as tries from acts.entries
    where act = 'identity.sign-in' and outcome = 'refused' and not coalesce(target_name, '') like 'owner%'`);
  await client.end();
  expect(rows[0]?.tries).toBe(tries);
  // Each process counts its own.
  const processes = Number(process.env["BASALT_TEST_PROCESSES"] ?? 1);
  expect(rows[0]?.rows).toBeLessThan(15 * processes);
}, 120_000);
