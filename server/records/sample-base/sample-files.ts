import { crc32, deflateSync } from "node:zlib";
import { storeAttachment, type Attachment } from "#files";
import type { Scope } from "#kernel";
import { Dice } from "./dice.ts";

/** Files that the records of the sample share. */
export interface SampleFiles {
  readonly pictures: readonly Attachment[];
  readonly texts: readonly Attachment[];
}

const PICTURES = 8;
const TEXTS = 4;
const SIDE_PIXELS = 96;

/** Stores small pictures and texts, the same each time. */
export async function storeSampleFiles(scope: Scope): Promise<SampleFiles> {
  const pictures: Attachment[] = [];
  for (let index = 0; index < PICTURES; index += 1) {
    const filename = `picture-${index + 1}.png`;
    pictures.push(await storeAttachment(scope, { bytes: picture(index), filename }));
  }
  const texts: Attachment[] = [];
  for (let index = 0; index < TEXTS; index += 1) {
    const bytes = new TextEncoder().encode(sheet(index));
    texts.push(await storeAttachment(scope, { bytes, filename: `sheet-${index + 1}.txt` }));
  }
  return { pictures, texts };
}

function sheet(index: number): string {
  const dice = new Dice(index + 1);
  const lines = ["Alder & Finch", `Sheet ${index + 1}`, ""];
  for (const what of ["Water", "Dose", "Grind", "Shelf life in days", "Weight of a carton in g"]) {
    lines.push(`${what}: ${dice.whole(1, 400)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** A round shape on a plain ground, in colours of its own. */
function picture(index: number): Uint8Array {
  const dice = new Dice(1_000 + index);
  const [ground, shape] = [colour(dice), colour(dice)];
  const radius = dice.whole(18, 40);
  const rows = Buffer.alloc(SIDE_PIXELS * (1 + 3 * SIDE_PIXELS));
  for (let y = 0; y < SIDE_PIXELS; y += 1) {
    for (let x = 0; x < SIDE_PIXELS; x += 1) {
      const inside = (x - SIDE_PIXELS / 2) ** 2 + (y - SIDE_PIXELS / 2) ** 2 < radius ** 2;
      const at = y * (1 + 3 * SIDE_PIXELS) + 1 + 3 * x;
      rows.set(inside ? shape : ground, at);
    }
  }
  return png(rows);
}

function colour(dice: Dice): readonly number[] {
  return [dice.whole(40, 230), dice.whole(40, 230), dice.whole(40, 230)];
}

/** 8 bits a channel, red, green, blue, no filter. */
function png(rows: Uint8Array): Uint8Array {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(SIDE_PIXELS, 0);
  head.writeUInt32BE(SIDE_PIXELS, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([
    signature,
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(kind: string, content: Uint8Array): Uint8Array {
  const body = Buffer.concat([Buffer.from(kind, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
