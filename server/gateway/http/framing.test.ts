import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fakeGateway } from "../testing/fake-world.ts";

const gateway = fakeGateway();
let port = 0;
beforeAll(async () => {
  ({ port } = await gateway.listen());
});
afterAll(() => gateway.close());

/** What the server said until it closed the connection. */
function exchange(text: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    let received = "";
    socket.setEncoding("latin1");
    socket.on("connect", () => socket.write(text));
    socket.on("data", (chunk: string) => {
      received += chunk;
    });
    socket.on("error", (error) => (received === "" ? reject(error) : undefined));
    socket.on("close", () => resolve(received));
  });
}

const SMUGGLED = "GET /v0/tables/smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n";
const post = (headers: string, body: string): string =>
  `POST /v0/echo HTTP/1.1\r\nHost: a.test\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`;
const get = (headers: string): string =>
  `GET /v0/plain HTTP/1.1\r\nHost: a.test\r\n${headers}\r\n\r\n`;

/** Each is one request that two readers could end at different places, or that is no request. */
const ambiguous: readonly (readonly [name: string, text: string])[] = [
  ["length and chunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n")],
  ["chunks and length", post("Transfer-Encoding: chunked\r\nContent-Length: 5", "0\r\n\r\n")],
  ["two lengths", post("Content-Length: 2\r\nContent-Length: 60", "{}")],
  ["the same length twice", post("Content-Length: 2\r\nContent-Length: 2", "{}")],
  ["a list of lengths", post("Content-Length: 2, 60", "{}")],
  ["a negative length", post("Content-Length: -2", "{}")],
  ["a length with a sign", post("Content-Length: +2", "{}")],
  ["a length in hexadecimal", post("Content-Length: 0x2", "{}")],
  ["a length with a space in it", post("Content-Length: 2 60", "{}")],
  ["a length beyond 64 bits", post("Content-Length: 18446744073709551618", "{}")],
  ["an empty length", post("Content-Length: ", "{}")],
  ["a coding that is none", post("Transfer-Encoding: xchunked", "0\r\n\r\n")],
  ["a coding in quotes", post('Transfer-Encoding: "chunked"', "0\r\n\r\n")],
  ["two codings, chunked not last", post("Transfer-Encoding: chunked, identity", "0\r\n\r\n")],
  ["chunked twice", post("Transfer-Encoding: chunked, chunked", "0\r\n\r\n")],
  [
    "the header chunked twice",
    post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n"),
  ],
  ["a compressed transfer", post("Transfer-Encoding: gzip, chunked", "0\r\n\r\n")],
  ["a vertical tab before chunked", post("Transfer-Encoding: \vchunked", "0\r\n\r\n")],
  ["a space before the colon", post("Content-Length : 2", "{}")],
  ["a space before chunked's colon", post("Transfer-Encoding : chunked", "0\r\n\r\n")],
  ["a folded header", get("X-Folded: a\r\n b")],
  ["a folded length", post("Content-Length:\r\n 2", "{}")],
  ["a header that begins with a space", get(" X-Odd: a")],
  ["a first header that begins with a space", "GET /v0/plain HTTP/1.1\r\n Host: a.test\r\n\r\n"],
  ["a header without a colon", get("X-Odd")],
  ["a header without a name", get(": a")],
  ["a header with a control character", get("X-Odd: a\x01b")],
  ["a header with NUL", get("X-Odd: a\0b")],
  ["a header name with a bracket", get("X[Odd]: a")],
  ["a header with a bare carriage return", get("X-Odd: a\rTransfer-Encoding: chunked")],
  ["bare line feeds", "GET /v0/plain HTTP/1.1\nHost: a.test\n\n"],
  ["a bare line feed among good ones", get("X-Odd: a\nX-More: b")],
  ["a chunk size that is none", post("Transfer-Encoding: chunked", "xyz\r\n{}\r\n0\r\n\r\n")],
  ["a chunk size with a sign", post("Transfer-Encoding: chunked", "+2\r\n{}\r\n0\r\n\r\n")],
  ["a chunk size with 0x", post("Transfer-Encoding: chunked", "0x2\r\n{}\r\n0\r\n\r\n")],
  [
    "a chunk size beyond 64 bits",
    post("Transfer-Encoding: chunked", "10000000000000002\r\n{}\r\n0\r\n\r\n"),
  ],
  [
    "a chunk that is longer than it says",
    post("Transfer-Encoding: chunked", "2\r\n{}{}\r\n0\r\n\r\n"),
  ],
  ["a chunk ended by a bare line feed", post("Transfer-Encoding: chunked", "2\n{}\r\n0\r\n\r\n")],
  [
    "a chunk extension with a bare line feed",
    post("Transfer-Encoding: chunked", "2;a\nb\r\n{}\r\n0\r\n\r\n"),
  ],
  [
    "a long chunk extension",
    post("Transfer-Encoding: chunked", `2;${"a".repeat(70_000)}\r\n{}\r\n0\r\n\r\n`),
  ],
  [
    "chunks in HTTP/1.0",
    "POST /v0/echo HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["two hosts", get("Host: b.test")],
  ["no host", "GET /v0/plain HTTP/1.1\r\n\r\n"],
  ["a host with a path", "GET /v0/plain HTTP/1.1\r\nHost: a.test/x\r\n\r\n"],
  ["a host with a user", "GET /v0/plain HTTP/1.1\r\nHost: x@a.test\r\n\r\n"],
  ["a whole URL", "GET http://evil.test/v0/plain HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a target with a fragment", "GET /v0/plain#x HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a target with a backslash", "GET /v0\\plain HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a target with a space", "GET /v0/pl ain HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a target with a raw byte", "GET /v0/pl\xe4in HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["CONNECT", "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a lower-case method", "get /v0/plain HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["a method that nobody knows", "SMUGGLE /v0/plain HTTP/1.1\r\nHost: a.test\r\n\r\n"],
  ["an HTTP version of the future", "GET /v0/plain HTTP/3.7\r\nHost: a.test\r\n\r\n"],
  ["no version", "GET /v0/plain\r\nHost: a.test\r\n\r\n"],
  ["HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["100,000 bytes of headers", get(`X-Long: ${"a".repeat(100_000)}`)],
  ["a thousand headers", get(Array.from({ length: 1_000 }, (_, at) => `X-${at}: a`).join("\r\n"))],
  [
    "a request line of 100,000 bytes",
    `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: a.test\r\n\r\n`,
  ],
];

describe("a request that could be read in two ways gets one refusal, and nothing after it is read", () => {
  test.each(ambiguous)("%s", async (_name, text) => {
    const answer = await exchange(Buffer.from(text + SMUGGLED, "latin1"));
    const heads = answer.match(/HTTP\/1\.1 \d{3}/g) ?? [];
    expect(heads).toHaveLength(1);
    expect(heads[0]).toMatch(/ 4\d\d$/);
    expect(answer.toLowerCase()).toContain("connection: close");
    expect(answer).not.toContain("smuggled");
  });
});

test.each([
  ["alone", ""],
  ["after a request that was good", get("Connection: keep-alive")],
])("a HEAD that is refused, %s, gets no body", async (_name, before) => {
  const lengths = "Content-Length: 0\r\nContent-Length: 0";
  const text = `HEAD /v0/plain HTTP/1.1\r\nHost: a.test\r\n${lengths}\r\n\r\n`;
  const answer = await exchange(before + text);
  const refusal = answer.slice(answer.indexOf("HTTP/1.1 400"));
  expect(refusal).toMatch(/^HTTP\/1\.1 400 [^]*content-length: [1-9][^]*\r\n\r\n$/i);
});
