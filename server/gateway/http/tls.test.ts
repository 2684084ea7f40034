import { once } from "node:events";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { request as httpsRequest } from "node:https";
import { type ClientHttp2Session, connect as connectHttp2, constants } from "node:http2";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { generate } from "selfsigned";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { fakeGateway, type FakeGateway, type FakeOptions } from "../testing/fake-world.ts";

let folder = "";
const opened: FakeGateway[] = [];
const sessions: ClientHttp2Session[] = [];
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-tls-"));
});
afterEach(async () => {
  sessions.splice(0).forEach((session) => session.destroy());
  await Promise.all(opened.splice(0).map((gateway) => gateway.close()));
});
afterAll(() => rm(folder, { recursive: true }));

const files = () => ({
  certFile: path.join(folder, "cert.pem"),
  keyFile: path.join(folder, "key.pem"),
});

async function makeCertificate(name: string): Promise<{ cert: string; private: string }> {
  const made = await generate([{ name: "commonName", value: name }], { keySize: 2048 });
  return { cert: made.cert, private: made.private };
}

async function putCertificate(name: string): Promise<void> {
  const made = await makeCertificate(name);
  const { certFile, keyFile } = files();
  await writeFile(`${keyFile}.new`, made.private);
  await writeFile(`${certFile}.new`, made.cert);
  await rename(`${keyFile}.new`, keyFile);
  await rename(`${certFile}.new`, certFile);
}

/** In one step, as whoever renews certificates does. */
async function putFile(text: string): Promise<void> {
  const { certFile } = files();
  await writeFile(`${certFile}.new`, text);
  await rename(`${certFile}.new`, certFile);
}

async function open(
  options: FakeOptions = {},
): Promise<{ gateway: FakeGateway; port: number; url: string }> {
  const gateway = fakeGateway({
    patience: { certificateLookMs: 30, headersMs: 300, checkEveryMs: 50 },
    ...options,
    config: { tls: files(), ...options.config },
  });
  opened.push(gateway);
  return { gateway, ...(await gateway.listen()) };
}

interface Got {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** One request by HTTP/1.1. */
function get(port: number, target: string, options: object = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      {
        host: "127.0.0.1",
        port,
        path: target,
        rejectUnauthorized: false,
        agent: false,
        ...options,
      },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    request.on("error", reject);
    request.end();
  });
}

function openSession(port: number): ClientHttp2Session {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  session.on("error", () => undefined);
  sessions.push(session);
  return session;
}

/** One request by HTTP/2. */
async function ask(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body?: string,
): Promise<Got> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) {
    stream.end(body);
  }
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    text += chunk;
  });
  const ended = once(stream, "close");
  const [answered] = (await once(stream, "response")) as [Record<string, unknown>];
  await ended;
  return { status: Number(answered[":status"]), headers: answered, body: text };
}

function handshake(port: number, options: object = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
    socket.once("secureConnect", () => resolve(socket));
    socket.once("error", reject);
  });
}

const nameOn = (socket: TLSSocket): unknown => socket.getPeerCertificate().subject.CN;

