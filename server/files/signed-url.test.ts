import { describe, expect, it } from "vitest";
import { linkAttachment } from "./link-attachment.ts";
import { LINK_BUCKET_S, LINK_LIFE_S, openLink, signedUrl, type FileLink } from "./signed-url.ts";

const config = { secret: "a secret that is long enough to sign with" };
const now = new Date("2026-11-20T12:03:04Z");
const link: FileLink = {
  attachmentId: "attAAAAAAAAAAAAAA",
  hash: "0123456789abcdef".repeat(4),
  filename: "Bericht ‚3‘ 100% & mehr?.pdf",
  type: "application/pdf",
};

function later(seconds: number): Date {
  return new Date(now.getTime() + seconds * 1_000);
}

function urlOf(path: string): URL {
  return new URL(path, "http://basalt.test");
}

describe("a link", () => {
  it("opens with what it was made from", () => {
    expect(openLink(config, now, urlOf(signedUrl(config, now, link)))).toMatchObject(link);
  });

  it.each(["a.b", "..a", "a+b", "a%2Fb", "'()*!", "📎", "a;b=c", "#?&"])(
    "carries the name %j",
    (filename) => {
      const url = urlOf(signedUrl(config, now, { ...link, filename }));
      expect(openLink(config, now, url).filename).toBe(filename);
    },
  );

  it("is the same within its bucket, and lives two hours at least, ten minutes more at most", () => {
    const path = signedUrl(config, now, link);
    expect(signedUrl(config, later(60), link)).toBe(path);
    expect(signedUrl(config, later(LINK_BUCKET_S), link)).not.toBe(path);
    for (const start of [0, 1, 415, 416, 417, 599]) {
      const url = urlOf(signedUrl(config, later(start), link));
      expect(() => openLink(config, later(start + LINK_LIFE_S - 1), url)).not.toThrow();
      expect(() => openLink(config, later(start + LINK_LIFE_S + LINK_BUCKET_S), url)).toThrow(
        expect.objectContaining({ kind: "forbidden", code: "files.link-expired" }),
      );
    }
  });

  const path = signedUrl(config, now, link);
  const sign = new URL(path, "http://x").searchParams.get("s") ?? "";
  it.each([
    ["another file", path.replace("0123", "1123")],
    ["another attachment", path.replace("attA", "attB")],
    ["another name", path.replace("Bericht", "bericht")],
    ["another type", path.replace("t=application%2Fpdf", "t=text%2Fhtml")],
    ["a later end", path.replace(/e=(\d+)/, (_, end: string) => `e=${Number(end) + 600}`)],
    ["an end in another spelling", path.replace(/e=(\d+)/, "e=0$1")],
    ["no end", path.replace(/e=\d+&/, "")],
    ["no signature", path.replace(/&s=.*/, "")],
    ["an empty signature", path.replace(/&s=.*/, "&s=")],
    ["half a signature", path.replace(/&s=.*/, `&s=${sign.slice(0, 11)}`)],
    ["a longer signature", `${path}AAAA`],
    ["another signature", path.replace(/&s=.*/, `&s=${sign.split("").toReversed().join("")}`)],
    ["an end that is no number", path.replace(/e=\d+/, "e=NaN")],
    ["an end beyond numbers", path.replace(/e=\d+/, `e=${"9".repeat(400)}`)],
    ["an id of another kind", path.replace("/attA", "/recA")],
    ["a hash in capitals", path.replace("abcdef", "ABCDEF")],
    ["a broken escape", path.replace("Bericht", "%ZZ")],
    ["a deeper path", path.replace("Bericht", "x/y")],
    ["nothing", "/files/"],
  ])("for %s is refused", (_what, forged) => {
    expect(() => openLink(config, now, urlOf(forged))).toThrow(
      expect.objectContaining({ kind: "forbidden", code: "files.link-invalid" }),
    );
  });

  it("of another secret is refused", () => {
    const other = { secret: "another secret that is long enough to sign" };
    expect(() => openLink(other, now, urlOf(path))).toThrow(
      expect.objectContaining({ code: "files.link-invalid" }),
    );
  });
});

describe("an attachment as it is read", () => {
  const attachment = {
    id: "attAAAAAAAAAAAAAA",
    filename: "a.png",
    size: 5,
    type: "image/png",
    hash: "a".repeat(64),
  } as const;
  const place = { ...config, publicUrl: "http://basalt.test" };

  it("has links in place of hashes, the thumbnails' type by whether they are the image itself", () => {
    const small = { hash: "b".repeat(64), width: 48, height: 36 };
    const full = { hash: attachment.hash, width: 640, height: 480 };
    const linked = linkAttachment(place, now, {
      ...attachment,
      width: 640,
      height: 480,
      thumbnails: { small, large: small, full },
    });
    expect(linked).toMatchObject({
      id: attachment.id,
      filename: "a.png",
      size: 5,
      type: "image/png",
      width: 640,
    });
    expect(JSON.stringify(linked)).not.toContain('"hash"');
    expect(openLink(config, now, new URL(linked.url))).toMatchObject({
      hash: attachment.hash,
      type: "image/png",
    });
    const openedSmall = openLink(config, now, new URL(linked.thumbnails?.small.url ?? ""));
    expect(openedSmall).toMatchObject({
      hash: small.hash,
      type: "image/webp",
      filename: "small.webp",
    });
    expect(linked.thumbnails?.full.url).toBe(linked.url);
    expect(linked.thumbnails?.full).toMatchObject({ width: 640, height: 480 });
  });

  it("has no members that it has no values for", () => {
    const linked = linkAttachment(place, now, attachment);
    expect(Object.keys(linked)).toEqual(["id", "url", "filename", "size", "type"]);
  });
});
