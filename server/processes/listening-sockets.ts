import { lookup } from "node:dns/promises";
import net from "node:net";
import { getSystemErrorName } from "node:util";
import { listenFailure, StartError } from "#kernel";

/** A bound socket that children share; it outlives each of them, and so do connections that wait in its queue. */
export interface SharedSocket {
  close(): void;
}

export interface Sockets {
  readonly port: number;
  /** One for each child where the system spreads connections over sockets of one port, else the same for all. */
  readonly each: readonly SharedSocket[];
}

/** A socket of `node:net` before anybody listens on it. */
interface BoundSocket extends SharedSocket {
  getsockname(out: { port?: number }): number;
}

/**
 * What `node:cluster` makes the sockets of its workers with: bound here, listened on by the children, so that this process
 * never accepts. There is no documented way to bind without accepting.
 */
const { _createServerHandle: bindSocket } = net as unknown as {
  readonly _createServerHandle?: (
    ...given: [address: string, port: number, family: number, fd: -1, flags: number]
  ) => BoundSocket | number;
};

/** libuv's `UV_TCP_REUSEPORT`. */
const REUSE_PORT = 2;

/**
 * Binds the port for several children. With a socket for each, the kernel spreads connections evenly; elsewhere the children
 * share one. Problems: `gateway.port-taken`, `gateway.address-not-available`.
 */
export async function openSockets(
  { host, port: wanted }: { readonly host: string; readonly port: number },
  count: number,
): Promise<Sockets> {
  if (bindSocket === undefined) {
    throw new StartError(
      `This Node ${process.version} cannot share a port between processes: leave BASALT_PROCESSES out, or use the Node that comes with Basalt.`,
    );
  }
  // Ports that are shared by option may be bound twice by one user: another Basalt there must be noticed.
  const port = await tryPort(host, wanted);
  const { address, family } = await lookup(host);
  const addressType = family === 6 ? 6 : 4;
  const bind = (flags: number): BoundSocket => {
    const socket = bindSocket(address, port, addressType, -1, flags);
    if (typeof socket === "number") {
      const code = getSystemErrorName(socket);
      throw listenFailure(Object.assign(new Error(code), { code }), { host, port });
    }
    return socket;
  };
  if (process.platform !== "linux") {
    const one = bind(0);
    return { port, each: Array.from({ length: count }, () => one) };
  }
  return { port, each: Array.from({ length: count }, () => bind(REUSE_PORT)) };
}

/** Opens the port for a moment, without sharing it; answers which it was. */
async function tryPort(host: string, port: number): Promise<number> {
  const server = net.createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error: Error) => reject(listenFailure(error, { host, port })));
      server.listen({ host, port, exclusive: true }, resolve);
    });
    const bound = server.address();
    return bound !== null && typeof bound === "object" ? bound.port : port;
  } finally {
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}
