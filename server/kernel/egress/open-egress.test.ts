import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import type { Problem } from "../problem.ts";
import type { Egress, EgressRequest } from "./egress.ts";
import { openEgress, type EgressOptions } from "./open-egress.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) {
    await close();
  }
});

/** A server on loopback that counts the connections it gets, requests or not. */
async function serve(
  answer: RequestListener,
  host = "127.0.0.1",
): Promise<{ port: number; url: string; seen: Seen }> {
  const seen: Seen = { connections: 0, requests: [] };
  const server: Server = createServer((request, response) => {
    seen.requests.push(request);
    answer(request, response);
  });
  server.on("connection", () => {
    seen.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, seen };
}

interface Seen {
  connections: number;
  readonly requests: IncomingMessage[];
}

function open(options: Partial<EgressOptions> = {}): Egress {
  const egress = openEgress({ allow: [], ...options });
  closers.push(() => egress.close());
  return egress;
}

function send(
  egress: Egress,
  url: string,
  more: Partial<EgressRequest> = {},
): ReturnType<Egress["send"]> {
  return egress.send({ url, timeoutMs: 5_000, bodySizeMaxBytes: 1_000_000, ...more });
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error as Problem;
}

const hello: RequestListener = (_request, response) => {
  response.setHeader("content-type", "text/plain");
  response.end("hello");
};

describe("an allowed host", () => {
  it("answers status, headers, body and where it came from", async () => {
    const server = await serve(hello);
    const answer = await send(open({ allow: ["127.0.0.1"] }), `${server.url}/a?b=c#d`);
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toBe("text/plain");
    expect(answer.url).toBe(`${server.url}/a?b=c#d`);
    expect(await answer.text()).toBe("hello");
    expect(server.seen.requests[0]?.url).toBe("/a?b=c");
  });

  it("may be allowed by name, by name and port, by range, in IPv4-mapped spelling", async () => {
    const server = await serve(hello);
    const resolve = async (): Promise<string[]> => ["127.0.0.1"];
    const named = `http://erp.corp.example:${server.port}/`;
    for (const [allow, url] of [
      ["erp.corp.example", named],
      ["*.corp.example", named],
      [`ERP.corp.example:${server.port}`, named],
      ["127.0.0.0/8", named],
      ["127.0.0.1", `http://[::ffff:127.0.0.1]:${server.port}/`],
      [`127.0.0.1:${server.port}`, `http://2130706433:${server.port}/`],
    ] as const) {
      const answer = await send(open({ allow: [allow], resolve }), url);
      expect(await answer.text()).toBe("hello");
    }
  });

  it("is allowed on the named port only", async () => {
    const server = await serve(hello);
    const egress = open({ allow: ["127.0.0.1:1"] });
    expect((await problemOf(send(egress, server.url))).code).toBe("kernel.egress-address");
    expect(server.seen.connections).toBe(0);
  });

  it("gets method, headers and body; headers of the connection are not the caller's", async () => {
    const bodies: string[] = [];
    const server = await serve((request, response) => {
      request.setEncoding("utf8").on("data", (text: string) => bodies.push(text));
      request.on("end", () => response.end());
    });
    await send(open({ allow: ["127.0.0.1"] }), server.url, {
      method: "post",
      headers: {
        "X-Signature": "abc",
        Host: "evil.example",
        "Content-Length": "999",
        "transfer-encoding": "chunked",
      },
      body: "payload",
    });
    const [request] = server.seen.requests;
    expect(request?.method).toBe("POST");
    expect(request?.headers).toMatchObject({
      "x-signature": "abc",
      host: `127.0.0.1:${server.port}`,
      "content-length": "7",
    });
    expect(bodies.join("")).toBe("payload");
  });

  it.each(["CONNECT", "TRACE", "GET / HTTP/1.1\r\nX: y"])(
    "does not get the method %j",
    async (method) => {
      const server = await serve(hello);
      const problem = await problemOf(send(open({ allow: ["127.0.0.1"] }), server.url, { method }));
      expect(problem.code).toBe("kernel.egress-url");
      expect(server.seen.connections).toBe(0);
    },
  );

  it("does not get headers with line breaks", async () => {
    const server = await serve(hello);
    const problem = await problemOf(
      send(open({ allow: ["127.0.0.1"] }), server.url, { headers: { a: "b\r\nc: d" } }),
    );
    expect(problem.code).toBe("kernel.egress-failed");
    expect(server.seen.requests).toHaveLength(0);
  });
});

describe("a forbidden address", () => {
  const spellings = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "0177.0.0.1",
    "017700000001",
    "2130706433",
    "127.0.0.1.",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "%31%32%37.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "0",
    "0x0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "192.168.257",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "169.254.170.2",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000:0000:0000:0000:0000:0000:0000:0001]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[0:0:0:0:0:ffff:10.0.0.1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:0:7f00:1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::169.254.169.254]",
    "[64:ff9b:1::7f00:1]",
    "[64:ff9b:1:7f00:0:100::]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::]",
    "[2001::f5ff:fffe]",
    "[2001:4860::5efe:7f00:1]",
    "[2001:4860::200:5efe:a00:1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fd12:3456:789a:1::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[2001:db8::1]",
    "[3fff::1]",
    "[100::1]",
    "[5f00::1]",
    "[4000::1]",
    "metadata.google.internal",
    "METADATA.google.internal.",
    "metadata",
    "instance-data",
  ];

  it.each(spellings)("is refused as %s, and nothing is sent", async (host) => {
    const server = await serve(hello);
    const egress = open({ resolve: async () => ["93.184.215.14"] });
    for (const method of ["GET", "HEAD"]) {
      const problem = await problemOf(send(egress, `http://${host}:${server.port}/`, { method }));
      expect(problem).toMatchObject({
        code: "kernel.egress-address",
        message: "address not allowed",
      });
    }
    expect(server.seen.connections).toBe(0);
  });

  it.each(
    spellings
      .map((host) => host.replace(/^\[|\]$/g, ""))
      .filter((host) => /^[\d.]+\d$|:/.test(host)),
  )("is refused when a name resolves to %s", async (address) => {
    const server = await serve(hello);
    const egress = open({ resolve: async () => [address] });
    const problem = await problemOf(send(egress, `http://public.example:${server.port}/`));
    expect(problem).toMatchObject({
      code: "kernel.egress-address",
      message: "address not allowed",
    });
    expect(server.seen.connections).toBe(0);
  });

  it("is refused for localhost names and this machine's own addresses", async () => {
    const server = await serve(hello);
    expect((await problemOf(send(open(), `http://localhost:${server.port}/`))).code).toBe(
      "kernel.egress-address",
    );
    expect((await problemOf(send(open(), `http://localhost.:${server.port}/`))).code).toBe(
      "kernel.egress-address",
    );
    const own = open({
      resolve: async () => ["8.8.4.4"],
      ownAddresses: () => new Set(["8.8.4.4"]),
    });
    expect((await problemOf(send(own, "http://me.example/"))).code).toBe("kernel.egress-address");
    expect((await problemOf(send(own, "http://8.8.4.4/"))).code).toBe("kernel.egress-address");
    expect(server.seen.connections).toBe(0);
  });

  it("is refused for every address that a resolver invents", async () => {
    for (const address of [
      "fe80::1%eth0",
      "127.1",
      "",
      "localhost",
      "::1%1",
      "8.8.8.8, 127.0.0.1",
    ]) {
      const problem = await problemOf(
        send(open({ resolve: async () => [address] }), "http://a.example/"),
      );
      expect(problem.code).toBe("kernel.egress-address");
    }
    expect(
      (await problemOf(send(open({ resolve: async () => [] }), "http://a.example/"))).code,
    ).toBe("kernel.egress-address");
  });

  it("is left out of a mixed answer: only the allowed one is connected to", async () => {
    const allowed = await serve(hello);
    const forbidden = await serve(hello, "127.0.0.2");
    const egress = open({
      allow: ["127.0.0.1"],
      resolve: async () => ["127.0.0.2", "::1", "127.0.0.1", "10.0.0.1"],
    });
    const answer = await send(egress, `http://mixed.example:${allowed.port}/`);
    expect(await answer.text()).toBe("hello");
    expect(forbidden.seen.connections).toBe(0);
  });

  it("stays unreached when a name answers differently the second time", async () => {
    const allowed = await serve((_request, response) => {
      response.setHeader("connection", "close");
      response.end("first");
    });
    const asked: string[] = [];
    const egress = open({
      allow: ["127.0.0.1"],
      resolve: async (host) => {
        asked.push(host);
        return asked.length === 1 ? ["127.0.0.1"] : ["127.0.0.2"];
      },
    });
    const forbidden = await serve(hello, "127.0.0.2");
    const url = `http://rebind.example:${allowed.port}/`;
    expect(await (await send(egress, url)).text()).toBe("first");
    expect(asked).toHaveLength(1);
    expect((await problemOf(send(egress, url))).code).toBe("kernel.egress-address");
    expect(forbidden.seen.connections).toBe(0);
  });
});

