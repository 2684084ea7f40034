import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { Problem } from "#kernel";
import { testWorld } from "../kernel/testing/world.ts";
import type { Attachment } from "./attachment.ts";
import { linkAttachment } from "./link-attachment.ts";
import { fileRoutes, type FileRoutesEnv } from "./routes.ts";
import { LINK_BUCKET_S, LINK_LIFE_S, signedUrl } from "./signed-url.ts";
import { storeAttachment } from "./store-attachment.ts";

const world = testWorld();

/** As `main.ts` mounts them: the scope beside the request, problems rendered. */
function app(): Hono<FileRoutesEnv> {
  const made = new Hono<FileRoutesEnv>();
  made.use(async (c, next) => {
    c.set("scope", world().scopeFor({ kind: "anonymous" }));
    await next();
  });
  made.onError((error) => {
    if (error instanceof Problem) {
      return Response.json({ code: error.code }, { status: error.status });
    }
    throw error;
  });
  return made.route("/", fileRoutes());
}

async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  return app().request(url, init);
}

async function stored(
  text: string,
  filename = "a.txt",
  contentType = "text/plain",
): Promise<Attachment> {
  return storeAttachment(world().system, { bytes: Buffer.from(text), filename, contentType });
}

function urlOf(attachment: Attachment): string {
  return linkAttachment(world().config, world().now(), attachment).url;
}

