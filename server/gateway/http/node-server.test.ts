import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { type HttpEnv, readBytes } from "#kernel";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeGateway } from "../testing/fake-world.ts";
import { rawRequest } from "../testing/raw-request.ts";

const gateway = fakeGateway();
let port = 0;
beforeAll(async () => {
  ({ port } = await gateway.listen());
});
afterAll(() => gateway.close());

const at = (path: string): string => `http://127.0.0.1:${port}${path}`;

describe("a request that could be read in two ways", () => {
  test.each([
    ["two hosts", "GET /v0/plain HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n", 400],
    ["the same host twice", "GET /v0/plain HTTP/1.1\r\nHost: a.test\r\nhost: a.test\r\n\r\n", 400],
    ["no host", "GET /v0/plain HTTP/1.1\r\n\r\n", 400],
    ["a host that is none", "GET /v0/plain HTTP/1.1\r\nHost: a.test/evil?\r\n\r\n", 400],
    [
      "a whole URL as target",
      "GET http://evil.test/v0/plain HTTP/1.1\r\nHost: a.test\r\n\r\n",
      400,
    ],
    ["a star", "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n", 400],
    [
      "length and chunks",
      "POST /v0/echo HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    [
      "two lengths",
      "POST /v0/echo HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
      400,
    ],
    ["bare line feeds", "GET /v0/plain HTTP/1.1\nHost: a.test\n\n", 400],
    ["no HTTP", "hello there\r\n\r\n", 400],
  ])("%s: refused", async (_name, text, status) => {
    const answer = await rawRequest(port, text);
    expect(answer.status).toBe(status);
    expect(answer.headers["x-request-id"]).toMatch(/^req/);
    expect(answer.headers["connection"]).toBe("close");
    expect(() => JSON.parse(answer.body)).not.toThrow();
  });
});

describe("limits", () => {
  test.each([
    [16_000, 404],
    [16_001, 414],
  ])("a target of %i characters is answered %i", async (length, status) => {
    const answer = await rawRequest(
      port,
      `GET /${"a".repeat(length - 1)} HTTP/1.1\r\nHost: a.test\r\n\r\n`,
    );
    expect(answer.status).toBe(status);
    expect(answer.headers["x-request-id"]).toMatch(/^req/);
  });

  test("32 KiB of headers are too many", async () => {
    const answer = await rawRequest(
      port,
      `GET /v0/plain HTTP/1.1\r\nHost: a.test\r\nx-long: ${"a".repeat(33_000)}\r\n\r\n`,
    );
    expect(answer.status).toBe(431);
    expect(answer.headers["x-request-id"]).toMatch(/^req/);
  });

  test.each([
    [2 * 1_024 * 1_024, 200],
    [2 * 1_024 * 1_024 + 1, 413],
    [10 * 1_024 * 1_024, 413],
  ])("a body of %i bytes is answered %i, with a length and in chunks", async (size, status) => {
    const body = `{"a":"${"x".repeat(size - 8)}"}`;
    const headers = { "content-type": "application/json" };
    const whole = await fetch(at("/v0/echo"), { method: "POST", headers, body });
    expect(whole.status).toBe(status);
    const init: RequestInit & { duplex: "half" } = {
      method: "POST",
      headers,
      body: new Blob([body]).stream(),
      duplex: "half",
    };
    const chunked = await fetch(at("/v0/echo"), init);
    expect(chunked.status).toBe(status);
    if (status === 413) {
      expect(await whole.json()).toEqual({
        error: { type: "REQUEST_TOO_LARGE", message: "Request body is too large" },
      });
    }
  });

  test("a header called __proto__ is a header like any other", async () => {
    const answer = await rawRequest(
      port,
      'GET /v0/plain HTTP/1.1\r\nHost: a.test\r\n__proto__: {"a":1}\r\nconstructor: x\r\n\r\n',
    );
    expect(answer.status).toBe(200);
    expect(Object.prototype).not.toHaveProperty("a");
  });
});

describe("answers on the wire", () => {
  test("carry their length, and HEAD has it without the body", async () => {
    const got = await fetch(at("/v0/tables/Caf%C3%A9"), {
      headers: { "accept-encoding": "identity" },
    });
    expect(got.headers.get("content-length")).toBe("16");
    expect(await got.json()).toEqual({ name: "Café" });
    const head = await rawRequest(
      port,
      "HEAD /v0/tables/Caf%C3%A9 HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n",
      true,
    );
    expect(head).toMatchObject({ status: 200, body: "" });
    expect(head.headers["content-length"]).toBe("16");
  });

  test("of streams arrive", async () => {
    expect(await (await fetch(at("/api/v1/stream"))).text()).toBe("data: one\n\n");
  });

  test("of many requests on one connection come in order", async () => {
    const one = "GET /v0/tables/a HTTP/1.1\r\nHost: a.test\r\n\r\n";
    const last = "GET /v0/tables/b HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";
    const socket = connect({ host: "127.0.0.1", port });
    socket.setEncoding("utf8");
    socket.write(one + one + last);
    const received = (await Array.fromAsync(socket)).join("");
    expect(received.match(/\{"name":"[ab]"\}/g)).toEqual([
      '{"name":"a"}',
      '{"name":"a"}',
      '{"name":"b"}',
    ]);
  });

  test("an Expect that nobody knows is ignored", async () => {
    const answer = await rawRequest(
      port,
      "GET /v0/plain HTTP/1.1\r\nHost: a.test\r\nExpect: wonders\r\n\r\n",
    );
    expect(answer.status).toBe(200);
  });
});

