import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import type { Problem } from "../problem.ts";
import type { Egress, EgressRequest } from "./egress.ts";
import { openEgress, type EgressOptions } from "./open-egress.ts";

/* The world of this folder's tests: servers on loopback, closed after each test, and egress clients that may reach some of them. */

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) {
    await close();
  }
});

/** A server on loopback that counts the connections it gets, requests or not. */
export async function serve(
  answer: RequestListener,
  host = "127.0.0.1",
): Promise<{ port: number; url: string; seen: Seen }> {
  const seen: Seen = { connections: 0, requests: [] };
  const server: Server = createServer((request, response) => {
    seen.requests.push(request);
    answer(request, response);
  });
  server.on("connection", () => {
    seen.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  closers.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, seen };
}

/** What reached a server. */
export interface Seen {
  connections: number;
  readonly requests: IncomingMessage[];
}

export function open(options: Partial<EgressOptions> = {}): Egress {
  const egress = openEgress({ allow: [], ...options });
  closers.push(() => egress.close());
  return egress;
}

export function send(
  egress: Egress,
  url: string,
  more: Partial<EgressRequest> = {},
): ReturnType<Egress["send"]> {
  return egress.send({ url, timeoutMs: 5_000, bodySizeMaxBytes: 1_000_000, ...more });
}

export async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error as Problem;
}

/** Answers a short text. */
export const hello: RequestListener = (_request, response) => {
  response.setHeader("content-type", "text/plain");
  response.end("hello");
};
