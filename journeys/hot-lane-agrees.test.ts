import fc from "fast-check";
import { Agent, request } from "node:http";
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../server/kernel/testing/test-database.ts";
import { call, expectOk, makeBase, makeKey, register, type RecordJson } from "./api.ts";
import { type JourneyBase, makeJourneyBase, sampleCells } from "./journey-base.ts";
import { type Asked, requestsAbout } from "./hot-requests.ts";
import { type JourneyServer, openJourneyServer } from "./journey-server.ts";
import { freePort, type ServerProcess, startServer } from "./server-process.ts";

/** Generated requests; `.ci/run` asks for 100,000. */
const CASES = Number(process.env["BASALT_TEST_HOT_CASES"] ?? 3_000);
/** Between two writes; each batch is asked with several requests at once. */
const BATCH = 250;
const AT_ONCE = 16;

/** One server answers what it can from memory, the other one keeps nothing and reads everything anew. */
let hot: JourneyServer & { close(): Promise<void> };
let plain: ServerProcess;
let database: TestDatabase;
let base: JourneyBase;
let foreignBase = "";
let records: string[] = [];
let viewId = "";
const keys = { good: "", readOnly: "", narrow: "", stranger: "" };
const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

beforeAll(async () => {
  database = await createTestDatabase();
  const port = await freePort();
  const env = {
    BASALT_SECRET: "the same secret for both, so that links and offsets are the same",
    BASALT_PUBLIC_URL: `http://127.0.0.1:${port}`,
    BASALT_LIMIT_ANONYMOUS: "none",
    BASALT_REGISTRATION: "open",
    BASALT_PROCESSES: "1",
  };
  hot = await openJourneyServer({ databaseUrl: database.url, port, env });
  plain = await startServer({
    databaseUrl: database.url,
    env: { ...env, BASALT_HOT_CACHE_MB: "0", BASALT_ROLES: "gateway,api" },
  });
  await prepare();
}, 180_000);

afterAll(async () => {
  agent.destroy();
  await plain?.destroy();
  await hot?.close();
  await database?.drop();
}, 60_000);

async function prepare(): Promise<void> {
  const { url, key, workspaceId, owner } = hot;
  base = await makeJourneyBase(url, key, workspaceId);
  const rows = Array.from({ length: 30 }, (_, at) => ({
    fields: { ...sampleCells, Name: `n${at}`, Count: at, Who: { id: owner.id } },
  }));
  const made = call(`${url}/v0/${base.id}/${base.tasks.id}`, {
    token: key,
    headers: { "x-basalt-limits": "extended" },
    body: { records: rows },
  });
  records = (await expectOk<{ records: RecordJson[] }>(made)).records.map(({ id }) => id);
  const file = { contentType: "text/plain", filename: "a.txt", file: btoa("a") };
  const upload = `${url}/v0/${base.id}/${records[0]}/Files/uploadAttachment`;
  await expectOk(call(upload, { token: key, body: file }));
  const views = `${url}/api/v1/bases/${base.id}/tables/${base.tasks.id}/views`;
  const options = {
    filters: {
      conjunction: "and",
      filterSet: [{ fieldId: base.fieldIds["Count"], operator: ">", value: 3 }],
    },
    sort: [{ fieldId: base.fieldIds["Name"], direction: "desc" }],
  };
  const view = call(views, {
    token: owner.session,
    body: { name: "Über 3", type: "grid", options },
  });
  viewId = (await expectOk<{ id: string }>(view)).id;
  const stranger = await register(url, "stranger");
  const strangerKey = await makeKey(url, stranger.session);
  const theirs = await expectOk<{ id: string }>(
    call(`${url}/api/v1/workspaces`, { token: stranger.session, body: { name: "theirs" } }),
  );
  const tables = [{ name: "T", fields: [{ name: "Name", type: "singleLineText" }] }];
  const { id } = await makeBase(url, strangerKey.key, {
    workspaceId: theirs.id,
    name: "theirs",
    tables,
  });
  foreignBase = id;
  keys.good = key;
  keys.stranger = strangerKey.key;
  keys.readOnly = (await makeKey(url, owner.session, { scopes: ["data.records:read"] })).key;
  keys.narrow = (await makeKey(url, owner.session, { scopes: ["schema.bases:read"] })).key;
}

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

function send(url: string, { method, target, headers }: Asked): Promise<Told> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request(
      // The agent would use a connection again that was asked to be closed.
      {
        agent: headers.includes("close") ? false : agent,
        hostname,
        port,
        method,
        path: target,
        headers: [...headers],
        setHost: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes: Buffer.concat(chunks),
          }),
        );
      },
    );
    sent.on("error", (error: Error & { readonly rawPacket?: Buffer }) => {
      const asked = JSON.stringify({ method, target, headers });
      reject(new Error(`${asked}: ${error.message} ${error.rawPacket?.toString("latin1")}`));
    });
    sent.end();
  });
}

