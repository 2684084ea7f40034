import { describe, expect, it } from "vitest";
import { hello, open, problemOf, send, serve } from "./loopback.ts";

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
    for (const host of ["8.8.4.4", "[::ffff:8.8.4.4]", "[64:ff9b::8.8.4.4]", "8.8.1028"]) {
      expect((await problemOf(send(own, `http://${host}/`))).code).toBe("kernel.egress-address");
    }
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