describe("with a certificate", () => {
  beforeAll(() => putCertificate("one.test"));

  test("requests by HTTP/1.1 are answered, and browsers told to come so again", async () => {
    const { port, url } = await open();
    expect(url).toBe(`https://127.0.0.1:${port}`);
    const got = await get(port, "/v0/tables/a");
    expect(got).toMatchObject({ status: 200, body: '{"name":"a"}' });
    expect(got.headers["strict-transport-security"]).toBe("max-age=31536000");
    expect(
      (await get(port, "/api/v1/me", { headers: { authorization: "Bearer good" } })).status,
    ).toBe(200);
  });

  test("requests by HTTP/2 go the same way", async () => {
    const { gateway, port } = await open();
    const session = openSession(port);
    const [plain, me, big, missing, posted, head] = await Promise.all([
      ask(session, { ":path": "/v0/tables/Caf%C3%A9" }),
      ask(session, { ":path": "/v0/me", authorization: "Bearer good" }),
      ask(session, { ":path": "/v0/big", "accept-encoding": "identity" }),
      ask(session, { ":path": "/api/v1/nothing" }),
      ask(
        session,
        { ":path": "/v0/echo", ":method": "POST", "content-type": "application/json" },
        '{"a":[1,"é"]}',
      ),
      ask(session, { ":path": "/v0/plain", ":method": "HEAD" }),
    ]);
    expect(plain).toMatchObject({ status: 200, body: '{"name":"Café"}' });
    expect(plain.headers["x-request-id"]).toMatch(/^req/);
    expect(JSON.parse(me.body)).toEqual({ id: "usrAAAAAAAAAAAAAA" });
    expect(JSON.parse(big.body).text).toHaveLength(5_000);
    expect(missing).toMatchObject({ status: 404 });
    expect(JSON.parse(posted.body)).toEqual({ got: { a: [1, "é"] } });
    expect(head).toMatchObject({ status: 200, body: "" });
    const stream = await ask(session, { ":path": "/api/v1/stream" });
    expect(stream.body).toBe("data: one\n\n");
    const lines = gateway.lines.filter(({ message }) => message === "request");
    expect(lines).toHaveLength(7);
    expect(lines.every(({ level }) => level === "info")).toBe(true);
  });

  test("limits are the same by HTTP/2", async () => {
    const { port } = await open();
    const session = openSession(port);
    const long = await ask(session, { ":path": `/${"a".repeat(16_000)}` });
    expect(long.status).toBe(414);
    const body = `{"a":"${"x".repeat(2 * 1_024 * 1_024)}"}`;
    const large = await ask(
      session,
      { ":path": "/v0/echo", ":method": "POST", "content-type": "application/json" },
      body,
    );
    expect(large.status).toBe(413);
    expect((await ask(session, { ":path": "/v0/plain" })).status).toBe(200);
  });

  test("a caller who leaves in the middle ends the request", async () => {
    const { gateway, port } = await open();
    const session = openSession(port);
    const stream = session.request({ ":path": "/v0/slow?ms=2000" });
    stream.on("error", () => undefined);
    await once(stream, "ready");
    setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), 100);
    await expect
      .poll(() => gateway.lines.find(({ message }) => message === "request"))
      .toMatchObject({ status: 499, endpoint: "/v0/slow" });
  });

  test("who resets thousands of requests at once is cut off, and nobody else notices", async () => {
    const { port } = await open();
    const session = openSession(port);
    const closed = new Promise((resolve) => session.once("close", resolve));
    for (let at = 0; at < 5_000 && !session.destroyed && !session.closed; at += 1) {
      const stream = session.request({ ":path": "/v0/slow?ms=50" });
      stream.on("error", () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
      if (at % 100 === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await closed;
    expect((await get(port, "/v0/plain")).status).toBe(200);
  });

  test("old TLS and no TLS get nothing", async () => {
    const { port } = await open();
    await expect(
      handshake(port, { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "ALL:@SECLEVEL=0" }),
    ).rejects.toThrow();
    const socket = await handshake(port, { maxVersion: "TLSv1.2" });
    expect(socket.getProtocol()).toBe("TLSv1.2");
    socket.destroy();
    const plain = connectTcp({ host: "127.0.0.1", port });
    plain.write("GET /v0/plain HTTP/1.1\r\nHost: a.test\r\n\r\n");
    plain.on("error", () => undefined);
    plain.resume();
    await once(plain, "close");
  });

  test("callers who are slow with their headers are cut off behind TLS too", async () => {
    const { port } = await open();
    const socket = await handshake(port);
    let said = "";
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      said += text;
    });
    socket.on("error", () => undefined);
    socket.write("GET /v0/plain HTTP/1.1\r\nHost: a.test\r\n");
    await once(socket, "close");
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
  });

  test("stopping lets requests on both kinds of connections finish", async () => {
    const { gateway, port } = await open();
    const session = openSession(port);
    await ask(session, { ":path": "/v0/plain" });
    const running = [get(port, "/v0/slow?ms=300"), ask(session, { ":path": "/v0/slow?ms=300" })];
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closing = gateway.close();
    const answers = await Promise.all(running);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await closing;
    await expect(get(port, "/v0/plain")).rejects.toThrow();
  });
});

describe("a new certificate", () => {
  test("is taken into use without breaking a connection", async () => {
    await putCertificate("before.test");
    const { gateway, port } = await open({ patience: { certificateLookMs: 30 } });
    const old = await handshake(port);
    const session = openSession(port);
    await ask(session, { ":path": "/v0/plain" });
    expect(nameOn(old)).toBe("before.test");
    await putCertificate("after.test");
    await expect
      .poll(() => gateway.lines.some(({ message }) => message === "a new certificate is in use"))
      .toBe(true);
    const fresh = await handshake(port);
    expect(nameOn(fresh)).toBe("after.test");
    expect((await ask(session, { ":path": "/v0/plain" })).status).toBe(200);
    old.write("GET /v0/plain HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
    const [first] = (await once(old, "data")) as [Buffer];
    expect(first.toString()).toMatch(/^HTTP\/1\.1 200 /);
    fresh.destroy();
  });

  test.each([
    ["is no certificate", async () => putFile("not a certificate")],
    [
      "is cut off in the middle",
      async () => putFile((await makeCertificate("x")).cert.slice(0, 300)),
    ],
    ["has another key", async () => putFile((await makeCertificate("x")).cert)],
    ["is gone", async () => rm(files().certFile)],
  ])("that %s is not used: the old one stays, and the log says why, once", async (_, spoil) => {
    await putCertificate("good.test");
    const { gateway, port } = await open();
    await spoil();
    const told = () => gateway.lines.filter(({ message }) => /is not used/.test(message ?? ""));
    await expect.poll(() => told().length).toBeGreaterThan(0);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(told()).toHaveLength(1);
    const socket = await handshake(port);
    expect(nameOn(socket)).toBe("good.test");
    socket.destroy();
  });

  test("that cannot be used at the start stops the start with a sentence", async () => {
    await writeFile(files().certFile, "not a certificate");
    await expect(open()).rejects.toMatchObject({ code: "gateway.tls-files" });
    await expect(
      open({ config: { tls: { certFile: "/nowhere/cert.pem", keyFile: "/nowhere/key.pem" } } }),
    ).rejects.toMatchObject({
      message: "BASALT_TLS_CERT names /nowhere/cert.pem, which cannot be read.",
    });
  });
});