describe("a link's file", () => {
  it("is answered with everything that a browser needs to treat it safely", async () => {
    const attachment = await stored("0123456789", "Zahlen ‚1‘.txt");
    const answer = await ask(urlOf(attachment));
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe("0123456789");
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "accept-ranges": "bytes",
      "content-disposition": `inline; filename="Zahlen _1_.txt"; filename*=UTF-8''Zahlen%20%E2%80%9A1%E2%80%98.txt`,
      "content-length": "10",
      "content-security-policy": "sandbox; default-src 'none'",
      "content-type": "text/plain; charset=utf-8",
      etag: `"${attachment.hash}"`,
      "x-content-type-options": "nosniff",
    });
    const age = /^private, max-age=(\d+), immutable$/.exec(
      answer.headers.get("cache-control") ?? "",
    )?.[1];
    expect(Number(age)).toBeGreaterThan(LINK_LIFE_S - 60);
    expect(Number(age)).toBeLessThanOrEqual(LINK_LIFE_S + LINK_BUCKET_S);
  });

  it.each([
    ["text/html", "a.html", "<script>alert(1)</script>"],
    ["image/svg+xml", "a.svg", "<svg onload='alert(1)'/>"],
    ["application/xml", "a.xml", "<?xml version='1.0'?><a/>"],
    ["text/javascript", "a.js", "alert(1)"],
    ["text/csv", "a.csv", "=1+1"],
    ["application/octet-stream", "a.bin", "\u0003\0\u0003\0"],
  ])("of type %s is only ever saved", async (type, filename, text) => {
    const attachment = await stored(text, filename, type);
    expect(attachment.type).toBe(type);
    const answer = await ask(urlOf(attachment));
    expect(answer.headers.get("content-disposition")).toMatch(/^attachment; /);
    expect(answer.headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("that is a PDF is shown in the browser's own viewer", async () => {
    const answer = await ask(urlOf(await stored("%PDF-1.7\n", "a.pdf", "application/pdf")));
    expect(answer.headers.get("content-disposition")).toMatch(/^inline; /);
    expect(answer.headers.get("content-security-policy")).toBe("default-src 'none'");
  });

  it("is answered to HEAD without its bytes", async () => {
    const answer = await ask(urlOf(await stored("0123456789")), { method: "HEAD" });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-length")).toBe("10");
    expect(await answer.text()).toBe("");
  });

  it("of no bytes is answered", async () => {
    const answer = await ask(urlOf(await stored("")));
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-length")).toBe("0");
    expect(await answer.text()).toBe("");
  });

  it("that the reader has is not sent again", async () => {
    const attachment = await stored("0123456789");
    const tag = `"${attachment.hash}"`;
    for (const header of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const answer = await ask(urlOf(attachment), { headers: { "if-none-match": header } });
      expect(answer.status).toBe(304);
      expect(answer.headers.get("etag")).toBe(tag);
      expect(await answer.text()).toBe("");
    }
    expect((await ask(urlOf(attachment), { headers: { "if-none-match": '"other"' } })).status).toBe(
      200,
    );
  });
});

describe("a range", () => {
  it.each([
    ["bytes=0-3", 206, "0123", "bytes 0-3/10"],
    ["bytes=4-", 206, "456789", "bytes 4-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=-99", 206, "0123456789", "bytes 0-9/10"],
    ["bytes=8-99", 206, "89", "bytes 8-9/10"],
    ["bytes=9-9", 206, "9", "bytes 9-9/10"],
    ["bytes=10-", 416, "", "bytes */10"],
    ["bytes=10-12", 416, "", "bytes */10"],
    ["bytes=-0", 416, "", "bytes */10"],
    ["bytes=5-3", 200, "0123456789", null],
    ["bytes=0-1,3-4", 200, "0123456789", null],
    ["bytes=-", 200, "0123456789", null],
    ["bytes=a-b", 200, "0123456789", null],
    ["lines=0-1", 200, "0123456789", null],
    ["bytes=99999999999999999999-", 200, "0123456789", null],
  ])("%s is answered with %i", async (range, status, text, contentRange) => {
    const answer = await ask(urlOf(await stored("0123456789")), { headers: { range } });
    expect(answer.status).toBe(status);
    expect(await answer.text()).toBe(text);
    expect(answer.headers.get("content-range")).toBe(contentRange);
    if (status !== 416) {
      expect(answer.headers.get("content-length")).toBe(String(text.length));
    }
  });

  it("of a file of no bytes is unsatisfiable", async () => {
    expect((await ask(urlOf(await stored("")), { headers: { range: "bytes=0-" } })).status).toBe(
      416,
    );
  });

  it("counts only for the same bytes", async () => {
    const attachment = await stored("0123456789");
    const range = "bytes=0-3";
    const same = await ask(urlOf(attachment), {
      headers: { range, "if-range": `"${attachment.hash}"` },
    });
    const other = await ask(urlOf(attachment), { headers: { range, "if-range": '"other"' } });
    expect([same.status, other.status]).toEqual([206, 200]);
  });
});

describe("a bad link", () => {
  it("that is forged, expired or for bytes that are gone is refused", async () => {
    const attachment = await stored("secret");
    const url = urlOf(attachment);
    const codeOf = async (asked: string): Promise<[number, unknown]> => {
      const answer = await ask(asked);
      return [answer.status, ((await answer.json()) as { code: unknown }).code];
    };
    expect(await codeOf(url.replace(/s=.{4}/, "s=AAAA"))).toEqual([403, "files.link-invalid"]);
    expect(await codeOf(url.replace(attachment.hash, "0".repeat(64)))).toEqual([
      403,
      "files.link-invalid",
    ]);
    expect(await codeOf(url.replace("t=text%2Fplain", "t=text%2Fhtml"))).toEqual([
      403,
      "files.link-invalid",
    ]);
    expect(
      await codeOf(`http://basalt.test/files/${attachment.id}/${attachment.hash}/a.txt`),
    ).toEqual([403, "files.link-invalid"]);
    const old = new Date(world().now().getTime() - (LINK_LIFE_S + LINK_BUCKET_S + 1) * 1_000);
    const link = {
      attachmentId: attachment.id,
      hash: attachment.hash,
      filename: "a.txt",
      type: "text/plain",
    };
    expect(await codeOf(`http://basalt.test${signedUrl(world().config, old, link)}`)).toEqual([
      403,
      "files.link-expired",
    ]);
    const gone = signedUrl(world().config, world().now(), { ...link, hash: "0".repeat(64) });
    expect(await codeOf(`http://basalt.test${gone}`)).toEqual([404, "files.not-found"]);
  });

  it.each([
    "/files/../../etc/passwd",
    "/files/a/b/c",
    "/files/att/%2e%2e/%2fetc%2fpasswd?e=1&s=x",
    "/files//x/y",
  ])("such as %s reaches no file", async (path) => {
    expect([403, 404]).toContain((await ask(`http://basalt.test${path}`)).status);
  });

  it("is any with another method", async () => {
    expect((await ask(urlOf(await stored("x")), { method: "POST" })).status).toBe(404);
  });
});
