import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "undici";

/** A small service of its own, as a team might have one, which can be told to fail or to be slow. */
export interface ToyService {
  readonly url: string;
  /** From now on each answer is a 500. */
  failing: boolean;
  /** From now on each answer takes so much longer, milliseconds. */
  slowerMs: number;
  close(): Promise<void>;
}

/** Starts one that answers its name to everything. */
export async function startToyService(name: string): Promise<ToyService> {
  const toy = { failing: false, slowerMs: 0 };
  const server = createServer((message, response) => {
    message.resume();
    message.once("end", () => {
      setTimeout(() => {
        response.writeHead(toy.failing ? 500 : 200, { "content-type": "text/plain" });
        response.end(name);
      }, 2 + toy.slowerMs);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return Object.assign(toy, {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  });
}

/** What a load has seen since it was last asked. */
export interface Seen {
  readonly requests: number;
  /** By the name of the service that answered. */
  readonly by: Readonly<Record<string, number>>;
  /** Everything that was no success, in words. */
  readonly failed: readonly string[];
  /** Which service each user reached last. */
  readonly users: ReadonlyMap<number, string>;
}

/** A load of reads and writes by many users that runs until it is stopped. */
export interface Load {
  take(): Seen;
  /** Waits until this many more requests have been answered. */
  more(requests: number): Promise<void>;
  stop(): Promise<void>;
}

const LANES = 8;
const USERS = 300;

/** Starts a load on one address: every fifth request is a write with a body. */
export function startLoad(url: string): Load {
  const agent = new Agent({ connections: LANES });
  const stopping = new AbortController();
  let seen = empty();
  let total = 0;
  const lane = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const user = Math.floor(Math.random() * USERS);
      const isWrite = total % 5 === 0;
      total += 1;
      try {
        const { statusCode, body } = await agent.request({
          origin: url,
          path: `/things/${user}`,
          method: isWrite ? "POST" : "GET",
          headers: { cookie: `basalt_route=user${user}` },
          ...(isWrite ? { body: "x".repeat(1_000) } : {}),
        });
        const name = await body.text();
        seen.requests += 1;
        seen.by[name] = (seen.by[name] ?? 0) + 1;
        seen.users.set(user, name);
        if (statusCode !== 200) {
          seen.failed.push(`${statusCode} ${name.slice(0, 200)}`);
        }
      } catch (error) {
        seen.requests += 1;
        seen.failed.push(String(error));
      }
    }
  };
  const lanes = Array.from({ length: LANES }, lane);
  return {
    take: () => {
      const taken = seen;
      seen = empty();
      return taken;
    },
    more: async (requests) => {
      const until = total + requests;
      const isThere = (): boolean => total >= until || stopping.signal.aborted;
      while (!isThere()) {
        await sleep(5);
      }
    },
    stop: async () => {
      stopping.abort();
      await Promise.all(lanes);
      await agent.close();
    },
  };
}

function empty(): {
  requests: number;
  by: Record<string, number>;
  failed: string[];
  users: Map<number, string>;
} {
  return { requests: 0, by: {}, failed: [], users: new Map() };
}
