import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/**
 * What happens to bytes: they pass; nobody answers although connections are taken (`black-hole`, what a dead machine
 * or a dropped route looks like); or nobody listens and what was open breaks (`cut`, what a dead process looks like).
 */
export type ProxyMode = "pass" | "black-hole" | "cut";

/** Where bytes go: a port of this machine or a unix socket. */
export type ProxyTarget =
  | { readonly port: number; readonly host: string }
  | { readonly path: string };

/** Told of what a client sent, before it is passed on. */
export type ProxyTap = (chunk: Buffer, connection: number) => void;

/** Opens a proxy on a free port of this machine. */
export async function openProxy(target: ProxyTarget, tap?: ProxyTap): Promise<TcpProxy> {
  const proxy = new TcpProxy(target, tap);
  await proxy.open();
  return proxy;
}

/** A proxy between a program and what it depends on, so that a test can take the dependency away. */
export class TcpProxy {
  readonly #target: ProxyTarget;
  readonly #tap: ProxyTap | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What a black hole swallowed: given on when it closes, as the network would. */
  #held: (() => void)[] = [];
  #mode: ProxyMode = "pass";
  #latencyMs = 0;
  #connections = 0;
  #port = 0;

  constructor(target: ProxyTarget, tap?: ProxyTap) {
    this.#target = target;
    this.#tap = tap;
    this.#server = createServer((client) => this.#connect(client));
  }

  get port(): number {
    return this.#port;
  }

  /** Listens, on the same port as before where it did. */
  async open(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** From now on, for open and for new connections. */
  async set(mode: ProxyMode): Promise<void> {
    const before = this.#mode;
    this.#mode = mode;
    if (mode === "cut" && before !== "cut") {
      await this.close();
    } else if (mode !== "cut" && before === "cut") {
      await this.open();
    }
    if (mode === "pass") {
      const held = this.#held;
      this.#held = [];
      held.forEach((send) => send());
    }
  }

  /** Added to every chunk in both directions, milliseconds. */
  delay(latencyMs: number): void {
    this.#latencyMs = latencyMs;
  }

  /** Breaks what is open and listens no more. */
  async close(): Promise<void> {
    this.#held = [];
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    if (this.#server.listening) {
      this.#server.close();
      await once(this.#server, "close");
    }
  }

  #connect(client: Socket): void {
    this.#connections += 1;
    const connection = this.#connections;
    const upstream = connect(this.#target);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
    }
    this.#forward(client, upstream, (chunk) => this.#tap?.(chunk, connection));
    this.#forward(upstream, client, () => undefined);
  }

  #forward(from: Socket, to: Socket, seen: (chunk: Buffer) => void): void {
    from.on("data", (chunk: Buffer) => {
      seen(chunk);
      const send = (): void => {
        if (this.#mode === "black-hole") {
          this.#held.push(send);
        } else if (to.writable) {
          to.write(chunk);
        }
      };
      if (this.#latencyMs > 0) {
        setTimeout(send, this.#latencyMs);
      } else {
        send();
      }
    });
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    from.on("error", () => to.destroy());
  }
}

/** Where the server of a PostgreSQL URL listens. */
export function targetOf(databaseUrl: string): ProxyTarget {
  const { hostname, port, searchParams } = new URL(databaseUrl);
  const host = searchParams.get("host") ?? hostname;
  const number = Number(port || searchParams.get("port") || 5432);
  return host.startsWith("/") ? { path: `${host}/.s.PGSQL.${number}` } : { host, port: number };
}

/** The same database, reached through the proxy. */
export function throughProxy(databaseUrl: string, { port }: Pick<TcpProxy, "port">): string {
  const url = new URL(databaseUrl);
  url.searchParams.delete("host");
  url.searchParams.delete("port");
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return url.href;
}