describe("a URL", () => {
  it.each([
    "",
    "/only/a/path",
    "//host.example/",
    "http://",
    "ftp://host.example/",
    "file:///etc/passwd",
    "data:text/plain,hi",
    "gopher://127.0.0.1:6379/_x",
    "javascript:alert(1)",
    "unix:/var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/v1",
    "ws://host.example/",
    "blob:http://host.example/1",
    "http://user@host.example/",
    "http://user:secret@host.example/",
    "http://host.example@127.0.0.1/",
    "http://host.example:25/",
    "http://host.example:22/",
    "http://host.example:0/",
    "http://host.example:65536/",
    "http://[::1/",
    "http://[fe80::1%25eth0]/",
    "http://127.0.0.1.5.6/",
    "http://256.0.0.1/",
    `http://host.example/${"a".repeat(16_000)}`,
  ])("that nobody should ask is refused: %s", async (url) => {
    let resolved = 0;
    const egress = open({
      resolve: async () => {
        resolved += 1;
        return ["127.0.0.1"];
      },
    });
    expect(await problemOf(send(egress, url))).toMatchObject({ name: "Problem", kind: "invalid" });
    expect(resolved).toBe(0);
  });
});

describe("a URL of a socket file in other clients' spelling", () => {
  it("is a host named unix, which is judged like any other", async () => {
    const egress = open({ resolve: async () => ["127.0.0.1"] });
    const problem = await problemOf(send(egress, "http://unix:/var/run/docker.sock:/info"));
    expect(problem.code).toBe("kernel.egress-address");
  });
});

