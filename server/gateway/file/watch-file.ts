import { createHash } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { Log, Metrics } from "#kernel";
import { emptyFile, type GatewayFile, type OtherSections } from "./gateway-file.ts";
import { FILE_SIZE_MAX_BYTES, mistakeText, parseFile, type FileMistake } from "./parse-file.ts";

/** How often the file is looked at, whatever the system tells of changes, milliseconds. */
const LOOK_EVERY_MS = 2_000;
/** Editors write in several steps; this long after the last of them it is read, milliseconds. */
const SETTLE_MS = 50;

/** What is known of the file at the moment. */
export interface FileState {
  readonly path: string | null;
  /** The file in force. */
  readonly file: GatewayFile;
  /** When it came into force. */
  readonly loadedAt: Date;
  /** Of its text. */
  readonly hash: string;
  /** What is wrong with the newer text that was refused; empty when the file on disk is the one in force. */
  readonly mistakes: readonly FileMistake[];
  readonly refusedAt: Date | null;
}

/** A gateway file that is watched. */
export interface WatchedFile {
  readonly state: FileState;
  /** Looks now; resolves when the file in force is that on disk, or its mistakes are known. */
  look(): Promise<void>;
  /** Calls back with each new file in force; answers the way to stop. */
  listen(callback: (file: GatewayFile) => void): () => void;
  close(): void;
}

export interface WatchOptions {
  /** Absolute; null for none. */
  readonly path: string | null;
  readonly others?: OtherSections;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly now: () => Date;
  /** More checks that only the place of use can make; answers what is wrong. */
  readonly check?: (file: GatewayFile) => Promise<readonly FileMistake[]>;
}

/** The file cannot be used at start: there is no older one to keep. */
export class GatewayFileError extends Error {
  readonly mistakes: readonly FileMistake[];

  constructor(file: string, mistakes: readonly FileMistake[]) {
    super(`${file}: ${mistakes.map(mistakeText).join("; ")}.`);
    this.name = "GatewayFileError";
    this.mistakes = mistakes;
  }
}

/**
 * Reads the file and follows it: written in place, replaced by rename, missing for a moment. A text that is wrong is told to
 * log, metrics and `state`, and the file in force stays. Throws `GatewayFileError` where the first text is wrong.
 */
export async function watchFile(options: WatchOptions): Promise<WatchedFile> {
  const watched = new Watched(options);
  await watched.open();
  return watched;
}

class Watched implements WatchedFile {
  state: FileState;
  private readonly options: WatchOptions;
  private readonly listeners = new Set<(file: GatewayFile) => void>();
  private readonly count: (outcome: string) => void;
  private seen = "";
  private refusedHash: string | undefined;
  private looking: Promise<void> = Promise.resolve();
  private watcher: FSWatcher | undefined;
  private timer: NodeJS.Timeout | undefined;
  private settling: NodeJS.Timeout | undefined;

  constructor(options: WatchOptions) {
    this.options = options;
    const { metrics, now, path: file } = options;
    this.state = {
      path: file,
      file: emptyFile,
      loadedAt: now(),
      hash: "",
      mistakes: [],
      refusedAt: null,
    };
    const loads = metrics.counter(
      "gateway_file_loads_total",
      "Gateway files read after a change, by outcome",
      ["outcome"],
    );
    this.count = (outcome) => loads.inc({ outcome });
    metrics.gauge(
      "gateway_file_valid",
      "1 where the gateway file on disk is the one in force",
      [],
      (gauge) => gauge.set(this.state.mistakes.length === 0 ? 1 : 0),
    );
  }

  async open(): Promise<void> {
    const { path: file } = this.options;
    if (file === null) {
      return;
    }
    await this.look();
    if (this.state.mistakes.length > 0) {
      throw new GatewayFileError(file, this.state.mistakes);
    }
    this.timer = setInterval(() => void this.look(false), LOOK_EVERY_MS).unref();
    try {
      // The folder: a file that is replaced takes its watcher along.
      this.watcher = watch(path.dirname(file), { persistent: false }, (_event, name) => {
        if (name === null || name === path.basename(file)) {
          clearTimeout(this.settling);
          this.settling = setTimeout(() => void this.look(true), SETTLE_MS).unref();
        }
      });
      this.watcher.on("error", () => this.watcher?.close());
    } catch (error) {
      this.options.log.debug({ err: error }, "the gateway file is only polled");
    }
  }

  look(always = true): Promise<void> {
    this.looking = this.looking.then(() => this.read(always));
    return this.looking;
  }

  listen(callback: (file: GatewayFile) => void): () => void {
    this.listeners.add(callback);
    return () => this.listeners.delete(callback);
  }

  close(): void {
    clearInterval(this.timer);
    clearTimeout(this.settling);
    this.watcher?.close();
  }

  private async read(always: boolean): Promise<void> {
    const { path: file, others, check } = this.options;
    if (file === null) {
      return;
    }
    let text: string;
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const seen = `${mtimeMs} ${size} ${ino}`;
      if (!always && seen === this.seen) {
        return;
      }
      this.seen = seen;
      if (size > FILE_SIZE_MAX_BYTES) {
        this.refuse([{ line: 1, path: "", message: "is larger than 1 MiB" }], seen);
        return;
      }
      text = await readFile(file, "utf8");
    } catch (error) {
      this.seen = "";
      const why = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
      this.refuse([{ line: 1, path: "", message: `cannot be read (${why})` }], why);
      return;
    }
    const hash = createHash("sha256").update(text).digest("hex");
    if (hash === this.state.hash) {
      this.state = { ...this.state, mistakes: [], refusedAt: null };
      this.refusedHash = undefined;
      return;
    }
    const parsed = parseFile(text, others);
    const mistakes =
      parsed.file === undefined ? parsed.mistakes : ((await check?.(parsed.file)) ?? []);
    if (parsed.file === undefined || mistakes.length > 0) {
      this.refuse(mistakes, hash);
      return;
    }
    this.take(parsed.file, hash);
  }

  private take(file: GatewayFile, hash: string): void {
    const { log, now, path: from } = this.options;
    this.state = { ...this.state, file, hash, loadedAt: now(), mistakes: [], refusedAt: null };
    this.refusedHash = undefined;
    this.count("taken");
    log.info({ file: from, routes: file.routes.length }, "the gateway file is in force");
    for (const callback of this.listeners) {
      callback(file);
    }
  }

  /** Once for each wrong text, however often it is looked at. */
  private refuse(mistakes: readonly FileMistake[], hash: string): void {
    if (this.refusedHash === hash) {
      return;
    }
    const { log, now, path: from } = this.options;
    this.refusedHash = hash;
    this.state = { ...this.state, mistakes, refusedAt: now() };
    this.count("refused");
    log.error(
      { file: from, mistakes: mistakes.map(mistakeText) },
      "the gateway file is wrong; the one before it stays in force",
    );
  }
}
