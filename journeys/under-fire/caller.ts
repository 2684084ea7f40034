import { Agent, request } from "node:http";
import type { Seen } from "./history.ts";

const callMaxMs = 15_000;

/** One call of a client. */
export interface Asked {
  readonly process: number;
  readonly url: string;
  readonly token: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly minTxn?: number | undefined;
}

/** What came back: what the history needs, and the body. */
export interface Came {
  readonly seen: Pick<
    Seen,
    "client" | "process" | "connection" | "startMs" | "endMs" | "status" | "txn"
  >;
  readonly text: string;
}

/** A client with one keep-alive connection to each process. */
export class Caller {
  readonly client: number;
  private readonly agents = new Map<number, Agent>();
  /** Sockets by process, so that a new connection gets a new name. */
  private readonly connections = new Map<number, { socket: unknown; count: number }>();

  constructor(client: number) {
    this.client = client;
  }

  /** Never rejects: no answer has the status 0. */
  ask({ process, url, token, method, body, minTxn }: Asked): Promise<Came> {
    const startMs = performance.now();
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise((resolve) => {
      let connection = `${this.client}/${process}/none`;
      const came = (status: number, answer: string, txn?: number): void => {
        const endMs = performance.now();
        const common = { client: this.client, process, connection, startMs, endMs, status };
        resolve({ seen: txn === undefined ? common : { ...common, txn }, text: answer });
      };
      const sent = request(url, {
        agent: this.agent(process),
        method: method ?? (body === undefined ? "GET" : "POST"),
        timeout: callMaxMs,
        headers: {
          authorization: `Bearer ${token}`,
          ...(text === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
          ...(minTxn === undefined ? {} : { "x-basalt-min-txn": String(minTxn) }),
        },
      });
      sent.on("socket", (socket) => {
        connection = this.nameOf(process, socket);
      });
      sent.on("timeout", () => sent.destroy());
      sent.on("error", () => came(0, ""));
      sent.on("response", (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("error", () => came(0, ""));
        response.on("aborted", () => came(0, ""));
        response.on("end", () => {
          const txn = response.headers["x-basalt-txn"];
          came(
            response.statusCode ?? 0,
            Buffer.concat(parts).toString(),
            txn === undefined ? undefined : Number(txn),
          );
        });
      });
      sent.end(text);
    });
  }

  close(): void {
    for (const agent of this.agents.values()) {
      agent.destroy();
    }
  }

  private agent(process: number): Agent {
    const agent = this.agents.get(process) ?? new Agent({ keepAlive: true, maxSockets: 1 });
    this.agents.set(process, agent);
    return agent;
  }

  private nameOf(process: number, socket: unknown): string {
    const known = this.connections.get(process);
    const before = known?.count ?? 0;
    const count = known?.socket === socket ? before : before + 1;
    this.connections.set(process, { socket, count });
    return `${this.client}/${process}/${count}`;
  }
}