describe("a redirect", () => {
  it.each([301, 302, 303, 307, 308])(
    "of status %i to a forbidden address is not followed",
    async (status) => {
      const forbidden = await serve(hello, "127.0.0.2");
      const targets = [
        `http://127.0.0.2:${forbidden.port}/`,
        `//127.0.0.2:${forbidden.port}/`,
        `http://[::ffff:7f00:2]/`,
      ];
      for (const location of targets) {
        const server = await serve((_request, response) =>
          response.writeHead(status, { location }).end(),
        );
        const problem = await problemOf(send(open({ allow: ["127.0.0.1"] }), server.url));
        expect(problem).toMatchObject({
          code: "kernel.egress-address",
          message: "address not allowed",
        });
      }
      expect(forbidden.seen.connections).toBe(0);
    },
  );

  it("to another scheme is not followed", async () => {
    for (const location of [
      "file:///etc/passwd",
      "ftp://a.example/",
      "http://a:b@a.example/",
      "http://",
    ]) {
      const server = await serve((_request, response) =>
        response.writeHead(302, { location }).end(),
      );
      const problem = await problemOf(send(open({ allow: ["127.0.0.1"] }), server.url));
      expect(problem.code).toBe("kernel.egress-url");
    }
  });

  it("keeps secrets from another origin, and the body only where the status says so", async () => {
    const other = await serve(hello);
    const server = await serve((request, response) => {
      response.writeHead(request.url === "/303" ? 303 : 307, { location: other.url }).end();
    });
    const headers = {
      authorization: "Bearer x",
      "x-api-key": "x",
      cookie: "a=b",
      accept: "text/plain",
    };
    const egress = open({ allow: ["127.0.0.1"] });
    await send(egress, `${server.url}/307`, { method: "POST", body: "payload", headers });
    await send(egress, `${server.url}/303`, { method: "POST", body: "payload", headers });
    const [kept, changed] = other.seen.requests;
    expect(kept?.method).toBe("POST");
    expect(kept?.headers["content-length"]).toBe("7");
    expect(changed?.method).toBe("GET");
    expect(changed?.headers["content-length"]).toBeUndefined();
    for (const request of [kept, changed]) {
      expect(request?.headers).toMatchObject({ accept: "text/plain" });
      expect(Object.keys(request?.headers ?? {})).not.toEqual(
        expect.arrayContaining(["authorization"]),
      );
      expect(Object.keys(request?.headers ?? {})).not.toEqual(
        expect.arrayContaining(["x-api-key"]),
      );
      expect(Object.keys(request?.headers ?? {})).not.toEqual(expect.arrayContaining(["cookie"]));
    }
  });

  it("keeps headers within one origin and tells where the answer came from", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/end") {
        hello(request, response);
      } else {
        response.writeHead(302, { location: "/end" }).end();
      }
    });
    const answer = await send(open({ allow: ["127.0.0.1"] }), server.url, {
      headers: { authorization: "Bearer x" },
    });
    expect(answer.url).toBe(`${server.url}/end`);
    expect(server.seen.requests[1]?.headers.authorization).toBe("Bearer x");
    await answer.bytes();
  });

  it("in a circle ends after five", async () => {
    const server = await serve((_request, response) =>
      response.writeHead(302, { location: "/again" }).end("x"),
    );
    expect((await problemOf(send(open({ allow: ["127.0.0.1"] }), server.url))).code).toBe(
      "kernel.egress-failed",
    );
    expect(server.seen.requests).toHaveLength(6);
  });

  it("is the answer where none is to be followed, or where it leads nowhere", async () => {
    const server = await serve((request, response) => {
      response.writeHead(302, request.url === "/none" ? {} : { location: "/again" }).end();
    });
    const egress = open({ allow: ["127.0.0.1"] });
    expect((await send(egress, server.url, { redirectsMax: 0 })).status).toBe(302);
    expect((await send(egress, `${server.url}/none`)).status).toBe(302);
  });
});

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

  it("is not waited for after HEAD", async () => {
    const server = await serve((_request, response) => {
      response.writeHead(200, { "content-length": "999999999", "content-encoding": "gzip" }).end();
    });
    const answer = await send(open({ allow: ["127.0.0.1"] }), server.url, { method: "HEAD" });
    expect(answer.headers["content-length"]).toBe("999999999");
    expect((await answer.bytes()).byteLength).toBe(0);
  });
});

