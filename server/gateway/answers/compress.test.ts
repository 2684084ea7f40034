import { setTimeout as sleep } from "node:timers/promises";
import { brotliDecompressSync, createGunzip, gunzipSync, zstdDecompressSync } from "node:zlib";
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { type HttpEnv, textAnswer } from "#kernel";
import { fakeGateway } from "../testing/fake-world.ts";
import { compress } from "./compress.ts";
import { type Encoding, encodingFor } from "./encoding.ts";

describe("of what a caller takes, the encoding is", () => {
  test.each<[string | null, Encoding | undefined]>([
    [null, undefined],
    ["", undefined],
    ["gzip", "gzip"],
    ["x-gzip", "gzip"],
    ["GZIP", "gzip"],
    ["gzip, deflate, br, zstd", "zstd"],
    ["gzip, deflate, br", "br"],
    ["gzip;q=1.0, br;q=0.5", "gzip"],
    ["gzip;q=0.2, br;q=0.3, zstd;q=0.1", "br"],
    ["br;q=0, gzip", "gzip"],
    ["gzip;q=0", undefined],
    ["gzip;q=0.000", undefined],
    ["*", "zstd"],
    ["*;q=0", undefined],
    ["zstd;q=0, *", "br"],
    ["gzip;q=0.5, *;q=0", "gzip"],
    ["identity", undefined],
    ["identity;q=1, gzip;q=0.5", undefined],
    ["identity;q=0, gzip;q=0.5", "gzip"],
    ["deflate, compress", undefined],
    ["gzipped", undefined],
    ["gzip;q=2", undefined],
    ["gzip;q=-1", undefined],
    ["gzip;q=nan", undefined],
    ["gzip ; q=0.5", "gzip"],
    [",,,", undefined],
    [`${"a,".repeat(10_000)}gzip`, undefined],
  ])("%j: %s", (header, encoding) => {
    expect(encodingFor(header)).toBe(encoding);
  });
});

const unpack: Readonly<Record<Encoding, (bytes: Uint8Array) => Buffer>> = {
  zstd: zstdDecompressSync,
  br: brotliDecompressSync,
  gzip: gunzipSync,
};

test.each<Encoding>(["zstd", "br", "gzip"])("%s loses nothing, short or long", async (encoding) => {
  for (const text of ["x", "é".repeat(5_000), JSON.stringify({ text: "word ".repeat(40_000) })]) {
    const bytes = await compress(text, encoding);
    expect(unpack[encoding](bytes).toString()).toBe(text);
  }
});

/** Routes that answer in the ways in which routes answer. */
function routes(): Hono<HttpEnv> {
  const text = "a line of text\n".repeat(1_000);
  const lines = (): ReadableStream<Uint8Array> =>
    new ReadableStream({
      async start(controller) {
        for (let at = 0; at < 5; at += 1) {
          controller.enqueue(
            new TextEncoder().encode(`{"at":${at},"text":"${"x".repeat(500)}"}\n`),
          );
          await sleep(5);
        }
        controller.close();
      },
    });
  return new Hono<HttpEnv>()
    .get("/long", () => textAnswer(200, text, { "content-type": "text/plain" }))
    .get("/short", () => textAnswer(200, "short", { "content-type": "text/plain" }))
    .get("/picture", () => new Response(text, { headers: { "content-type": "image/png" } }))
    .get("/packed", () =>
      textAnswer(200, text, { "content-type": "text/plain", "content-encoding": "gzip" }),
    )
    .get("/part", () =>
      textAnswer(206, text, {
        "content-type": "text/plain",
        "content-range": "bytes 0-14999/20000",
      }),
    )
    .get("/varied", () => textAnswer(200, text, { "content-type": "text/plain", vary: "cookie" }))
    .get(
      "/lines",
      () => new Response(lines(), { headers: { "content-type": "application/x-ndjson" } }),
    )
    .get(
      "/events",
      () => new Response(lines(), { headers: { "content-type": "text/event-stream" } }),
    )
    .get("/broken", () => {
      let at = 0;
      const body = new ReadableStream<Uint8Array>({
        pull: async (controller) => {
          await sleep(5);
          at += 1;
          if (at > 3) {
            controller.error(new Error("the source broke"));
          } else {
            controller.enqueue(new TextEncoder().encode("x".repeat(2_000)));
          }
        },
      });
      return new Response(body, { headers: { "content-type": "text/csv" } });
    });
}

describe("an answer", () => {
  const gateway = fakeGateway({ mounts: [{ routes: routes() }] });
  const get = (path: string, encoding = "gzip"): Promise<Response> =>
    gateway.fetch(
      new Request(`http://basalt.test${path}`, { headers: { "accept-encoding": encoding } }),
    );

  test.each<Encoding>(["zstd", "br", "gzip"])("goes out in %s and says so", async (encoding) => {
    const answer = await get("/long", encoding);
    expect(answer.headers.get("content-encoding")).toBe(encoding);
    expect(answer.headers.get("vary")).toBe("accept-encoding");
    const text = unpack[encoding](await answer.bytes()).toString();
    expect(text).toBe("a line of text\n".repeat(1_000));
  });

  test.each(["/short", "/picture", "/part", "/events"])("%s goes out as it is", async (path) => {
    expect((await get(path)).headers.get("content-encoding")).toBeNull();
  });

  test("that is compressed already is left alone", async () => {
    const answer = await get("/packed");
    expect(answer.headers.get("content-encoding")).toBe("gzip");
    expect((await answer.bytes()).length).toBe(15_000);
  });

  test("that differs by something else says both", async () => {
    expect((await get("/varied")).headers.get("vary")).toBe("cookie, accept-encoding");
    expect((await get("/varied", "identity")).headers.get("vary")).toBe("cookie, accept-encoding");
  });

  test.each<Encoding>(["zstd", "br", "gzip"])(
    "that is still being made goes out in %s",
    async (encoding) => {
      const answer = await get("/lines", encoding);
      expect(answer.headers.get("content-encoding")).toBe(encoding);
      expect(answer.headers.get("content-length")).toBeNull();
      const lines = unpack[encoding](await answer.bytes())
        .toString()
        .trim()
        .split("\n");
      expect(lines.map((line) => JSON.parse(line).at)).toEqual([0, 1, 2, 3, 4]);
    },
  );

  test("comes line by line, not when all is there", async () => {
    const answer = await get("/lines");
    const gunzip = createGunzip();
    const seen: string[] = [];
    gunzip.on("data", (chunk: Buffer) => seen.push(chunk.toString()));
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    gunzip.write(first?.value);
    await expect.poll(() => seen.join("").length).toBeGreaterThan(10);
    expect(seen.join("")).not.toContain('"at":4');
    await reader?.cancel();
  });

  test("whose source breaks is cut, not ended", async () => {
    await expect((await get("/broken")).text()).rejects.toThrow();
    await expect((await get("/broken", "identity")).text()).rejects.toThrow("the source broke");
  });
});