test("under /v0 even what is no request is refused in Airtable's shape", async () => {
  const answer = await rawRequest(port, "GET /v0/x HTTP/1.1\r\nHost: a.test\r\nbad header\r\n\r\n");
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.body)).toEqual({
    error: { type: "INVALID_REQUEST_UNKNOWN", message: "Bad Request" },
  });
});

describe("bodies", () => {
  test("can be read as a Request's, also after the gateway has read them", async () => {
    const routes = new Hono<HttpEnv>();
    routes.post("/text", async (c) => c.text(await c.req.text()));
    routes.post("/form", async (c) => c.json([...(await c.req.formData()).entries()]));
    routes.post("/twice", async (c) => {
      await readBytes(c.req.raw, 100);
      return c.text(await c.req.raw.text());
    });
    const other = fakeGateway({ mounts: [{ routes }] });
    const { url } = await other.listen();
    const post = async (path: string, body: BodyInit): Promise<string> =>
      (await fetch(`${url}${path}`, { method: "POST", body })).text();
    expect(await post("/text", "héllo")).toBe("héllo");
    expect(await post("/text", "")).toBe("");
    expect(await post("/form", new URLSearchParams({ a: "1" }))).toBe('[["a","1"]]');
    expect(await post("/twice", "again")).toBe("again");
    await other.close();
  });
});

describe("the caller's address", () => {
  test("does not come from a header of a stranger", async () => {
    const answer = await fetch(at("/v0/address"), {
      headers: { "x-forwarded-for": "203.0.113.9" },
    });
    expect(await answer.json()).toEqual({ address: "127.0.0.1" });
  });

  test("comes from the header of a trusted proxy", async () => {
    const behind = fakeGateway({ config: { trustedProxies: ["127.0.0.0/8", "10.0.0.0/8"] } });
    const { url } = await behind.listen();
    const answer = await fetch(`${url}/v0/address`, {
      headers: { "x-forwarded-for": "198.51.100.1, 203.0.113.9, 10.1.2.3" },
    });
    expect(await answer.json()).toEqual({ address: "203.0.113.9" });
    await behind.close();
  });
});

describe("stopping", () => {
  test("lets what runs finish and takes nothing new", async () => {
    const stopping = fakeGateway();
    const { url } = await stopping.listen();
    // A connection that stays open and idle.
    await (await fetch(`${url}/v0/plain`)).text();
    const running = fetch(`${url}/v0/slow?ms=300`);
    await sleep(50);
    const closed = stopping.close();
    await sleep(20);
    const ready = await stopping.fetch(new Request("http://basalt.test/ready"));
    expect(ready.status).toBe(503);
    await expect(fetch(`${url}/v0/plain`)).rejects.toThrow();
    const answer = await running;
    expect(await answer.json()).toEqual({ slow: true, aborted: false });
    expect(answer.headers.get("connection")).toBe("close");
    await closed;
    await stopping.close();
  });
});

describe("the port", () => {
  test("that is taken is named", async () => {
    const second = fakeGateway({ config: { port } });
    await expect(second.listen()).rejects.toMatchObject({
      code: "gateway.port-taken",
      message: `Port ${port} on 127.0.0.1 is taken by another program: stop it, or set BASALT_PORT.`,
    });
  });

  test("of an address that this machine has not is refused", async () => {
    const other = fakeGateway({ config: { host: "192.0.2.77" } });
    await expect(other.listen()).rejects.toMatchObject({ code: "gateway.address-not-available" });
  });
});

describe("a caller who leaves", () => {
  test("aborts the request", async () => {
    const before = gateway.lines.length;
    const leaving = new AbortController();
    const call = fetch(at("/v0/slow?ms=200"), { signal: leaving.signal });
    await sleep(50);
    leaving.abort();
    await expect(call).rejects.toThrow();
    await expect
      .poll(() => gateway.lines.slice(before).find(({ message }) => message === "request"))
      .toMatchObject({
        status: 499,
        endpoint: "/v0/slow",
      });
  });
});
