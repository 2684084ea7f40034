import { afterAll, beforeAll, expect, test } from "vitest";
import {
  call,
  expectOk,
  makeBase,
  makeKey,
  makeWorkspace,
  type Person,
  register,
} from "../journeys/api.ts";
import { outsideDatabase } from "../journeys/journey-server.ts";
import { type ServerProcess, startServer } from "../journeys/server-process.ts";

const rounds = 15;
const servers: ServerProcess[] = [];
let database: Awaited<ReturnType<typeof outsideDatabase>>;
let owner: Person;
let key = "";
let workspaceId = "";

beforeAll(async () => {
  database = await outsideDatabase();
  const env = { BASALT_REGISTRATION: "open" };
  const first = await startServer({ databaseUrl: database?.url, env });
  servers.push(first);
  const options = { dataDir: first.dataDir, databaseUrl: database?.url, env };
  servers.push(await startServer(options), await startServer(options));
  owner = await register(first.url, "owner");
  workspaceId = await makeWorkspace(first.url, owner.session, "Three");
  ({ key } = await makeKey(first.url, owner.session));
}, 300_000);

afterAll(async () => {
  for (const server of servers.slice(1)) {
    await server.end("SIGTERM");
  }
  await servers[0]?.destroy();
  await database?.drop();
}, 120_000);

/** The address of a process; they take turns. */
const at = (turn: number): string => servers[turn % servers.length]?.url ?? "";
const everywhere = <T>(work: (url: string) => Promise<T>): Promise<T[]> =>
  Promise.all(servers.map(({ url }) => work(url)));
const statuses = (path: string, token: string): Promise<number[]> =>
  everywhere(async (url) => (await call(`${url}${path}`, { token })).status);

const ok = [200, 200, 200];

async function emptyBase(): Promise<string> {
  const tables = [{ name: "First", fields: [{ name: "Name", type: "singleLineText" }] }];
  return (await makeBase(at(0), key, { workspaceId, name: "Base", tables })).id;
}

test("what one process changes in a schema is so in every process when it has answered", async () => {
  const baseId = await emptyBase();
  for (let turn = 0; turn < rounds; turn += 1) {
    const name = `Table ${turn}`;
    const meta = `/v0/meta/bases/${baseId}/tables`;
    const fields = [{ name: "Name", type: "singleLineText" }];
    const made = await expectOk<{ id: string; fields: { id: string }[] }>(
      call(`${at(turn)}${meta}`, { token: key, body: { name, fields } }),
    );
    const records = (table: string): string => `/v0/${baseId}/${encodeURIComponent(table)}`;
    expect(await statuses(records(name), key), "created").toEqual(ok);

    await expectOk(
      call(`${at(turn + 1)}${meta}/${made.id}`, {
        method: "PATCH",
        token: key,
        body: { name: `${name} anew` },
      }),
    );
    expect(await statuses(records(`${name} anew`), key), "renamed").toEqual(ok);
    expect(new Set(await statuses(records(name), key)), "old name").not.toContain(200);

    await expectOk(
      call(`${at(turn + 2)}${meta}/${made.id}/fields`, {
        token: key,
        body: { name: "More", type: "number", options: { precision: 0 } },
      }),
    );
    const written = await everywhere(
      async (url) =>
        (
          await call(`${url}${records(made.id)}`, {
            token: key,
            body: { records: [{ fields: { Name: "x", More: turn } }] },
          })
        ).status,
    );
    expect(written, "new field").toEqual(ok);

    await expectOk(
      call(`${at(turn)}${meta}/${made.id}/fields/${made.fields[0]?.id}`, {
        method: "PATCH",
        token: key,
        body: { name: "Title" },
      }),
    );
    const shown = await everywhere((url) => call(`${url}${records(made.id)}`, { token: key }));
    for (const { text } of shown) {
      expect(text).toContain('"Title"');
      expect(text).not.toContain('"Name"');
    }

    const deleted = call(`${at(turn + 1)}${meta}/${made.id}`, { method: "DELETE", token: key });
    expect((await deleted).status).toBeLessThan(300);
    expect(new Set(await statuses(records(made.id), key)), "deleted").not.toContain(200);
  }
}, 300_000);

test("a base that one process deletes is gone in every process", async () => {
  for (let turn = 0; turn < 5; turn += 1) {
    const baseId = await emptyBase();
    const path = `/v0/${baseId}/First`;
    expect(await statuses(path, key)).toEqual(ok);
    const deleted = await call(`${at(turn)}/api/v1/bases/${baseId}`, {
      method: "DELETE",
      token: owner.session,
    });
    expect(deleted.status).toBeLessThan(300);
    // Airtable's answer for a base that is not there.
    expect(await statuses(path, key)).toEqual([403, 403, 403]);
  }
}, 300_000);

test("who loses a right loses it in every process when the answer is there", async () => {
  const baseId = await emptyBase();
  const person = await register(at(1), "reader");
  const { key: readerKey } = await makeKey(at(2), person.session);
  const path = `/v0/${baseId}/First`;
  const members = `/api/v1/bases/${baseId}/members`;
  for (let turn = 0; turn < rounds; turn += 1) {
    await expectOk(
      call(`${at(turn)}${members}`, {
        token: owner.session,
        body: { userId: person.id, role: "read-only" },
      }),
    );
    expect(await statuses(path, readerKey)).toEqual(ok);
    await expectOk(
      call(`${at(turn + 1)}${members}/${person.id}`, { method: "DELETE", token: owner.session }),
    );
    expect(new Set(await statuses(path, readerKey))).not.toContain(200);
  }
}, 300_000);

test("a key that is deleted opens nothing in any process when the answer is there", async () => {
  for (let turn = 0; turn < rounds; turn += 1) {
    const made = await makeKey(at(turn), owner.session);
    expect(await statuses("/v0/meta/bases", made.key)).toEqual(ok);
    await expectOk(
      call(`${at(turn + 1)}/api/v1/api-keys/${made.id}`, {
        method: "DELETE",
        token: owner.session,
      }),
    );
    expect(await statuses("/v0/meta/bases", made.key)).toEqual([401, 401, 401]);
  }
}, 300_000);