/** What must be equal: everything but what is made for one answer, and what names an order that is kept for one caller. */
function essence({ headers: asked }: Asked, told: Told): object {
  const { date: _date, "x-request-id": requestId, ...headers } = told.headers;
  const isKept = asked.some((value) => value === requestId);
  const text = unpacked(told)
    .toString()
    .replace(/"requestId":"req\w{14}"/, '"requestId":"req"');
  const { etag: tag = "" } = headers;
  // Of a page without its body it cannot be told whether it has an offset.
  const hasOffset =
    /"offset":"itr\w{14}\//.test(text) || (text === "" && String(tag).startsWith("W/"));
  const { etag: _etag, "content-length": _length, ...ofPage } = headers;
  return {
    status: told.status,
    requestId: isKept ? requestId : typeof requestId,
    headers: hasOffset ? ofPage : headers,
    text: text.replace(/"offset":"itr\w{14}\//, '"offset":"itr/'),
  };
}

function unpacked({ headers, bytes }: Told): Buffer {
  switch (bytes.length === 0 ? undefined : headers["content-encoding"]) {
    case "gzip":
      return gunzipSync(bytes);
    case "br":
      return brotliDecompressSync(bytes);
    case "zstd":
      return zstdDecompressSync(bytes);
    default:
      return bytes;
  }
}

/** Asked several times, because the first fills memory and the second makes what the third is sent. */
async function agrees(asked: Asked): Promise<void> {
  const [first, second] = [await send(hot.url, asked), await send(hot.url, asked)];
  const [third, real] = [await send(hot.url, asked), await send(plain.url, asked)];
  const wanted = essence(asked, real);
  for (const told of [first, second, third]) {
    if (JSON.stringify(essence(asked, told)) !== JSON.stringify(wanted)) {
      // A minute or a link's ten may have ended in between: what was asked then counts.
      const again = essence(asked, await send(plain.url, asked));
      expect({ asked, ...essence(asked, await send(hot.url, asked)) }).toEqual({ asked, ...again });
    }
  }
  const { etag } = third.headers;
  // The tag of a page with an offset is another each minute.
  const isLasting =
    third.bytes.length === 0
      ? String(etag).startsWith('"')
      : !unpacked(third).includes('"offset":"itr');
  if (
    third.status === 200 &&
    isLasting &&
    typeof etag === "string" &&
    !asked.headers.includes("if-none-match")
  ) {
    const known: Asked = { ...asked, headers: [...asked.headers, "if-none-match", etag] };
    const [ours, theirs] = [await send(hot.url, known), await send(plain.url, known)];
    expect({ asked: known, ...essence(known, ours) }).toEqual({
      asked: known,
      ...essence(known, theirs),
    });
  }
}

/** A write through one of the two, so that both hear of changes in both ways. */
async function writeSomething(turn: number): Promise<void> {
  const { key } = hot;
  const data = `/v0/${base.id}/${base.tasks.id}`;
  const record = records[turn % records.length];
  const writes: readonly (() => Promise<unknown>)[] = [
    () => write(`${data}/${record}`, "PATCH", { fields: { Count: turn, Name: `n${turn}` } }),
    () => write(data, "POST", { fields: { Name: "new", Count: turn } }),
    () => write(`/v0/${base.id}/${base.projects.id}`, "POST", { fields: { Title: `p${turn}` } }),
    () => write(`${data}/${record}/comments`, "POST", { text: "a comment" }),
    () =>
      write(
        `/v0/meta/bases/${base.id}/tables/${base.tasks.id}/fields/${base.fieldIds["Notes"]}`,
        "PATCH",
        {
          name: `Notes ${turn}`,
        },
      ),
  ];
  const [writing] = [writes[turn % writes.length]];
  await writing?.();

  function write(path: string, method: string, body: unknown): Promise<unknown> {
    return expectOk(call(`${hot.url}${path}`, { method, body, token: key }));
  }
}

test(`${CASES} generated requests are answered alike from memory and by reading anew`, async () => {
  const cases = fc.sample(requestsAbout({ base, foreignBase, records, viewId, keys }), {
    numRuns: CASES,
    seed: 4,
  });
  for (let from = 0, turn = 0; from < cases.length; from += BATCH, turn += 1) {
    await writeSomething(turn);
    const batch = cases.slice(from, from + BATCH);
    const lane = async (): Promise<void> => {
      for (let asked = batch.pop(); asked !== undefined; asked = batch.pop()) {
        await agrees(asked);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  }
  const { text } = await call(`${hot.url}/metrics`);
  const counted = (result: string): number =>
    [...text.matchAll(new RegExp(`hot_reads_total\\{[^}]*result="${result}"[^}]*\\} (\\d+)`, "g"))]
      .map(([, count]) => Number(count))
      .reduce((sum, count) => sum + count, 0);
  // It would prove nothing if memory, and the lane in front of it, answered little of it.
  expect(counted("hit")).toBeGreaterThan(CASES / 2);
  const lane = Number(/^gateway_hot_answers(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1]);
  expect(lane).toBeGreaterThan(CASES / 3);
}, 3_600_000);
