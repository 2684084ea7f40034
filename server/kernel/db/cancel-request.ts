import { connect } from "node:net";
import type { PoolClient } from "pg";

/** Code of a CancelRequest. Source: PostgreSQL's protocol, message formats. */
const CANCEL_CODE = 80_877_102;
const CANCEL_BYTES = 16;
/** How long the server may take to take the request, milliseconds. */
const CANCEL_TIMEOUT_MS = 2_000;
/** Requests on their way at once: each costs the server a process. */
const AT_ONCE_MAX = 4;

/** What `pg` knows of its own connection; the published types leave it out. */
interface Backend {
  readonly host: string;
  readonly port: number;
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/** Stops statements of one pool. */
export class CancelRequests {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /**
   * Asks the server to stop what a connection runs, as `PQcancel` does: over a connection of its own, so it works when the pool is
   * used up. Resolves when the server has passed it on, or cannot be reached; the statement then fails with 57014, or had ended.
   * The request holds the secret of that one connection and nothing else, so it goes in the clear, as libpq's does.
   */
  async send(client: PoolClient): Promise<void> {
    const { host, port, processID, secretKey } = client as unknown as Backend;
    if (processID === null || secretKey === null) {
      return;
    }
    if (this.#running >= AT_ONCE_MAX) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
    try {
      await sent({ host, port }, requestOf(processID, secretKey));
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

function requestOf(processId: number, secretKey: number): Buffer {
  const request = Buffer.alloc(CANCEL_BYTES);
  request.writeInt32BE(CANCEL_BYTES, 0);
  request.writeInt32BE(CANCEL_CODE, 4);
  request.writeInt32BE(processId, 8);
  request.writeInt32BE(secretKey, 12);
  return request;
}

/** The server closes the connection when it has told the other process. */
function sent({ host, port }: Pick<Backend, "host" | "port">, request: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = host.startsWith("/")
      ? connect({ path: `${host}/.s.PGSQL.${port}` })
      : connect({ host, port });
    socket.setTimeout(CANCEL_TIMEOUT_MS, () => socket.destroy());
    socket.once("connect", () => socket.write(request));
    socket.on("error", () => socket.destroy());
    socket.on("data", () => undefined);
    socket.once("close", () => resolve());
  });
}
