import { describe, expect, it } from "vitest";
import { hello, open, problemOf, send, serve } from "./loopback.ts";
import { openEgress } from "./open-egress.ts";

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
