import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { type Actor, Problem, type UserActor, type World } from "#kernel";
import { type Gateway, openGateway } from "../../gateway.ts";
import {
  ada,
  fakeGateway,
  type FakeOptions,
  type LoggedLine,
  sampleRoutes,
} from "../../testing/fake-world.ts";
import { parseFile } from "../../file/parse-file.ts";
import { Upstreams } from "../upstreams.ts";

/** A small server of its own on the loopback, which remembers what it was asked. */
export interface ToyUpstream {
  readonly url: string;
  readonly port: number;
  readonly server: Server;
  readonly seen: IncomingMessage[];
  close(): Promise<void>;
}

/** Starts one; without a listener it answers its name and what it was asked. */
export async function toyUpstream(name: string, listener?: RequestListener): Promise<ToyUpstream> {
  const seen: IncomingMessage[] = [];
  const server = createServer((message, response) => {
    seen.push(message);
    if (listener !== undefined) {
      listener(message, response);
      return;
    }
    const { method, url, headers, rawHeaders } = message;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ name, method, url, headers, rawHeaders }));
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    seen,
    close: async () => {
      for (const socket of sockets) {
        socket.destroy();
      }
      server.close();
      await once(server, "close");
    },
  };
}

/** A gateway that listens, with the routes of a gateway file. */
export interface RoutedGateway {
  readonly url: string;
  readonly port: number;
  readonly gateway: Gateway;
  readonly upstreams: Upstreams;
  readonly world: World;
  readonly lines: LoggedLine[];
  /** Puts another file in force. */
  use(yaml: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens one; `Bearer good` is Ada, `Bearer <anything with user-N>` is user N. */
export async function routedGateway(
  yaml: string,
  options: FakeOptions = {},
): Promise<RoutedGateway> {
  const { world, lines } = fakeGateway(options);
  world.parts.attach(world);
  const user = ada as UserActor;
  const findActor = (authorization: string): Actor => {
    const [, number] = /user-(\d+)/.exec(authorization) ?? [];
    if (number !== undefined) {
      return { ...user, userId: `usr${number.padStart(14, "0")}` };
    }
    if (authorization !== "Bearer good") {
      throw new Problem("unauthenticated", "identity.token-invalid", {
        message: "The token is not valid.",
      });
    }
    return ada;
  };
  const upstreams = new Upstreams({ world, findActor });
  const use = async (text: string): Promise<void> => {
    const { file, mistakes } = parseFile(text);
    if (file === undefined) {
      throw new Error(JSON.stringify(mistakes));
    }
    await upstreams.use(file);
  };
  await use(yaml);
  const gateway = openGateway({
    world,
    actorOf: (_world, authorization) => findActor(authorization),
    mounts: [{ routes: sampleRoutes() }],
    operations: [],
    health: [],
    about: { version: "1.2.3", database: "a test" },
    upstreams,
  });
  const { url, port } = await gateway.listen();
  return {
    url,
    port,
    gateway,
    upstreams,
    world,
    lines,
    use,
    close: async () => {
      await gateway.close();
      await upstreams.close();
    },
  };
}
