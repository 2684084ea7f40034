import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { createServer as createTcpServer, connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { generate } from "selfsigned";
import { WebSocket, WebSocketServer } from "ws";
import {
  type RoutedGateway,
  routedGateway,
  type ToyUpstream,
  toyUpstream,
} from "./testing/toy-upstream.ts";

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) {
    await one.close();
  }
});

async function toy(...given: Parameters<typeof toyUpstream>): Promise<ToyUpstream> {
  const upstream = await toyUpstream(...given);
  opened.push(upstream);
  return upstream;
}

async function gatewayTo(url: string, more = "", route = ""): Promise<RoutedGateway> {
  const gateway = await routedGateway(`
upstreams: { old: { url: "${url}", ${more} } }
routes: [{ name: things, path: /things, upstream: old, webSocket: true, ${route} }]
`);
  opened.push(gateway);
  return gateway;
}

const MEGABYTE = Buffer.alloc(1_048_576, 0x61);
/** What may be on the way at once, buffers of the system included; a body that were kept would be all of it. */
const KEPT_MAX_MB = 40;

describe("bodies stream", () => {
  test("100 MB down, to a reader who is slow at first, are not kept", async () => {
    let sent = 0;
    const old = await toy("old", (_message, response) => {
      const body = Readable.from(
        (function* megabytes() {
          for (let turn = 0; turn < 100; turn += 1) {
            sent += 1;
            yield MEGABYTE;
          }
        })(),
      );
      body.pipe(response);
    });
    const { url } = await gatewayTo(old.url);
    const answer = await fetch(`${url}/things`);
    await sleep(300);
    expect(sent).toBeLessThan(40);
    let bytes = 0;
    let most = 0;
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length;
      most = Math.max(most, sent - bytes / MEGABYTE.length);
    }
    expect(bytes).toBe(100 * MEGABYTE.length);
    expect(most).toBeLessThan(KEPT_MAX_MB);
  });

  test("100 MB up, to an upstream that is slow at first, are not kept", async () => {
    let received = 0;
    const old = await toy("old", (message, response) => {
      setTimeout(() => {
        message.on("data", (chunk: Buffer) => (received += chunk.length));
        message.on("end", () => response.end(String(received)));
      }, 300);
    });
    const { url } = await gatewayTo(old.url);
    let given = 0;
    let most = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        most = Math.max(most, given - received / MEGABYTE.length);
        given += 1;
        if (given > 100) {
          controller.close();
        } else {
          controller.enqueue(MEGABYTE);
        }
      },
    });
    const init: RequestInit & { duplex: "half" } = { method: "POST", body, duplex: "half" };
    const answering = fetch(`${url}/things`, init);
    await sleep(200);
    expect(given).toBeLessThan(40);
    expect(await (await answering).text()).toBe(String(100 * MEGABYTE.length));
    expect(most).toBeLessThan(KEPT_MAX_MB);
  });

  test("an upload that the caller breaks off reaches no end at the upstream", async () => {
    let ending = "";
    const old = await toy("old", (message) => {
      message.resume();
      message.once("end", () => (ending = "end"));
      message.once("error", () => (ending = "error"));
    });
    const { port } = await gatewayTo(old.url);
    const socket = connect(port, "127.0.0.1");
    socket.write("POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf");
    await expect.poll(() => old.seen.length).toBe(1);
    socket.destroy();
    await expect.poll(() => ending).toBe("error");
  });

  test("events come as they are sent, and a caller who leaves ends them", async () => {
    let isOpen = false;
    const old = await toy("old", (message, response) => {
      isOpen = true;
      response.writeHead(200, { "content-type": "text/event-stream" });
      let number = 0;
      const timer = setInterval(() => response.write(`data: ${(number += 1)}\n\n`), 20);
      message.socket.once("close", () => {
        clearInterval(timer);
        isOpen = false;
      });
    });
    const { url } = await gatewayTo(old.url, "timeouts: { idleMs: 100, streamIdleMs: 1000 }");
    const leave = new AbortController();
    const answer = await fetch(`${url}/things`, { signal: leave.signal });
    let text = "";
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes("data: 3")) {
        break;
      }
    }
    leave.abort();
    await expect.poll(() => isOpen).toBe(false);
  });

  test("an event stream may be silent for longer than a body, and not for ever", async () => {
    const old = await toy("old", (message, response) => {
      const type = message.url === "/things/events" ? "text/event-stream" : "text/plain";
      response.writeHead(200, { "content-type": type });
      response.write("one");
      setTimeout(() => response.write("two"), 250);
    });
    const { url } = await gatewayTo(old.url, "timeouts: { idleMs: 100, streamIdleMs: 500 }");
    const read = async (target: string): Promise<string> => {
      let text = "";
      try {
        for await (const chunk of (await fetch(url + target)).body ?? []) {
          text += Buffer.from(chunk).toString();
        }
      } catch {
        text += " cut";
      }
      return text;
    };
    expect(await read("/things/other")).toBe("one cut");
    expect(await read("/things/events")).toBe("onetwo cut");
  });
});

