import { mkdtempSync, readdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { inTransaction, isId } from "#kernel";
import { testWorld } from "../kernel/testing/world.ts";
import { ATTACHMENT_SIZE_MAX_BYTES, blobKey } from "./attachment.ts";
import { imageProcess } from "./image-process.ts";
import { readBlob } from "./read-blob.ts";
import { storeAttachment } from "./store-attachment.ts";
import { sweepBlobs, SWEEP_AFTER_MS } from "./sweep-blobs.ts";

const dataDir = mkdtempSync(path.join(tmpdir(), "basalt-files-"));
const world = testWorld({ config: { dataDir } });

afterAll(async () => {
  world().parts.of(imageProcess).close();
  await rm(dataDir, { recursive: true, force: true });
});

async function textOf(hash: string): Promise<string> {
  return Buffer.concat(await Array.fromAsync(await readBlob(world(), hash))).toString();
}

function photo(width: number, height: number, background = "teal"): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

async function* pieces(size: number, piece: Buffer): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < size; sent += piece.length) {
    yield piece.subarray(0, Math.min(piece.length, size - sent));
  }
}

function spoolIsEmpty(): boolean {
  return (
    !readdirSync(dataDir).includes("spool") || readdirSync(path.join(dataDir, "spool")).length === 0
  );
}

