import { fork, type ChildProcess } from "node:child_process";
import { part, type Log, type World } from "#kernel";
import type { ImageAnswer, ImageSource, RenderedImage } from "./render-images.ts";

/** One image, milliseconds; then the process is killed. */
const IMAGE_TIMEOUT_MS = 30_000;

/** Without work the process ends after this, milliseconds: it holds memory that an idle server should not. */
const IDLE_TIMEOUT_MS = 10_000;

/** Images that may wait; more get no thumbnails. */
const QUEUE_LENGTH_MAX = 256;

/** Types that the process is asked about. SVG is not among them: it is a program, not a picture. */
const IMAGE_TYPES: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/apng",
  "image/webp",
  "image/gif",
  "image/tiff",
  "image/avif",
  "image/heic",
  "image/heif",
]);

/** True where an image's size and renderings may be asked for. */
export function isImageType(type: string): boolean {
  return IMAGE_TYPES.has(type);
}

/** The image process of one world. */
export const imageProcess = part(
  "files.image-process",
  (world: World) => new ImageProcess(world.log),
);

/**
 * A process of its own that decodes images, one at a time: what a hostile image does to a decoder, it does there, without
 * the program's secrets, and an end can be put to it. Started by the first image, gone when there are none.
 */
export class ImageProcess {
  private readonly log: Log;
  private readonly waiting: (() => void)[] = [];
  private child: ChildProcess | undefined;
  private busy = false;
  private jobs = 0;
  private idle: NodeJS.Timeout | undefined;

  constructor(log: Log) {
    this.log = log;
  }

  /** Size and renderings; undefined where the file cannot be read as an image, whatever the reason. Never throws. */
  async render(source: ImageSource): Promise<RenderedImage | undefined> {
    if (this.waiting.length >= QUEUE_LENGTH_MAX) {
      this.log.warn(
        { waiting: this.waiting.length },
        "too many images wait; one gets no thumbnails",
      );
      return undefined;
    }
    await this.turn();
    try {
      return await this.ask(source);
    } finally {
      this.next();
    }
  }

  /** Ends the process; for the end of the program and of tests. */
  close(): void {
    clearTimeout(this.idle);
    this.child?.kill("SIGKILL");
    this.child = undefined;
  }

  private async turn(): Promise<void> {
    if (this.busy) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    this.busy = true;
    clearTimeout(this.idle);
  }

  private next(): void {
    const first = this.waiting.shift();
    if (first !== undefined) {
      first();
      return;
    }
    this.busy = false;
    this.idle = setTimeout(() => this.close(), IDLE_TIMEOUT_MS).unref();
  }

  private ask(source: ImageSource): Promise<RenderedImage | undefined> {
    const child = (this.child ??= this.start());
    const number = (this.jobs += 1);
    return new Promise((resolve) => {
      const done = (image: RenderedImage | undefined): void => {
        clearTimeout(timer);
        child.off("message", onMessage).off("exit", onExit);
        resolve(image);
      };
      const onMessage = (message: unknown): void => {
        const answer = message as ImageAnswer;
        if (answer.number === number) {
          done(answer.image ?? undefined);
        }
      };
      const onExit = (code: number | null, signal: string | null): void => {
        this.log.warn({ code, signal }, "the image process ended; one image gets no thumbnails");
        done(undefined);
      };
      const timer = setTimeout(() => child.kill("SIGKILL"), IMAGE_TIMEOUT_MS);
      child.on("message", onMessage).on("exit", onExit);
      child.send({ number, source }, (error) => {
        if (error !== null) {
          child.kill("SIGKILL");
        }
      });
    });
  }

  private start(): ChildProcess {
    const child = fork(new URL("./render-images.ts", import.meta.url), {
      serialization: "advanced",
      stdio: "ignore",
      execArgv: ["--max-old-space-size=256"],
      // Nothing of the environment: it holds secrets. One arena keeps what the decoder frees from piling up.
      env: { MALLOC_ARENA_MAX: "1", VIPS_CONCURRENCY: "1" },
    });
    child.on("error", (error) =>
      this.log.warn({ error: error.message }, "the image process failed"),
    );
    child.on("exit", () => {
      if (this.child === child) {
        this.child = undefined;
      }
    });
    child.unref();
    child.channel?.unref();
    return child;
  }
}
