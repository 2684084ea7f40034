import { type ChildProcess, fork, type SendHandle } from "node:child_process";
import { StartError } from "#kernel";
import type { SharedSocket } from "./listening-sockets.ts";
import type { ChildStart, FromChild, StopOrder, ToChild } from "./messages.ts";

/** A start with migrations of a large database may take minutes; one that says nothing for so long hangs. */
const READY_MAX_MS = 600_000;
/** Beyond what it was given, a stop that takes longer than this is stuck. */
const STOP_MAX_MS = 25_000;
/** A child that does not say its figures in time is left out of the scrape. */
const FIGURES_MAX_MS = 1_000;

export interface ChildOptions {
  /** The program of the child. */
  readonly program: URL;
  readonly start: ChildStart;
  readonly socket: SharedSocket | undefined;
  /** It wants the figures of all. */
  readonly onFiguresAsked: () => Promise<string>;
}

/** One child, from its start to its end. */
export class Child {
  readonly name: string;
  /** Resolves when it serves; rejects with the reason when it cannot. */
  readonly ready: Promise<void>;
  /** Resolves when it has ended, with a word on how. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;
  readonly #figures = new Map<number, (text: string) => void>();
  #asks = 0;
  #isStopping = false;

  constructor({ program, start, socket, onFiguresAsked }: ChildOptions) {
    this.name = start.name;
    const child = fork(program, [], {
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#process = child;
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
      // A child that could not even be started has no exit.
      child.once("error", (error) => resolve(error.message));
    });
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(reject, `The process ${start.name} did not get ready.`),
        READY_MAX_MS,
      );
      this.ended.then((how) => {
        clearTimeout(timer);
        reject(new StartError(`The process ${start.name} ended (${how}) before it was ready.`));
      }, reject);
      child.on("message", (message: FromChild) => {
        switch (message.kind) {
          case "hello":
            this.#send({ kind: "start", start }, socket);
            break;
          case "ready":
            clearTimeout(timer);
            resolve();
            break;
          case "failed":
            reject(message.expected ? new StartError(message.message) : new Error(message.message));
            break;
          case "figures":
            this.#figures.get(message.ask)?.(message.text);
            break;
          case "all-figures-asked":
            onFiguresAsked()
              .then((text) => this.#send({ kind: "all-figures", ask: message.ask, text }))
              .catch(() => undefined);
        }
      });
    });
    // Whoever waits for it handles it; nobody may be waiting yet.
    this.ready.catch(() => undefined);
  }

  /** Its number; 0 when it could not be started. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** True from the moment on at which it was told to stop. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Takes connections of another place as well, until `giveBack`. */
  take(place: string, socket: SharedSocket): void {
    this.#send({ kind: "take", place }, socket);
  }

  giveBack(place: string): void {
    this.#send({ kind: "give-back", place });
  }

  /** Its own figures in Prometheus' format; empty when it does not answer in time. */
  async figures(): Promise<string> {
    this.#asks += 1;
    const ask = this.#asks;
    const text = await new Promise<string>((resolve) => {
      const timer = setTimeout(() => resolve(""), FIGURES_MAX_MS);
      this.#figures.set(ask, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#send({ kind: "figures-asked", ask });
    });
    this.#figures.delete(ask);
    return text;
  }

  /** Stops it as ordered, by force when that takes too long. Resolves when it has ended. */
  async stop(order: StopOrder): Promise<void> {
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#send({ kind: "stop", order });
    }
    const stuck = setTimeout(
      () => this.#process.kill("SIGKILL"),
      order.drainMs + order.idleMs + STOP_MAX_MS,
    );
    await this.ended;
    clearTimeout(stuck);
  }

  /** Ends it without waiting for anything. */
  kill(): void {
    this.#isStopping = true;
    this.#process.kill("SIGKILL");
  }

  #fail(reject: (error: Error) => void, message: string): void {
    reject(new StartError(message));
    this.kill();
  }

  #send(message: ToChild, socket?: SharedSocket): void {
    if (this.#process.connected) {
      // A child that has just ended is noticed by its end.
      this.#process.send(message, socket as SendHandle | undefined, () => undefined);
    }
  }
}