describe("an attachment", () => {
  it("is stored, and described as the cell keeps it", async () => {
    const attachment = await storeAttachment(world().system, {
      bytes: Buffer.from("hello"),
      filename: "../notes.txt",
      contentType: "text/plain",
    });
    expect(attachment).toEqual({
      id: attachment.id,
      filename: "notes.txt",
      size: 5,
      type: "text/plain",
      hash: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    });
    expect(isId("att", attachment.id)).toBe(true);
    expect(await textOf(attachment.hash)).toBe("hello");
  });

  it("keeps an id that is known", async () => {
    const id = "attAAAAAAAAAAAAAA";
    const kept = await storeAttachment(world().system, {
      bytes: Buffer.from("x"),
      filename: "x",
      id,
    });
    expect(kept.id).toBe(id);
  });

  it("that is an image has its size and three thumbnails, which can be read", async () => {
    const bytes = await photo(1_600, 900);
    const attachment = await storeAttachment(world().system, {
      bytes,
      filename: "a.png",
      contentType: "text/html",
    });
    expect(attachment).toMatchObject({
      type: "image/png",
      width: 1_600,
      height: 900,
      thumbnails: {
        small: { width: 64, height: 36 },
        large: { width: 910, height: 512 },
        full: { width: 1_600, height: 900, hash: attachment.hash },
      },
    });
    const small = await Array.fromAsync(
      await readBlob(world(), attachment.thumbnails?.small.hash ?? ""),
    );
    expect(await sharp(Buffer.concat(small)).metadata()).toMatchObject({
      format: "webp",
      width: 64,
      height: 36,
    });
  });

  it("stored twice is one blob with the same description, whatever it is called", async () => {
    const bytes = await photo(900, 700, "red");
    const first = await storeAttachment(world().system, { bytes, filename: "a.png" });
    const second = await storeAttachment(world().system, { bytes, filename: "b.png" });
    expect(second).toEqual({ ...first, id: second.id, filename: "b.png" });
    expect(second.id).not.toBe(first.id);
  });

  it("stored by many at once is stored well", async () => {
    const bytes = await photo(800, 800, "blue");
    const all = await Promise.all(
      Array.from({ length: 8 }, () =>
        storeAttachment(world().system, { bytes, filename: "a.png" }),
      ),
    );
    expect(new Set(all.map(({ id }) => id)).size).toBe(8);
    expect(new Set(all.map(({ id: _id, ...rest }) => JSON.stringify(rest))).size).toBe(1);
  });

  it("whose bytes were lost is stored anew", async () => {
    const bytes = Buffer.from("lost and found");
    const first = await storeAttachment(world().system, { bytes, filename: "a.txt" });
    await world().store.delete(blobKey(first.hash));
    await storeAttachment(world().system, { bytes, filename: "a.txt" });
    expect(await textOf(first.hash)).toBe("lost and found");
  });

  it("that is large goes through a file, which is gone afterwards", async () => {
    const piece = Buffer.alloc(100_000, "basalt");
    const attachment = await storeAttachment(world().system, {
      bytes: pieces(3_050_000, piece),
      filename: "big.bin",
    });
    expect(attachment.size).toBe(3_050_000);
    expect(await world().store.size(blobKey(attachment.hash))).toBe(3_050_000);
    expect(spoolIsEmpty()).toBe(true);
  });

  it("has the same bytes however they came", async () => {
    const whole = Buffer.from(Array.from({ length: 2_500_000 }, (_, index) => index % 251));
    const hashes = new Set<string>();
    for (const length of [1_000, 65_536, 1_048_576, 1_048_577, 2_500_000]) {
      async function* cut(): AsyncGenerator<Uint8Array> {
        for (let at = 0; at < whole.length; at += length) {
          yield whole.subarray(at, at + length);
        }
      }
      const { hash } = await storeAttachment(world().system, { bytes: cut(), filename: "x.bin" });
      hashes.add(hash);
      await world().store.delete(blobKey(hash));
      await storeAttachment(world().system, { bytes: cut(), filename: "x.bin" });
      const kept = Buffer.concat(await Array.fromAsync(await readBlob(world(), hash)));
      expect(kept.equals(whole)).toBe(true);
    }
    expect(hashes.size).toBe(1);
  });

  it("that is a large image is rendered from its file", async () => {
    const noise = Buffer.alloc(1_000 * 1_000 * 3);
    for (let index = 0; index < noise.length; index += 1) {
      noise[index] = (index * 2_654_435_761) >>> 13;
    }
    const bytes = await sharp(noise, { raw: { width: 1_000, height: 1_000, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    const attachment = await storeAttachment(world().system, {
      bytes: pieces(bytes.length, bytes),
      filename: "n.png",
    });
    expect(bytes.length).toBeGreaterThan(2_000_000);
    expect(attachment.thumbnails?.large).toMatchObject({ width: 512, height: 512 });
    expect(spoolIsEmpty()).toBe(true);
  });
});

describe("bad input", () => {
  it.each([
    ["nothing", Buffer.alloc(0), "empty.png"],
    [
      "half a JPEG",
      Buffer.from("ffd8ffe000104a46494600010100000100010000ffdb0043", "hex"),
      "half.jpg",
    ],
    ["a PNG's mark alone", Buffer.from("89504e470d0a1a0a", "hex"), "mark.png"],
    ["a text in an image's clothes", Buffer.from("<svg onload=alert(1)>"), "x.png"],
    ["an image of no name", Buffer.from("x"), "\0\u{202e}"],
  ])("is stored as it is, without thumbnails: %s", async (_what, bytes, filename) => {
    const attachment = await storeAttachment(world().system, {
      bytes,
      filename,
      contentType: "image/png",
    });
    expect(attachment.size).toBe(bytes.length);
    expect(attachment.thumbnails).toBeUndefined();
    expect(attachment.filename).not.toBe("");
  });

  it("beyond 100 MB is refused and leaves nothing", async () => {
    const piece = Buffer.alloc(8 * 1024 * 1024);
    await expect(
      storeAttachment(world().system, {
        bytes: pieces(ATTACHMENT_SIZE_MAX_BYTES + 1, piece),
        filename: "x",
      }),
    ).rejects.toMatchObject({ kind: "too-large", code: "files.too-large" });
    expect(spoolIsEmpty()).toBe(true);
  });

  it("that breaks off leaves nothing", async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(2_000_000);
      throw new Error("the sender has gone");
    }
    await expect(
      storeAttachment(world().system, { bytes: broken(), filename: "x" }),
    ).rejects.toThrow("has gone");
    expect(spoolIsEmpty()).toBe(true);
  });

  it("is a transaction that is open already", async () => {
    await expect(
      inTransaction(world().system, (tx) =>
        storeAttachment(tx, { bytes: Buffer.from("x"), filename: "x" }),
      ),
    ).rejects.toThrow("before the transaction");
  });
});

describe("a sweep", () => {
  const nobody = async (): Promise<ReadonlySet<string>> => new Set();

  it("leaves what is young, what is used and the renderings of both; the rest goes, file and all", async () => {
    await sweepAt(SWEEP_AFTER_MS + 60_000, nobody);
    await sweepAt(SWEEP_AFTER_MS + 60_000, nobody);
    const used = await storeAttachment(world().system, {
      bytes: await photo(700, 600, "green"),
      filename: "u.png",
    });
    const unused = await storeAttachment(world().system, {
      bytes: await photo(600, 700, "grey"),
      filename: "x.png",
    });
    expect(await sweepAt(SWEEP_AFTER_MS - 60_000, nobody)).toBe(0);

    const asked: string[] = [];
    const usedOnly = async (hashes: readonly string[]): Promise<ReadonlySet<string>> => {
      asked.push(...hashes);
      return new Set([used.hash]);
    };
    expect(await sweepAt(SWEEP_AFTER_MS + 60_000, usedOnly)).toBeGreaterThanOrEqual(1);
    await sweepAt(SWEEP_AFTER_MS + 60_000, usedOnly);
    for (const hash of [used.hash, used.thumbnails?.small.hash, used.thumbnails?.large.hash]) {
      expect(await world().store.size(blobKey(hash ?? ""))).toBeGreaterThan(0);
      expect(hash === used.hash || !asked.includes(hash ?? "")).toBe(true);
    }
    for (const hash of [
      unused.hash,
      unused.thumbnails?.small.hash,
      unused.thumbnails?.large.hash,
    ]) {
      expect(await world().store.size(blobKey(hash ?? ""))).toBeUndefined();
    }
  });

  it("leaves what is stored again while it asks", async () => {
    const bytes = Buffer.from("wanted again");
    const { hash } = await storeAttachment(world().system, { bytes, filename: "a.txt" });
    await sweepAt(SWEEP_AFTER_MS + 60_000, async () => {
      await storeAttachment(world().system, { bytes, filename: "a.txt" });
      return new Set();
    });
    expect(await textOf(hash)).toBe("wanted again");
  });

  it("beside writers of the same bytes never parts a row from its file", async () => {
    const bytes = Buffer.from("contested");
    for (let round = 0; round < 10; round += 1) {
      const [stored] = await Promise.all([
        storeAttachment(world().system, { bytes, filename: "a.txt" }),
        sweepAt(SWEEP_AFTER_MS + 60_000, nobody),
      ]);
      const again = await storeAttachment(world().system, { bytes, filename: "a.txt" });
      expect(again.hash).toBe(stored.hash);
      expect(await textOf(again.hash)).toBe("contested");
    }
  });

  /** Sweeps as if so much time had passed; whoever stores meanwhile lives at that time, too. */
  async function sweepAt(
    passedMs: number,
    stillUsed: Parameters<typeof sweepBlobs>[1],
  ): Promise<number> {
    world().setClock(new Date(Date.now() + passedMs));
    try {
      return await sweepBlobs(world().system, stillUsed);
    } finally {
      world().setClock(null);
    }
  }
});
