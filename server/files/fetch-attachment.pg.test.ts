import { mkdtempSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { openEgress } from "../kernel/egress/open-egress.ts";
import { testWorld } from "../kernel/testing/world.ts";
import { ATTACHMENT_SIZE_MAX_BYTES } from "./attachment.ts";
import { beginFetch, fetchAttachment, FETCH_INLINE_TIMEOUT_MS } from "./fetch-attachment.ts";
import { linkAttachment } from "./link-attachment.ts";
import { readBlob } from "./read-blob.ts";
import { storeAttachment } from "./store-attachment.ts";

const dataDir = mkdtempSync(path.join(tmpdir(), "basalt-fetch-"));
const egress = openEgress({ allow: ["127.0.0.1"] });
const world = testWorld({ config: { dataDir }, egress });

let answer: RequestListener = (_request, response) => void response.end();
const server = createServer((request, response) => answer(request, response));
let origin = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  vi.useRealTimers();
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await egress.close();
  await rm(dataDir, { recursive: true, force: true });
});

function answerWith(
  status: number,
  headers: Record<string, string>,
  body: string | Uint8Array = "",
): void {
  answer = (_request, response) => void response.writeHead(status, headers).end(body);
}

async function textOf(hash: string): Promise<string> {
  return Buffer.concat(await Array.fromAsync(await readBlob(world(), hash))).toString();
}

describe("a fetched attachment", () => {
  it("has the bytes, the type and the name that the URL suggests", async () => {
    answerWith(200, { "content-type": "text/csv; charset=utf-8" }, "a,b\n");
    const attachment = await fetchAttachment(world().system, {
      url: `${origin}/dir/my%20list.csv?x=1`,
    });
    expect(attachment).toMatchObject({ filename: "my list.csv", type: "text/csv", size: 4 });
    expect(await textOf(attachment.hash)).toBe("a,b\n");
  });

  it("takes a name that is given, one from the answer, or one from the type", async () => {
    const url = `${origin}/download?id=1`;
    answerWith(200, { "content-disposition": 'attachment; filename="r.txt"' }, "x");
    expect((await fetchAttachment(world().system, { url, filename: "../mine.txt" })).filename).toBe(
      "mine.txt",
    );
    expect((await fetchAttachment(world().system, { url })).filename).toBe("r.txt");
    answerWith(200, { "content-type": "image/png" }, "x");
    expect((await fetchAttachment(world().system, { url: origin })).filename).toBe("a.png");
  });

  it("is decoded and taken from where redirects lead", async () => {
    answer = (request, response) => {
      if (request.url === "/start") {
        response.writeHead(302, { location: "/end.txt" }).end();
      } else {
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("decoded"));
      }
    };
    const attachment = await fetchAttachment(world().system, { url: `${origin}/start` });
    expect(attachment).toMatchObject({ filename: "end.txt", size: 7 });
  });

  it("is read from the store when the link is our own", async () => {
    const first = await storeAttachment(world().system, {
      bytes: Buffer.from("ours"),
      filename: "ours.txt",
    });
    const { url } = linkAttachment(world().config, world().now(), first);
    const second = await fetchAttachment(world().system, { url });
    expect(second).toEqual({ ...first, id: second.id });
    const forged = `${url.slice(0, -4)}AAAA`;
    await expect(fetchAttachment(world().system, { url: forged })).rejects.toMatchObject({
      code: "files.fetch-failed",
    });
  });
});

