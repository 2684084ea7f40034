import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** One call that is made again and again. */
export interface LoadCall {
  readonly method?: string;
  readonly path: string;
  readonly key: string;
  readonly body?: string;
}

/** Between two calls of a caller: half of what a small machine can do, so that nobody is turned away for want of room. */
const PAUSE_MS = 15;

/** What went wrong, as the caller saw it. */
export interface LoadFailure {
  readonly lane: string;
  readonly what: string;
}

/**
 * Callers that never stop: some on a connection that they keep, some on a new one each time. A balancer in front is played by
 * `target`, which is asked before each call. No call is tried twice.
 */
export class SteadyLoad {
  readonly failures: LoadFailure[] = [];
  /** Calls that were answered with 200. */
  answered = 0;
  readonly #lanes: Promise<void>[] = [];
  #isOver = false;

  start(
    target: () => string,
    {
      kept,
      fresh,
      calls,
    }: { readonly kept: number; readonly fresh: number; readonly calls: readonly LoadCall[] },
  ): void {
    for (let lane = 0; lane < kept + fresh; lane += 1) {
      const keepAlive = lane < kept;
      const agent = new Agent({ keepAlive, maxSockets: 1 });
      const name = `${keepAlive ? "kept" : "fresh"} ${lane}`;
      this.#lanes.push(this.#run(target, calls, { name, agent }));
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }

  async #run(
    target: () => string,
    calls: readonly LoadCall[],
    { name, agent }: { readonly name: string; readonly agent: Agent },
  ): Promise<void> {
    for (let turn = 0; !this.#isOver; turn += 1) {
      const call = calls[turn % calls.length];
      if (call === undefined) {
        return;
      }
      const what = await answerTo(target(), call, agent);
      if (what === "200") {
        this.answered += 1;
      } else {
        this.failures.push({ lane: name, what });
      }
      await sleep(PAUSE_MS);
    }
    agent.destroy();
  }
}

/** The status, with what was said where it is not 200, or the error of the connection. */
function answerTo(
  url: string,
  { method = "GET", path, key, body }: LoadCall,
  agent: Agent,
): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(
      `${url}${path}`,
      {
        method,
        agent,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
        },
      },
      (answer) => {
        answer.on("error", (error: Error) => resolve(`answer: ${error.message}`));
        let text = "";
        answer.setEncoding("utf8").on("data", (chunk: string) => {
          text = answer.statusCode === 200 ? "" : text + chunk;
        });
        answer.on("end", () => resolve(`${answer.statusCode} ${text}`.trim()));
      },
    );
    sent.on("error", (error: Error & { code?: string }) => resolve(error.code ?? error.message));
    sent.end(body);
  });
}
