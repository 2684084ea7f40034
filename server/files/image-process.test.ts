import { deflateSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { silentLog } from "#kernel";
import { ImageProcess } from "./image-process.ts";

const images = new ImageProcess(silentLog);

afterAll(() => images.close());

function canvas(width: number, height: number): Sharp {
  return sharp({ create: { width, height, channels: 3, background: "teal" } });
}

/** A PNG that says it is so large; its pixels are missing. */
function hugePng(width: number, height: number): Buffer {
  const chunk = (name: string, body: Buffer): Buffer => {
    const type = Buffer.from(name);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(Buffer.concat([type, body])));
    return Buffer.concat([length, type, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.alloc(1_000_000));
  const mark = Buffer.from("89504e470d0a1a0a", "hex");
  return Buffer.concat([
    mark,
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function crc32(bytes: Buffer): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) {
      sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
    }
  }
  return (sum ^ 0xffffffff) >>> 0;
}

describe("an image", () => {
  it("is rendered 36 and 512 high, and serves itself in full", async () => {
    const found = await images.render({ bytes: await canvas(1_600, 900).jpeg().toBuffer() });
    expect(found).toMatchObject({ width: 1_600, height: 900 });
    expect(found?.renderings.map(({ name, width, height }) => [name, width, height])).toEqual([
      ["small", 64, 36],
      ["large", 910, 512],
    ]);
    for (const { bytes, width, height } of found?.renderings ?? []) {
      expect(await sharp(bytes).metadata()).toMatchObject({ format: "webp", width, height });
    }
  });

  it("larger than 3,000 pixels is rendered in full", async () => {
    const found = await images.render({ bytes: await canvas(6_000, 1_000).png().toBuffer() });
    expect(found?.renderings.at(-1)).toMatchObject({ name: "full", width: 3_000, height: 500 });
  });

  it("that browsers do not show is rendered in full", async () => {
    const found = await images.render({ bytes: await canvas(40, 30).tiff().toBuffer() });
    expect(found?.renderings.map(({ name, width, height }) => [name, width, height])).toEqual([
      ["small", 40, 30],
      ["large", 40, 30],
      ["full", 40, 30],
    ]);
  });

  it("is turned as the camera says", async () => {
    const bytes = await canvas(200, 100).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const found = await images.render({ bytes });
    expect(found).toMatchObject({ width: 100, height: 200 });
    expect(found?.renderings[0]).toMatchObject({ width: 18, height: 36 });
  });

  it("of extreme shape stays within the boxes", async () => {
    const found = await images.render({ bytes: await canvas(30_000, 2).png().toBuffer() });
    expect(found?.renderings.every(({ width }) => width <= 3_000)).toBe(true);
    expect(await images.render({ bytes: await canvas(1, 1).png().toBuffer() })).toMatchObject({
      width: 1,
      height: 1,
    });
  });

  it("with too many pixels has a size and no renderings", async () => {
    const found = await images.render({ bytes: hugePng(100_000, 100_000) });
    expect(found?.renderings ?? []).toEqual([]);
  });

  it("that moves has a size and no renderings", async () => {
    const frames = await canvas(10, 20).png().toBuffer();
    const moving = await sharp([frames, await canvas(10, 20).negate().png().toBuffer()], {
      join: { animated: true },
    })
      .gif()
      .toBuffer();
    expect(await images.render({ bytes: moving })).toEqual({
      width: 10,
      height: 20,
      renderings: [],
    });
  });

  it("that was cut off has no renderings", async () => {
    const whole = await sharp(Buffer.alloc(300 * 300 * 3, "noise"), {
      raw: { width: 300, height: 300, channels: 3 },
    })
      .jpeg()
      .toBuffer();
    const found = await images.render({ bytes: whole.subarray(0, Math.floor(whole.length / 2)) });
    expect(found?.renderings ?? []).toEqual([]);
  });

  it.each([
    ["nothing", Buffer.alloc(0)],
    ["a text", Buffer.from("hello")],
    ["a mark alone", Buffer.from("89504e470d0a1a0a", "hex")],
    [
      "SVG",
      Buffer.from(
        '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="9" height="9"/></svg>',
      ),
    ],
    ["a PDF", Buffer.from("%PDF-1.7\n")],
  ])("that is %s is none", async (_what, bytes) => {
    expect(await images.render({ bytes })).toBeUndefined();
  });

  it("is waited for in turn, and after the process died", async () => {
    const bytes = await canvas(100, 100).png().toBuffer();
    const all = await Promise.all(Array.from({ length: 5 }, () => images.render({ bytes })));
    expect(all.every((found) => found?.renderings.length === 2)).toBe(true);
    const dying = images.render({ bytes: await canvas(4_000, 4_000).png().toBuffer() });
    await new Promise(setImmediate);
    images.close();
    expect(await dying).toBeUndefined();
    expect(await images.render({ bytes })).toMatchObject({ width: 100, height: 100 });
  });
});
