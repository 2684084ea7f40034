import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { gunzipSync } from "node:zlib";
import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { call, expectOk, makeBase, type TableJson } from "./api.ts";
import { openJourneyServer, type JourneyServer } from "./journey-server.ts";
import { PhoneClient } from "./phone-client.ts";
import { startServer, type ServerProcess } from "./server-process.ts";

let running: JourneyServer & { close(): Promise<void> };
let server: ServerProcess;
let folder: string;
let base: { readonly id: string; readonly tables: readonly TableJson[] };
let table: TableJson;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-phone-"));
  running = await openJourneyServer();
  ({ server } = running);
  base = await makeBase(running.url, running.owner.session, {
    workspaceId: running.workspaceId,
    name: "Phone",
    tables: [
      {
        name: "Visits",
        fields: [
          { name: "Name", type: "singleLineText" },
          { name: "Note", type: "multilineText" },
        ],
      },
    ],
  });
  table = base.tables[0] as TableJson;
}, 180_000);

afterAll(async () => {
  await server?.end("SIGKILL").catch(() => undefined);
  await running?.close();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const data = (): string => `${server.url}/v0/${base.id}/${table.id}`;

/** Adds records, ten a call; answers their ids. */
async function write(count: number, name: string): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < count; from += 10) {
    const records = Array.from({ length: Math.min(10, count - from) }, (_, at) => ({
      fields: { Name: `${name} ${from + at}`, Note: "a note that is longer than the name" },
    }));
    const made = await expectOk<{ records: { id: string }[] }>(
      call(data(), { body: { records }, token: running.key }),
    );
    ids.push(...made.records.map(({ id }) => id));
  }
  return ids;
}

async function truth(): Promise<Record<string, unknown>> {
  const rows: Record<string, unknown> = {};
  let offset = "";
  do {
    const page = await expectOk<{
      records: { id: string; fields: unknown }[];
      offset?: string;
    }>(call(`${data()}?returnFieldsByFieldId=true${offset}`, { token: running.key }));
    for (const { id, fields } of page.records) {
      rows[id] = fields;
    }
    offset = page.offset === undefined ? "" : `&offset=${encodeURIComponent(page.offset)}`;
  } while (offset !== "");
  return rows;
}

const open = async (name: string): Promise<PhoneClient> =>
  PhoneClient.open({
    url: server.url,
    token: running.key,
    base: base.id,
    tables: [table.id],
    file: path.join(folder, name),
  });

test("a phone copies a table while others write, over cut connections, and ends with what is there", async () => {
  const ids = await write(1_200, "first");
  let phone = await open("busy");
  const writes = { done: false };
  const writer = (async () => {
    for (let round = 0; round < 15; round += 1) {
      await write(10, `round ${round}`);
      const [gone = "", changed = ""] = ids.splice(round, 2);
      await expectOk(call(`${data()}/${gone}`, { method: "DELETE", token: running.key }));
      const body = { fields: { Name: `changed ${round}` } };
      await expectOk(call(`${data()}/${changed}`, { method: "PATCH", body, token: running.key }));
    }
    writes.done = true;
  })();
  let cuts = 0;
  while (!writes.done) {
    // A third of the calls is cut off after some milliseconds, and now and then the phone itself is closed and opened again.
    const cut = phone.counted.calls % 3 === 0;
    await phone.pull(cut ? AbortSignal.timeout(1 + (cuts % 20)) : undefined).catch(() => {
      cuts += 1;
    });
    if (cuts % 5 === 4) {
      phone = await open("busy");
    }
  }
  await writer;
  await phone.catchUp();
  expect(phone.table(table.id)).toEqual(await truth());
});

test("a server that is killed in the middle is found again, and nothing is missing", async () => {
  const phone = await open("killed");
  await phone.pull();
  const written = write(300, "before the kill").catch(() => undefined);
  await server.end("SIGKILL");
  await written;
  server = await startServer({
    dataDir: server.dataDir,
    databaseUrl: running.databaseUrl,
    port: server.port,
  });
  await write(20, "after the kill").catch((error: unknown) => {
    throw new Error(server.lines.join("\n"), { cause: error });
  });
  await phone.catchUp();
  expect(phone.table(table.id)).toEqual(await truth());
});

test("nothing new costs 304, a new field begins anew, and answers are compressed", async () => {
  const phone = await open("idle");
  await phone.catchUp();
  const { notModified } = phone.counted;
  await phone.pull();
  await phone.pull();
  expect(phone.counted.notModified).toBeGreaterThan(notModified);
  await expectOk(
    call(`${server.url}/v0/meta/bases/${base.id}/tables/${table.id}/fields`, {
      body: { name: "More", type: "singleLineText" },
      token: running.key,
    }),
  );
  await phone.catchUp();
  expect(phone.counted.resyncs).toBe(1);
  expect(phone.table(table.id)).toEqual(await truth());

  const { headers, bytes } = await raw(`/bff/mobile/sync?base=${base.id}`);
  expect(headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(bytes).length).toBeGreaterThan(bytes.length * 2);
});

/** As the bytes come over the line: `fetch` unpacks them by itself. */
async function raw(
  target: string,
): Promise<{ headers: Readonly<Record<string, unknown>>; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const asked = request(server.url + target, {
      headers: { authorization: `Bearer ${running.key}`, "accept-encoding": "gzip" },
    });
    asked.on("error", reject);
    asked.on("response", (response) => {
      buffer(response).then((bytes) => resolve({ headers: response.headers, bytes }), reject);
    });
    asked.end();
  });
}