describe("a fetch", () => {
  const airtable = { type: "INVALID_ATTACHMENT_OBJECT" };

  it.each([
    "",
    "a.png",
    "data:text/plain,x",
    "file:///etc/passwd",
    "ftp://a.example/x",
    "javascript:1",
    "//a.example/x",
  ])("of %j is refused", async (url) => {
    await expect(fetchAttachment(world().system, { url })).rejects.toMatchObject({
      kind: "invalid",
      code: "files.url-not-allowed",
      details: { airtable },
    });
  });

  it.each([
    "http://127.0.0.2/x",
    "http://[::ffff:169.254.169.254]/latest",
    "http://10.0.0.1/",
    "http://[::1]/",
  ])("of %s is refused", async (url) => {
    await expect(fetchAttachment(world().system, { url })).rejects.toMatchObject({
      kind: "invalid",
      code: "files.address-not-allowed",
      details: { airtable },
    });
  });

  it.each([204, 206, 304, 401, 404, 500])("that is answered with %i fails", async (status) => {
    answerWith(status, {});
    await expect(fetchAttachment(world().system, { url: origin })).rejects.toMatchObject({
      code: "files.fetch-failed",
      details: { airtable },
    });
  });

  it("of too much is refused by the header and by the bytes, and leaves nothing", async () => {
    answer = (_request, response) => {
      response
        .writeHead(200, { "content-length": String(ATTACHMENT_SIZE_MAX_BYTES + 1) })
        .flushHeaders();
    };
    await expect(fetchAttachment(world().system, { url: origin })).rejects.toMatchObject({
      code: "files.too-large",
    });
    const bomb = gzipSync(Buffer.alloc(ATTACHMENT_SIZE_MAX_BYTES + 1), { level: 1 });
    answerWith(200, { "content-encoding": "gzip" }, bomb);
    const fetching = fetchAttachment(world().system, { url: origin }, { timeoutMs: 15_000 });
    await expect(fetching).rejects.toMatchObject({ kind: "too-large", code: "files.too-large" });
    expect(readdirSync(path.join(dataDir, "spool"))).toEqual([]);
  });

  it("that takes too long, breaks off or reaches nobody fails", async () => {
    answer = () => undefined;
    await expect(
      fetchAttachment(world().system, { url: origin }, { timeoutMs: 100 }),
    ).rejects.toMatchObject({
      code: "files.fetch-failed",
    });
    answer = (_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      setTimeout(() => response.destroy(), 20);
    };
    await expect(fetchAttachment(world().system, { url: origin })).rejects.toMatchObject({
      code: "files.fetch-failed",
    });
    await expect(
      fetchAttachment(world().system, { url: "http://127.0.0.1:49998/" }),
    ).rejects.toMatchObject({
      code: "files.fetch-failed",
    });
  });

  it("ends with the caller's request", async () => {
    answer = () => undefined;
    const caller = new AbortController();
    const scope = { ...world().system, signal: caller.signal };
    const fetching = fetchAttachment(scope, { url: origin });
    setTimeout(() => caller.abort(new Error("gone")), 30);
    await expect(fetching).rejects.toThrow("gone");
  });

  it("beyond 32 at a time is refused for now", async () => {
    answer = () => undefined;
    const scope = world().system;
    const many = Array.from({ length: 32 }, () =>
      fetchAttachment(scope, { url: origin }, { timeoutMs: 300 }),
    );
    await expect(fetchAttachment(scope, { url: origin })).rejects.toMatchObject({
      code: "files.too-many-fetches",
    });
    expect((await Promise.allSettled(many)).every(({ status }) => status === "rejected")).toBe(
      true,
    );
    answerWith(200, {}, "x");
    await expect(fetchAttachment(scope, { url: origin })).resolves.toMatchObject({ size: 1 });
  });
});

describe("a fetch that may take longer than the writer waits", () => {
  it("that is quick is stored", async () => {
    answerWith(200, {}, "quick");
    const outcome = await beginFetch(world().system, { url: `${origin}/q.txt` });
    expect(outcome).toMatchObject({ kind: "stored", attachment: { filename: "q.txt", size: 5 } });
  });

  it("that is refused throws", async () => {
    await expect(beginFetch(world().system, { url: "data:," })).rejects.toMatchObject({
      code: "files.url-not-allowed",
    });
  });

  it.each([
    ["ends with the attachment that was promised", 200],
    ["ends silently where it fails", 404],
  ])("that is slow %s", async (_what, status) => {
    const asked = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    answer = (_request, response) => {
      asked.resolve();
      void release.promise.then(() => response.writeHead(status).end("slow"));
    };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const caller = new AbortController();
    const beginning = beginFetch(
      { ...world().system, signal: caller.signal },
      { url: `${origin}/slow.txt` },
    );
    await asked.promise;
    await vi.advanceTimersByTimeAsync(FETCH_INLINE_TIMEOUT_MS);
    const outcome = await beginning;
    vi.useRealTimers();
    caller.abort();
    release.resolve();
    if (outcome.kind !== "later") {
      throw new Error("the fetch was not slow");
    }
    expect(outcome.pending).toMatchObject({ url: `${origin}/slow.txt`, filename: "slow.txt" });
    const finished = await outcome.finished;
    expect(finished?.id).toBe(status === 200 ? outcome.pending.id : undefined);
  });
});