test("HTTP/2 over TLS: bodies without a length, answers, and who forwarded them", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "basalt-upstream-tls-"));
  const made = await generate([{ name: "commonName", value: "localhost" }], { keySize: 2048 });
  const files = { certFile: path.join(folder, "cert"), keyFile: path.join(folder, "key") };
  await writeFile(files.certFile, made.cert);
  await writeFile(files.keyFile, made.private);
  const old = await toy("old", (message, response) => {
    let body = "";
    message.on("data", (chunk) => (body += String(chunk)));
    message.on("end", () => {
      response.end(`${message.method} ${body} ${JSON.stringify(message.headers)}`);
    });
  });
  const gateway = await routedGateway(
    `{ upstreams: { old: { url: "${old.url}" } }, routes: [{ name: a, path: /things, upstream: old }] }`,
    { config: { tls: files } },
  );
  opened.push(gateway);
  const session = connectHttp2(gateway.url, { rejectUnauthorized: false });
  const stream = session.request({ ":method": "POST", ":path": "/things", "x-a": "b" });
  stream.end("hello");
  let text = "";
  for await (const chunk of stream) {
    text += String(chunk);
  }
  session.destroy();
  expect(text).toMatch(/^POST hello /);
  expect(JSON.parse(text.slice(11))).toMatchObject({
    "x-a": "b",
    "x-forwarded-proto": "https",
    "x-forwarded-host": gateway.url.slice(8),
    host: old.url.slice(7),
  });
  await rm(folder, { recursive: true });
});

describe("WebSockets", () => {
  async function echoServer(): Promise<ToyUpstream> {
    const upstream = await toy("sockets");
    const sockets = new WebSocketServer({ server: upstream.server, handleProtocols: () => "chat" });
    sockets.on("connection", (socket, message) => {
      socket.send(`hello ${message.url} ${String(message.headers["x-forwarded-for"])}`);
      socket.on("message", (data) => socket.send(data));
    });
    return upstream;
  }

  test("pass, both ways, with their protocol, large messages and their close", async () => {
    const { url } = await echoServer();
    const gateway = await gatewayTo(url);
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/things/live?a=1`, ["chat"]);
    const [first] = (await once(socket, "message")) as [Buffer];
    expect(String(first)).toBe("hello /things/live?a=1 127.0.0.1");
    expect(socket.protocol).toBe("chat");
    for (const text of ["small", "x".repeat(5_000_000)]) {
      socket.send(text);
      const [echo] = (await once(socket, "message")) as [Buffer];
      expect(echo).toHaveLength(text.length);
    }
    expect(gateway.upstreams.tunnels.size).toBe(1);
    socket.close(4_001, "bye");
    const [code] = (await once(socket, "close")) as [number];
    expect(code).toBe(4_001);
    await expect.poll(() => gateway.upstreams.tunnels.size).toBe(0);
  });

  test("end when the gateway stops, and when nothing moves for too long", async () => {
    const { url } = await echoServer();
    const quiet = await gatewayTo(url, "timeouts: { streamIdleMs: 200 }");
    const silent = new WebSocket(`${quiet.url.replace("http", "ws")}/things`, ["chat"]);
    await once(silent, "close");
    const gateway = await gatewayTo(url);
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/things`, ["chat"]);
    await once(socket, "open");
    const closed = once(socket, "close");
    await gateway.gateway.close();
    await closed;
  });

  test("that the upstream declines get its answer", async () => {
    const old = await toy("old", (_message, response) => response.writeHead(403).end("not you"));
    const gateway = await gatewayTo(old.url);
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/things`);
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).toContain("403");
  });

  test("to an upstream that is gone get 502, and where the route wants a sign-in 401", async () => {
    const status = async (route: string): Promise<string> => {
      const gateway = await gatewayTo("http://127.0.0.1:1", "", route);
      const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/things`);
      const [error] = (await once(socket, "error")) as [Error];
      return error.message;
    };
    expect(await status("")).toContain("502");
    expect(await status("auth: required")).toContain("401");
  });

  test("on a route that takes none the request is an ordinary one", async () => {
    const old = await toy("old");
    const gateway = await routedGateway(
      `{ upstreams: { old: { url: "${old.url}" } }, routes: [{ name: a, path: /things, upstream: old }] }`,
    );
    opened.push(gateway);
    const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/things`);
    const [error] = (await once(socket, "error")) as [Error];
    expect(error.message).toContain("200");
    expect(old.seen[0]?.headers.upgrade).toBeUndefined();
  });

  test("one side may end before the other", async () => {
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.on("error", () => undefined);
      socket.once("data", () => {
        socket.write(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        );
        socket.once("end", () => socket.end("last words"));
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const gateway = await gatewayTo(`http://127.0.0.1:${port}`);
    const socket = connect({ port: gateway.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.setEncoding("latin1");
    let text = "";
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("\r\n\r\n") && !socket.writableEnded) {
        socket.end("I am done");
      }
    });
    socket.write(
      "GET /things HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
    await once(socket, "end");
    expect(text).toContain("last words");
    server.close();
  });
});
