import { connect, type Socket } from "node:net";

/** One request as it goes over the wire. */
export interface Shot {
  readonly text: string;
  /** Whose it is, for the tally. */
  readonly group: string;
}

/** What became of the requests of one group. */
export interface Tally {
  /** Milliseconds from the moment when a request was due to its whole answer, by status. */
  readonly msByStatus: Map<number, number[]>;
  /** Connections that broke, answers that never came. */
  lost: number;
}

export interface LoopOptions {
  readonly port: number;
  /** Requests a second, whatever becomes of them. */
  readonly rate: number;
  readonly seconds: number;
  readonly next: (turn: number) => Shot;
  /** Connections at most; a request that finds none free waits, and its time runs. */
  readonly connectionsMax?: number;
  /**
   * All connections are opened, and each has had an answer, before the clock runs. Node accepts one connection in each turn of its event loop
   * (libuv since 1.45), so a burst of new ones waits long before any of them is seen.
   */
  readonly openFirst?: boolean;
}

interface Call {
  readonly shot: Shot;
  readonly dueMs: number;
}

/** What opens a connection. */
const FIRST_SHOT: Shot = { group: "", text: "GET /health HTTP/1.1\r\nhost: a.test\r\n\r\n" };
/** How long answers are waited for after the last request, milliseconds. */
const LAST_ANSWERS_MS = 3_000;

/**
 * Sends requests at a fixed rate, as the world does, and not when the one before was answered, as most tools do: only then does a
 * queue that grows show itself.
 */
export async function openLoop({
  port,
  rate,
  seconds,
  next,
  connectionsMax = 400,
  openFirst = false,
}: LoopOptions): Promise<Map<string, Tally>> {
  const tallies = new Map<string, Tally>();
  const tallyOf = ({ group }: Shot): Tally => {
    const tally = tallies.get(group) ?? { msByStatus: new Map(), lost: 0 };
    tallies.set(group, tally);
    return tally;
  };
  const unshown: Tally = { msByStatus: new Map(), lost: 0 };
  const idle: Line[] = [];
  const waiting: Call[] = [];
  const lines = new Set<Line>();
  let open = 0;
  const left = { unanswered: 0 };

  const settled = (line: Line | undefined, call: Call, status: number): void => {
    left.unanswered -= 1;
    const tally = call.shot === FIRST_SHOT ? unshown : tallyOf(call.shot);
    if (status === 0) {
      tally.lost += 1;
    } else {
      const times = tally.msByStatus.get(status) ?? [];
      times.push(performance.now() - call.dueMs);
      tally.msByStatus.set(status, times);
    }
    const follower = waiting.shift();
    if (line === undefined) {
      if (follower !== undefined) {
        send(follower);
      }
    } else if (follower === undefined) {
      idle.push(line);
    } else {
      line.send(follower);
    }
  };
  const send = (call: Call): void => {
    const line = idle.pop();
    if (line !== undefined) {
      line.send(call);
    } else if (open < connectionsMax) {
      open += 1;
      const fresh: Line = new Line(port, {
        settled: (one, status) => settled(fresh.isOpen ? fresh : undefined, one, status),
        closed: () => {
          open -= 1;
          lines.delete(fresh);
          const at = idle.indexOf(fresh);
          if (at !== -1) {
            idle.splice(at, 1);
          }
        },
      });
      lines.add(fresh);
      fresh.send(call);
    } else {
      waiting.push(call);
    }
  };

  if (openFirst) {
    for (; left.unanswered < connectionsMax; left.unanswered += 1) {
      send({ shot: FIRST_SHOT, dueMs: performance.now() });
    }
    while (left.unanswered > 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  const fromMs = performance.now();
  const total = Math.round(rate * seconds);
  let turn = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      // The first is due at once.
      const due = Math.min(total, 1 + Math.floor(((performance.now() - fromMs) / 1_000) * rate));
      for (; turn < due; turn += 1) {
        left.unanswered += 1;
        send({ shot: next(turn), dueMs: fromMs + (turn / rate) * 1_000 });
      }
      if (turn >= total) {
        clearInterval(timer);
        resolve();
      }
    }, 1);
  });
  const endMs = performance.now() + LAST_ANSWERS_MS;
  while (left.unanswered > 0 && performance.now() < endMs) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const line of lines) {
    line.close();
  }
  return tallies;
}

/** One connection, one request at a time; reads as much of HTTP as our answers need. */
class Line {
  isOpen = true;
  readonly #socket: Socket;
  readonly #settled: (call: Call, status: number) => void;
  #call: Call | undefined;
  #received: Buffer = Buffer.alloc(0);
  #missing = -1;
  #status = 0;

  constructor(
    port: number,
    told: {
      readonly settled: (call: Call, status: number) => void;
      readonly closed: () => void;
    },
  ) {
    this.#settled = told.settled;
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.#socket.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.isOpen = false;
      told.closed();
      this.#end(0);
    });
  }

  send(call: Call): void {
    this.#call = call;
    this.#socket.write(call.shot.text);
  }

  close(): void {
    this.#call = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#missing < 0) {
      this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
      const end = this.#received.indexOf("\r\n\r\n");
      if (end === -1) {
        return;
      }
      const head = this.#received.toString("latin1", 0, end);
      this.#status = Number(head.slice(9, 12));
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
      this.#missing = length - (this.#received.length - end - 4);
      this.#received = Buffer.alloc(0);
    } else {
      this.#missing -= chunk.length;
    }
    if (this.#missing <= 0) {
      this.#missing = -1;
      this.#end(this.#status);
    }
  }

  #end(status: number): void {
    const call = this.#call;
    this.#call = undefined;
    if (call !== undefined) {
      this.#settled(call, status);
    }
  }
}

/** A share of sorted or unsorted times, milliseconds; 0 where there are none. */
export function percentile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
