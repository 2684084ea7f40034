import { describe, expect, it } from "vitest";
import { hello, open, problemOf, send, serve } from "./loopback.ts";

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
