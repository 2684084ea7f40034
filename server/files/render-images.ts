import type { Metadata, Sharp, SharpOptions } from "sharp";
import type { ThumbnailName } from "./attachment.ts";

/* Runs in the image process only (see `image-process.ts`): it is started by that file, and imported by no other. */

/** Largest image that is decoded, pixels; checked from the header. */
const PIXELS_MAX = 50_000_000;

/** One rendering, seconds. */
const RENDER_TIMEOUT_S = 10;

/** Boxes that renderings fit into, pixels. Source: Airtable's `small` and `large` are 36 and 512 high, `full` at most 3,000 each way. */
const BOXES = {
  small: { width: 3_000, height: 36 },
  large: { width: 3_000, height: 512 },
  full: { width: 3_000, height: 3_000 },
} as const satisfies Record<ThumbnailName, { width: number; height: number }>;

/** Formats that every browser shows: such an image within the box of `full` is its own `full`. */
const SHOWN_AS_IS: ReadonlySet<string> = new Set(["jpeg", "png", "webp", "gif"]);

/** Where the bytes of an image are. */
export type ImageSource = { readonly bytes: Uint8Array } | { readonly path: string };

export interface RenderedImage {
  /** Pixels as shown. */
  readonly width: number;
  readonly height: number;
  /** Empty where nothing could be rendered; without `full` where the image itself serves. */
  readonly renderings: readonly Rendering[];
}

export interface Rendering {
  readonly name: ThumbnailName;
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface ImageJob {
  readonly number: number;
  readonly source: ImageSource;
}

/** What comes back for a job: nothing where the file is no image that can be read. */
export interface ImageAnswer {
  readonly number: number;
  readonly image: RenderedImage | null;
}

const { default: sharp } = await import("sharp");
sharp.concurrency(1);
sharp.cache(false);
// SVG, PDF and the loaders of other programs stay shut: only these read a file.
sharp.block({ operation: ["VipsForeignLoad"] });
sharp.unblock({
  operation: [
    "VipsForeignLoadJpeg",
    "VipsForeignLoadPng",
    "VipsForeignLoadWebp",
    "VipsForeignLoadNsgif",
    "VipsForeignLoadTiff",
    "VipsForeignLoadHeif",
  ],
});

process.on("message", (job: ImageJob) => {
  void answer(job);
});

async function answer({ number, source }: ImageJob): Promise<void> {
  const image = await render(source).catch(() => null);
  const sent: ImageAnswer = { number, image };
  process.send?.(sent);
}

async function render(source: ImageSource): Promise<RenderedImage> {
  const header = await openImage(source).metadata();
  const { width, height } = header.autoOrient;
  const isStill = (header.pages ?? 1) === 1;
  if (!isStill || header.width * header.height > PIXELS_MAX) {
    return { width, height, renderings: [] };
  }
  const renderings = await renderAll(source, header).catch(() => []);
  return { width, height, renderings };
}

async function renderAll(source: ImageSource, header: Metadata): Promise<Rendering[]> {
  const large = await renderOne("large", openImage(source));
  const small = await renderOne("small", openImage({ bytes: large.bytes }));
  const { width, height } = header.autoOrient;
  const isOwnFull =
    SHOWN_AS_IS.has(header.format) && width <= BOXES.full.width && height <= BOXES.full.height;
  return isOwnFull ? [small, large] : [small, large, await renderOne("full", openImage(source))];
}

async function renderOne(name: ThumbnailName, image: Sharp): Promise<Rendering> {
  const { data, info } = await image
    .autoOrient()
    .resize({ ...BOXES[name], fit: "inside", withoutEnlargement: true })
    .webp({ quality: 80, effort: 2 })
    .timeout({ seconds: RENDER_TIMEOUT_S })
    .toBuffer({ resolveWithObject: true });
  return { name, bytes: data, width: info.width, height: info.height };
}

function openImage(source: ImageSource): Sharp {
  const options: SharpOptions = { limitInputPixels: PIXELS_MAX, failOn: "error", pages: 1 };
  return "path" in source ? sharp(source.path, options) : sharp(source.bytes, options);
}
