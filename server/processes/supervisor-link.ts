import { once } from "node:events";
import type { ChildStart, FromChild, StopOrder, ToChild } from "./messages.ts";

/** A socket as it arrives: `net.Server.listen` takes it. */
type ArrivedSocket = object;

/** A child's way to its supervisor. */
export interface SupervisorLink {
  readonly start: ChildStart;
  readonly socket: ArrivedSocket | undefined;
  /** The figures of all processes in Prometheus' format. Rejects when the supervisor does not answer in time. */
  allFigures(): Promise<string>;
  ready(): void;
  failed(error: { readonly message: string; readonly expected: boolean }): Promise<void>;
  /** What the supervisor may ask from now on. `stop` is called once, also when the supervisor is gone. */
  serve(callbacks: {
    readonly stop: (order: StopOrder) => void;
    readonly figures: () => Promise<string>;
    readonly take: (socket: ArrivedSocket) => Promise<() => void>;
  }): void;
}

const ANSWER_MAX_MS = 2_000;

/** Says hello and waits to be told what to be. */
export async function joinSupervisor(): Promise<SupervisorLink> {
  const telling = once(process, "message") as Promise<[ToChild, ArrivedSocket | undefined]>;
  send({ kind: "hello" });
  const [message, socket] = await telling;
  if (message.kind !== "start") {
    throw new Error(`a child was told to ${message.kind} before it was started`);
  }
  const asked = new Map<number, (text: string) => void>();
  let asks = 0;
  return {
    start: message.start,
    socket,
    ready: () => send({ kind: "ready" }),
    failed: ({ message: text, expected }) =>
      new Promise((resolve) => {
        process.send?.({ kind: "failed", message: text, expected } satisfies FromChild, () =>
          resolve(),
        );
      }),
    allFigures: () => {
      asks += 1;
      const ask = asks;
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          asked.delete(ask);
          reject(new Error("the supervisor does not answer"));
        }, ANSWER_MAX_MS);
        asked.set(ask, (text) => {
          clearTimeout(timer);
          asked.delete(ask);
          resolve(text);
        });
        send({ kind: "all-figures-asked", ask });
      });
    },
    serve: (callbacks) => serve(callbacks, (ask, text) => asked.get(ask)?.(text)),
  };
}

function serve(
  { stop, figures, take }: Parameters<SupervisorLink["serve"]>[0],
  onAllFigures: (ask: number, text: string) => void,
): void {
  const taken = new Map<string, Promise<() => void>>();
  process.on("message", (message: ToChild, socket: ArrivedSocket | undefined) => {
    switch (message.kind) {
      case "stop":
        stop(message.order);
        break;
      case "figures-asked":
        figures()
          .then((text) => send({ kind: "figures", ask: message.ask, text }))
          .catch(() => undefined);
        break;
      case "all-figures":
        onAllFigures(message.ask, message.text);
        break;
      case "take":
        if (socket !== undefined) {
          taken.set(message.place, take(socket));
        }
        break;
      case "give-back":
        taken
          .get(message.place)
          ?.then((giveBack) => giveBack())
          .catch(() => undefined);
        taken.delete(message.place);
        break;
      case "start":
    }
  });
  // Without its supervisor nobody would restart it or stop it.
  process.once("disconnect", () => stop({ drainMs: 0, idleMs: 0, handsOver: false }));
}

function send(message: FromChild): void {
  if (process.connected) {
    process.send?.(message, undefined, undefined, () => undefined);
  }
}
