import { afterEach, describe, expect, test } from "vitest";
import { rawRequest } from "../testing/raw-request.ts";
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

async function gatewayTo(yaml: string): Promise<RoutedGateway> {
  const gateway = await routedGateway(yaml);
  opened.push(gateway);
  return gateway;
}

const single = (url: string | readonly string[], route = "", more = ""): string => `
upstreams:
  old: { url: ${JSON.stringify(url)}, ${more} }
routes:
  - { name: things, path: /things, upstream: old, ${route} }
`;

describe("framing cannot be smuggled to an upstream", () => {
  const bad = [
    "POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST /things HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "POST /things HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST /things HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "GET http://127.0.0.1:1/things HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /things HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET /things HTTP/1.1\r\nHost: a@b/c\r\n\r\n",
    "GET /things HTTP/1.1\r\nHost: a\r\nX: a\n b\r\n\r\n",
    "GET /things/%0d%0aX:y HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /things/\u00ff HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT /things HTTP/1.1\r\nHost: a\r\n\r\n",
  ];
  test.each(bad)("%j", async (text) => {
    const old = await toy("old");
    const { port } = await gatewayTo(single(old.url));
    const { status } = await rawRequest(port, text, true);
    expect([0, 400, 404, 405]).toContain(status);
    expect(old.seen).toHaveLength(0);
  });

  test("chunks of the caller become chunks of ours, and a second request in a body stays a body", async () => {
    const bodies: string[] = [];
    const old = await toy("old", (message, response) => {
      let body = "";
      message.on("data", (chunk) => (body += String(chunk)));
      message.on("end", () => {
        bodies.push(body);
        response.end("ok");
      });
    });
    const { port } = await gatewayTo(single(old.url));
    const inner = "GET /admin HTTP/1.1\r\nHost: a\r\n\r\n";
    const size = inner.length.toString(16);
    await rawRequest(
      port,
      `POST /things HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${size};ext=1\r\n${inner}\r\n0\r\nX-Trailer: 1\r\n\r\n`,
    );
    await rawRequest(
      port,
      `GET /things HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`,
    );
    expect(bodies).toEqual([inner, inner]);
    expect(old.seen.map(({ url }) => url)).toEqual(["/things", "/things"]);
  });
});