describe("an end from outside", () => {
  it("stops the request with the caller's own reason, also while a name is being looked up", async () => {
    const silent = await serve(() => undefined);
    const caller = new AbortController();
    const sending = send(open({ allow: ["127.0.0.1"] }), silent.url, { signal: caller.signal });
    setTimeout(() => caller.abort(new Error("the caller has gone")), 50);
    expect((await problemOf(sending)).message).toBe("the caller has gone");

    const stuck = openEgress({ allow: [], resolve: () => new Promise(() => undefined) });
    expect((await problemOf(send(stuck, "http://slow.example/", { timeoutMs: 50 }))).code).toBe(
      "kernel.egress-timeout",
    );
  });

  it("finds nobody listening, or no such name", async () => {
    const egress = open({
      allow: ["127.0.0.1"],
      resolve: async () => {
        throw Object.assign(new Error("getaddrinfo ENOTFOUND secret.internal"), {
          code: "ENOTFOUND",
        });
      },
    });
    const gone = await problemOf(send(egress, "http://127.0.0.1:9/".replace(":9/", ":49999/")));
    const unknown = await problemOf(send(egress, "http://nobody.example/"));
    for (const problem of [gone, unknown]) {
      expect(problem.code).toBe("kernel.egress-failed");
      expect(problem.message).toBe("The other side could not be reached, or broke off.");
    }
  });

  it("is a setting that cannot be read", () => {
    for (const entry of [
      "10.0.0.0/33",
      "10.0.0.0/x",
      "10.0.0.0/",
      "a b",
      "http://a.example",
      "::1/129",
      "*",
      "a/8",
    ]) {
      expect(() => openEgress({ allow: [entry] })).toThrow(entry);
    }
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
