import type { IncomingMessage, ServerResponse } from "node:http";
import { connect } from "node:net";
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

interface Echo {
  readonly name: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const echoOf = async (answer: Response): Promise<Echo> => (await answer.json()) as Echo;

const single = (url: string | readonly string[], route = "", more = ""): string => `
upstreams:
  old: { url: ${JSON.stringify(url)}, ${more} }
routes:
  - { name: things, path: /things, upstream: old, ${route} }
`;

describe("a request to an upstream", () => {
  test("arrives with its method, path, query and body, and the answer comes back", async () => {
    const old = await toy("old", (message, response) => {
      const chunks: Buffer[] = [];
      message.on("data", (chunk: Buffer) => chunks.push(chunk));
      message.on("end", () => {
        response.writeHead(201, { "x-old": "yes", "set-cookie": ["a=1", "b=2"] });
        response.end(`${message.method} ${message.url} ${Buffer.concat(chunks).toString()}`);
      });
    });
    const { url } = await gatewayTo(single(old.url));
    const answer = await fetch(`${url}/things/7?a=b%20c`, { method: "POST", body: "hello" });
    expect(answer.status).toBe(201);
    expect(answer.headers.get("x-old")).toBe("yes");
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(await answer.text()).toBe("POST /things/7?a=b%20c hello");
  });

  test("carries who forwarded it, and nothing that the caller made up", async () => {
    const old = await toy("old");
    const { port } = await gatewayTo(single(old.url));
    const { body } = await rawRequest(
      port,
      [
        "GET /things HTTP/1.1",
        "Host: shop.test",
        "X-Basalt-Identity: forged",
        "X_Basalt_Identity: forged",
        "X-Forwarded-For: 6.6.6.6",
        "X_Forwarded_For: 6.6.6.6",
        "X-Forwarded-Proto: https",
        "Forwarded: for=6.6.6.6",
        "X-Real-IP: 6.6.6.6",
        "Proxy-Authorization: Basic eDp5",
        "Connection: close, x-secret-hop",
        "X-Secret-Hop: gone",
        "TE: trailers",
        "Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "Accept: a/b",
        "X-Request-Id: my-request",
        "",
        "",
      ].join("\r\n"),
    );
    const text = body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1);
    const { headers } = JSON.parse(text) as Echo;
    expect(headers).toMatchObject({
      host: `127.0.0.1:${old.port}`,
      accept: "a/b",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "shop.test",
      forwarded: "for=127.0.0.1;host=shop.test;proto=http",
      via: "1.1 basalt",
      "x-request-id": "my-request",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    });
    expect(text).not.toMatch(/forged|6\.6\.6\.6|gone|eDp5|trailers/);
  });

  test("has its path and headers rewritten as the route says", async () => {
    const old = await toy("old", (_message, response) => {
      response.writeHead(200, {
        server: "old",
        "x-b": "1",
        connection: "x-hop",
        "x-hop": "1",
        "alt-svc": "h3",
      });
      response.end(JSON.stringify({ headers: _message.headers, url: _message.url }));
    });
    const { url } = await gatewayTo(`
upstreams: { old: { url: "${old.url}/base/" } }
routes:
  - name: things
    path: /shops/{shop}/things
    to: [{ upstream: old, path: "/v1/{shop}" }]
    preserveHost: true
    headers:
      request: { set: { accept: text/plain }, add: { x-tenant: t1 }, remove: [user-agent] }
      response: { remove: [server], set: { x-b: "2" } }
`);
    const answer = await fetch(`${url}/shops/s%20x/things/9?q=1`, { headers: { accept: "a/b" } });
    const { url: path, headers } = await echoOf(answer);
    expect(path).toBe("/base/v1/s%20x/9?q=1");
    expect(headers).toMatchObject({ accept: "text/plain", "x-tenant": "t1", host: url.slice(7) });
    expect(headers["user-agent"]).toBeUndefined();
    expect(Object.fromEntries(answer.headers)).toMatchObject({ "x-b": "2" });
    for (const gone of ["server", "x-hop", "alt-svc"]) {
      expect(answer.headers.has(gone)).toBe(false);
    }
  });

  test("HEAD, 204, 304 and an empty answer keep their form", async () => {
    const old = await toy("old", (message, response) => {
      const status = Number(message.url?.slice(-3));
      response.writeHead(status, status === 200 ? { "content-length": "5" } : { etag: '"x"' });
      response.end(message.method === "HEAD" || status !== 200 ? "" : "hello");
    });
    const { url } = await gatewayTo(single(old.url));
    const head = await fetch(`${url}/things/200`, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      "5",
      "",
    ]);
    for (const status of [204, 304, 404]) {
      const answer = await fetch(`${url}/things/${status}`);
      expect([answer.status, await answer.text()]).toEqual([status, ""]);
    }
  });

