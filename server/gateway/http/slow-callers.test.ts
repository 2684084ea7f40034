import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { fakeGateway, type FakeGateway, type FakeOptions } from "../testing/fake-world.ts";
import { BodyBudget } from "./body-budget.ts";

const opened: FakeGateway[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  sockets.splice(0).forEach((socket) => socket.destroy());
  await Promise.all(opened.splice(0).map((gateway) => gateway.close()));
});

/** A gateway with very little patience. */
async function impatient(
  options: FakeOptions = {},
): Promise<{ gateway: FakeGateway; port: number }> {
  const gateway = fakeGateway({
    patience: { headersMs: 300, checkEveryMs: 50, slowMaxMs: 300, lookEveryMs: 50 },
    ...options,
  });
  opened.push(gateway);
  const { port } = await gateway.listen();
  return { gateway, port };
}

interface Talk {
  readonly socket: Socket;
  /** Everything that was said until the server closed. */
  readonly ended: Promise<string>;
}

function talk(port: number, text: string): Talk {
  const socket = connect({ host: "127.0.0.1", port });
  sockets.push(socket);
  let received = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    received += chunk;
  });
  socket.on("error", () => undefined);
  socket.write(text);
  return { socket, ended: new Promise((resolve) => socket.on("close", () => resolve(received))) };
}

const head = (length: number): string =>
  `POST /v0/echo HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

const requestLine = (gateway: FakeGateway) =>
  gateway.lines.find(({ message }) => message === "request");

describe("a caller who is slow on purpose", () => {
  test("and never ends the headers is cut off", async () => {
    const { port } = await impatient();
    const { socket, ended } = talk(port, "GET /v0/plain HTTP/1.1\r\nHost: a.test\r\n");
    const drip = setInterval(() => socket.write("x-more: 1\r\n"), 20);
    const answer = await ended;
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain("gateway.request-too-slow");
  });

  test("and sends the body a byte at a time is cut off", async () => {
    const { gateway, port } = await impatient();
    const { socket, ended } = talk(port, head(10_000));
    const drip = setInterval(() => socket.write(" "), 20);
    const answer = await ended;
    clearInterval(drip);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    await expect.poll(() => requestLine(gateway)).toMatchObject({ status: 408 });
  });

  test("and stops in the middle of a chunk is cut off", async () => {
    const { port } = await impatient();
    const chunked =
      "POST /v0/echo HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n{";
    expect(await talk(port, chunked).ended).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("keeps no slot from others while the body is on its way", async () => {
    const { port } = await impatient({
      config: { requestsMax: 2, databasePoolMax: 1 },
      patience: { slowMaxMs: 30_000 },
    });
    const slow = Array.from({ length: 10 }, () => talk(port, `${head(20)}{"a":`));
    await sleep(100);
    const answer = await fetch(`http://127.0.0.1:${port}/v0/plain`);
    expect(answer.status).toBe(200);
    for (const { socket } of slow) {
      socket.write('"slow but there"}'.slice(0, 15));
    }
    slow.forEach(({ socket }) => socket.end());
  });

  test("but sends enough is waited for", async () => {
    const { port } = await impatient();
    const body = JSON.stringify({ a: "x".repeat(3_000) });
    const { socket, ended } = talk(port, head(body.length));
    for (let at = 0; at < body.length; at += 100) {
      socket.write(body.slice(at, at + 100));
      await sleep(20);
    }
    socket.end();
    expect(await ended).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("an upload that is broken off", () => {
  test("ends its request, and the next caller notices nothing", async () => {
    const { gateway, port } = await impatient();
    const { socket } = talk(port, `${head(100_000)}{"a":"`);
    await sleep(50);
    socket.destroy();
    await expect
      .poll(() => requestLine(gateway))
      .toMatchObject({ status: 499, endpoint: "/v0/echo" });
    expect((await fetch(`http://127.0.0.1:${port}/v0/plain`)).status).toBe(200);
    expect(gateway.lines.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("by a hundred callers at once leaves nothing running", async () => {
    const { gateway, port } = await impatient();
    const talks = Array.from({ length: 100 }, () => talk(port, `${head(100_000)}{"a":"`));
    await sleep(100);
    talks.forEach(({ socket }) => socket.destroy());
    await expect
      .poll(async () => {
        const metrics = await gateway.fetch(new Request("http://basalt.test/metrics"));
        return /^gateway_slots\{state="running"\} (\d+)$/m.exec(await metrics.text())?.[1];
      })
      .toBe("0");
  });
});

test("bodies together have a bound", () => {
  const bodies = new BodyBudget(1_000);
  bodies.hold(600);
  expect(() => bodies.hold(401)).toThrow(
    expect.objectContaining({ code: "gateway.too-many-bodies", kind: "unavailable" }),
  );
  bodies.release(600);
  bodies.hold(1_000);
  expect(bodies.heldBytes).toBe(1_000);
});
