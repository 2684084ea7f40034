import type { RequestListener, ServerResponse } from "node:http";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { open, problemOf, send, serve } from "./loopback.ts";

describe("a body", () => {
  function serveBody(
    body: Uint8Array | string,
    headers: Record<string, string>,
  ): ReturnType<typeof serve> {
    return serve((_request, response) => response.writeHead(200, headers).end(body));
  }

  it("is decoded from gzip, deflate, brotli and two layers", async () => {
    const text = "café ".repeat(1_000);
    for (const [encoding, bytes] of [
      ["gzip", gzipSync(text)],
      ["deflate", deflateSync(text)],
      ["br", brotliCompressSync(text)],
      ["br, gzip", gzipSync(brotliCompressSync(text))],
      ["identity", Buffer.from(text)],
    ] as const) {
      const server = await serveBody(bytes, { "content-encoding": encoding });
      expect(await (await send(open({ allow: ["127.0.0.1"] }), server.url)).text()).toBe(text);
    }
  });

  it("larger than the limit fails by its header, by counting, and after decoding", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    const chunked: RequestListener = (_request, response) => {
      response.write(Buffer.alloc(600));
      response.end(Buffer.alloc(600));
    };
    const servers = [
      await serveBody(Buffer.alloc(1_001), {}),
      await serve(chunked),
      await serveBody(bomb, { "content-encoding": "gzip", "transfer-encoding": "chunked" }),
      await serveBody(gzipSync(bomb), {
        "content-encoding": "gzip, gzip",
        "transfer-encoding": "chunked",
      }),
    ];
    for (const { url } of servers) {
      const problem = await problemOf(
        send(open({ allow: ["127.0.0.1"] }), url, { bodySizeMaxBytes: 1_000 }).then((answer) =>
          answer.bytes(),
        ),
      );
      expect(problem).toMatchObject({ kind: "too-large", code: "kernel.egress-too-large" });
    }
  });

  it("of exactly the limit passes", async () => {
    const server = await serveBody(Buffer.alloc(1_000), {});
    const answer = await send(open({ allow: ["127.0.0.1"] }), server.url, {
      bodySizeMaxBytes: 1_000,
    });
    expect((await answer.bytes()).byteLength).toBe(1_000);
  });

  it("without an end stops at the limit and closes the connection", async () => {
    const closed: Promise<void>[] = [];
    const server = await serve((_request, response) => {
      closed.push(new Promise((resolve) => response.on("close", resolve)));
      pour(response);
    });
    const answer = await send(open({ allow: ["127.0.0.1"] }), server.url);
    expect((await problemOf(answer.bytes())).code).toBe("kernel.egress-too-large");
    await closed[0];
  });

  it("that drips, and headers that never come, end with the request's own time", async () => {
    const drip = await serve((_request, response) => {
      const timer = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(timer));
    });
    const silent = await serve(() => undefined);
    const egress = open({ allow: ["127.0.0.1"] });
    const answer = await send(egress, drip.url, { timeoutMs: 200 });
    expect(await problemOf(answer.bytes())).toMatchObject({
      kind: "unavailable",
      code: "kernel.egress-timeout",
    });
    expect((await problemOf(send(egress, silent.url, { timeoutMs: 100 }))).code).toBe(
      "kernel.egress-timeout",
    );
  });

  it("that is broken, cut off or strangely encoded fails plainly", async () => {
    const cut = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      setTimeout(() => response.destroy(), 20);
    });
    const servers = [
      await serveBody("not gzip", { "content-encoding": "gzip" }),
      await serveBody(gzipSync("text").subarray(0, 12), { "content-encoding": "gzip" }),
      await serveBody("text", { "content-encoding": "sdch" }),
      await serveBody("text", { "content-encoding": "gzip, gzip, gzip" }),
      cut,
    ];
    for (const { url } of servers) {
      const problem = await problemOf(
        send(open({ allow: ["127.0.0.1"] }), url).then((answer) => answer.bytes()),
      );
      expect(problem).toMatchObject({ kind: "unavailable", code: "kernel.egress-failed" });
    }
  });

  it("in single bytes is put together, up to a number of pieces", async () => {
    const crumbs = (count: number): Promise<{ url: string }> =>
      serve((_request, response) => {
        response.writeHead(200, { "transfer-encoding": "chunked" }).flushHeaders();
        response.socket?.end(`${"1\r\nx\r\n".repeat(count)}0\r\n\r\n`);
      });
    const egress = open({ allow: ["127.0.0.1"] });
    const few = await send(egress, (await crumbs(5_000)).url);
    expect(await few.text()).toBe("x".repeat(5_000));
    const many = await send(egress, (await crumbs(250_000)).url);
    expect((await problemOf(many.bytes())).code).toBe("kernel.egress-failed");
  });

  it("is not waited for after HEAD", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "999999999", "content-encoding": "gzip" }).end();
    });
    const answer = await send(open({ allow: ["127.0.0.1"] }), server.url, { method: "HEAD" });
    expect(answer.headers["content-length"]).toBe("999999999");
    expect((await answer.bytes()).byteLength).toBe(0);
  });
});

function pour(response: ServerResponse): void {
  const chunk = Buffer.alloc(65_536);
  const more = (): void => {
    while (!response.destroyed && response.write(chunk)) {
      // The socket takes more.
    }
  };
  response.on("drain", more);
  more();
}