  test("what our own routes are asked for is not touched", async () => {
    const old = await toy("old");
    const { url } = await gatewayTo(single(old.url));
    expect((await fetch(`${url}/api/v1/tables/x`)).status).toBe(200);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(old.seen).toHaveLength(0);
  });

  test("an alias is our own route under another name, errors and all", async () => {
    const { url } = await gatewayTo(`
routes:
  - { name: airtable, path: /airtable, own: /v0 }
  - { name: llm, path: /llm, refuse: { status: 501, message: The assistant is not here yet. } }
`);
    expect(await (await fetch(`${url}/airtable/tables/x`)).json()).toEqual({ name: "x" });
    const missing = await fetch(`${url}/airtable/nothing/at/all`);
    expect([missing.status, await missing.json()]).toEqual([404, { error: "NOT_FOUND" }]);
    const unsigned = await fetch(`${url}/airtable/me`);
    expect(unsigned.status).toBe(401);
    const signed = await fetch(`${url}/airtable/me`, { headers: { authorization: "Bearer good" } });
    expect(signed.status).toBe(200);
    const planned = await fetch(`${url}/llm/chat`, { method: "POST", body: "{}" });
    expect(planned.status).toBe(501);
    expect(await planned.json()).toMatchObject({
      code: "gateway.route-refused",
      detail: "The assistant is not here yet.",
    });
  });
});

