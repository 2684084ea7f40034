import { once } from "node:events";
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openSockets, type Sockets } from "./listening-sockets.ts";

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

async function open(host: string, port: number, count: number): Promise<Sockets> {
  const sockets = await openSockets({ host, port }, count);
  closers.push(() => sockets.each.forEach((socket) => socket.close()));
  return sockets;
}

test("a socket for each child on one port", async () => {
  const { port, each } = await open("127.0.0.1", 0, 3);
  expect(port).toBeGreaterThan(0);
  expect(each).toHaveLength(3);
  expect(new Set(each).size).toBe(process.platform === "linux" ? 3 : 1);
});

test("host names are looked up", async () => {
  expect((await open("localhost", 0, 1)).port).toBeGreaterThan(0);
});

test("a port that another program has, shared or not, is refused in words", async () => {
  const server = createServer().listen({
    host: "127.0.0.1",
    port: 0,
    reusePort: process.platform === "linux",
  });
  await once(server, "listening");
  closers.push(() => server.close());
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  await expect(open("127.0.0.1", port, 2)).rejects.toMatchObject({
    code: "gateway.port-taken",
    message: `Port ${port} on 127.0.0.1 is taken by another program: stop it, or set BASALT_PORT.`,
  });
});

test("an address that this machine does not have is refused in words", async () => {
  await expect(open("192.0.2.1", 0, 2)).rejects.toMatchObject({
    code: "gateway.address-not-available",
  });
});