describe("an upstream in trouble", () => {
  test("that is not there: 502 in the standard form, and another server is asked instead", async () => {
    const old = await toy("old");
    const gone = "http://127.0.0.1:1";
    const one = await gatewayTo(single(gone));
    const answer = await fetch(`${one.url}/things`);
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ code: "gateway.upstream-failed" });
    const two = await gatewayTo(single([gone, old.url]));
    for (let turn = 0; turn < 10; turn += 1) {
      const post = await fetch(`${two.url}/things`, { method: "POST", body: "never sent before" });
      expect(post.status).toBe(200);
    }
  });

  test("that does not answer in time: 504 after one try's time, or another server", async () => {
    const old = await toy("old");
    const slow = await toy("slow", () => undefined);
    const late = "timeouts: { tryMs: 100, totalMs: 150 }, retries: { triesMax: 1 }";
    const one = await gatewayTo(single(slow.url, "", late));
    const answer = await fetch(`${one.url}/things`);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      504,
      "gateway.upstream-timeout",
    ]);
    const two = await gatewayTo(single([slow.url, old.url], "", "timeouts: { tryMs: 100 }"));
    const answers = await Promise.all(Array.from({ length: 4 }, () => fetch(`${two.url}/things`)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test("that answers 503: reads are tried again, writes are not", async () => {
    let turn = 0;
    const old = await toy("old", (message, response) => {
      turn += 1;
      response.writeHead(turn % 2 === 1 ? 503 : 200).end(`${message.method} ${turn}`);
    });
    const { url } = await gatewayTo(single(old.url));
    expect(await (await fetch(`${url}/things`)).text()).toBe("GET 2");
    expect(await (await fetch(`${url}/things`, { method: "PUT", body: "x" })).text()).toBe("PUT 4");
    const post = await fetch(`${url}/things`, { method: "POST", body: "x" });
    expect([post.status, await post.text()]).toEqual([503, "POST 5"]);
  });

  test("that always answers 503 gets at most a fifth more", async () => {
    const old = await toy("old", (_message, response) => response.writeHead(503).end());
    const off = "breaker: { consecutiveFailures: 10000, failureRate: 1, requestsMin: 100000 }";
    const { url } = await gatewayTo(single(old.url, "", off));
    const lanes = Array.from({ length: 10 }, async () => {
      for (let turn = 0; turn < 50; turn += 1) {
        expect((await fetch(`${url}/things`)).status).toBe(503);
      }
    });
    await Promise.all(lanes);
    expect(old.seen.length).toBeGreaterThan(500);
    expect(old.seen.length).toBeLessThanOrEqual(600);
  });

  test("opens the breaker: refused at once, then probed, then closed", async () => {
    let isWell = false;
    const old = await toy("old", (_message, response) =>
      response.writeHead(isWell ? 200 : 503).end(),
    );
    const { url, upstreams, world } = await gatewayTo(
      single(
        old.url,
        "",
        "retries: { triesMax: 1 }, breaker: { consecutiveFailures: 5, openMs: 200, probes: 1 }",
      ),
    );
    for (let turn = 0; turn < 5; turn += 1) {
      expect((await fetch(`${url}/things`)).status).toBe(503);
    }
    const refused = await fetch(`${url}/things`);
    expect(await refused.json()).toMatchObject({ code: "gateway.upstream-unavailable" });
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(old.seen).toHaveLength(5);
    expect((await world.metrics.expose()).text).toMatch(
      /circuit_breaker_state\{breaker="upstream:old",state="open"\} 1/,
    );
    isWell = true;
    await expect.poll(async () => (await fetch(`${url}/things`)).status).toBe(200);
    expect(upstreams.upstream("old")?.endpoints[0]?.breaker.state).toBe("closed");
  });

  test("whose health check fails is left alone until it passes", async () => {
    let isWell = true;
    const listener = (name: string) => (message: IncomingMessage, response: ServerResponse) => {
      if (message.url === "/health") {
        response.writeHead(name === "b" && !isWell ? 500 : 200).end();
      } else {
        response.end(name);
      }
    };
    const [a, b] = [await toy("a", listener("a")), await toy("b", listener("b"))];
    const { url } = await gatewayTo(
      single([a.url, b.url], "", "health: { path: /health, everyMs: 100, unhealthyAfter: 2 }"),
    );
    const names = async (): Promise<string[]> => {
      const texts = await Promise.all(
        Array.from({ length: 20 }, async () => (await fetch(`${url}/things`)).text()),
      );
      return [...new Set(texts)].toSorted();
    };
    await expect.poll(names).toEqual(["a", "b"]);
    isWell = false;
    await expect.poll(names).toEqual(["a"]);
    isWell = true;
    await expect.poll(names).toEqual(["a", "b"]);
  });

  test("that breaks off in the middle of its answer: the caller sees it", async () => {
    const old = await toy("old", (_message, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half");
      setTimeout(() => response.destroy(), 20);
    });
    const { url } = await gatewayTo(single(old.url));
    await expect(fetch(`${url}/things`).then((answer) => answer.text())).rejects.toThrow();
  });

  test("that answers nonsense: 502", async () => {
    const old = await toy("old", ({ socket }) => {
      socket.end("SSH-2.0-OpenSSH\r\n\r\n");
    });
    const { url } = await gatewayTo(single(old.url));
    expect((await fetch(`${url}/things`)).status).toBe(502);
  });

  test("that is the gateway itself: the circle is broken", async () => {
    const gateway = await gatewayTo(single("http://127.0.0.1:1"));
    await gateway.use(single(gateway.url));
    const answer = await fetch(`${gateway.url}/things`, { method: "POST" });
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([
      502,
      "gateway.circle",
    ]);
  });

  test("a caller who goes away ends the request of the upstream too", async () => {
    let closed = 0;
    const old = await toy("old", (message) => {
      message.socket.once("close", () => (closed += 1));
    });
    const { port, upstreams } = await gatewayTo(
      single(old.url, "", "breaker: { consecutiveFailures: 1 }"),
    );
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /things HTTP/1.1\r\nHost: a\r\n\r\n");
    await expect.poll(() => old.seen.length).toBe(1);
    socket.destroy();
    await expect.poll(() => closed).toBe(1);
    expect(upstreams.upstream("old")?.endpoints[0]?.breaker.state).toBe("closed");
    expect(upstreams.upstream("old")?.budget.active).toBe(0);
  });
});

test("a request that runs while the file changes is answered by the upstream that it went to", async () => {
  const waiting: ServerResponse[] = [];
  const old = await toy("old", (_message, response) => waiting.push(response));
  const other = await toy("other");
  const gateway = await gatewayTo(single(old.url));
  const running = fetch(`${gateway.url}/things`);
  await expect.poll(() => waiting.length).toBe(1);
  await gateway.use(single(other.url));
  expect((await echoOf(await fetch(`${gateway.url}/things`))).name).toBe("other");
  waiting[0]?.end("from the old one");
  expect(await (await running).text()).toBe("from the old one");
}, 10_000);
