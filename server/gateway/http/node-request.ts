import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { readAll } from "#kernel";
import { callerGone, type Exchange } from "../exchange.ts";
import type { BodyBudget } from "./body-budget.ts";
import { originAsked } from "./forwarded.ts";

/**
 * A `Request` over a `node:http` message. Method, address, headers and whole bodies are answered from the message;
 * the real Request, whose body is a web stream, is made only when somebody asks for something else.
 * HEAD reads as GET: the writer leaves the body out.
 */
export function requestOf(
  message: IncomingMessage,
  exchange: Pick<Exchange, "abort" | "address" | "lease">,
  bodies: BodyBudget,
): Request {
  // The object has the prototype of Request and every member of it; TypeScript cannot see that.
  return new NodeRequest(message, exchange, bodies) as unknown as Request;
}

class NodeRequest {
  readonly method: string;
  readonly url: string;
  readonly signal: AbortSignal;
  private readonly message: IncomingMessage;
  private readonly exchange: Pick<Exchange, "abort" | "address" | "lease">;
  private readonly bodies: BodyBudget;
  private known: Headers | undefined;
  private real: Request | undefined;
  private whole: Promise<Uint8Array | undefined> | undefined;

  constructor(
    message: IncomingMessage,
    exchange: Pick<Exchange, "abort" | "address" | "lease">,
    bodies: BodyBudget,
  ) {
    const { method = "GET", url = "/" } = message;
    this.method = method === "HEAD" ? "GET" : method;
    this.url = originAsked(message, exchange.address) + url;
    this.signal = exchange.abort.signal;
    this.message = message;
    this.exchange = exchange;
    this.bodies = bodies;
  }

  get headers(): Headers {
    if (this.known === undefined) {
      const headers = new Headers();
      const { rawHeaders } = this.message;
      for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
        const name = rawHeaders[at] ?? "";
        // What HTTP/2 says of the request itself has names that begin so.
        if (!name.startsWith(":")) {
          headers.append(name, rawHeaders[at + 1] ?? "");
        }
      }
      this.known = headers;
    }
    return this.known;
  }

  [readAll](sizeMaxBytes: number): Promise<Uint8Array | undefined> {
    this.whole ??=
      this.real === undefined ? this.received(sizeMaxBytes) : collectFrom(this.real, sizeMaxBytes);
    return this.whole;
  }

  /** Waits for the body without a slot: what is slow is the caller. */
  private received(sizeMaxBytes: number): Promise<Uint8Array | undefined> {
    const { message, bodies, exchange } = this;
    const take = () => collect(message, sizeMaxBytes, bodies);
    return message.complete || exchange.lease === undefined ? take() : exchange.lease.without(take);
  }

  /** The ordinary Request, from the moment when somebody needs one. */
  request(): Request {
    if (this.real === undefined) {
      const { method, headers, signal } = this;
      const settings: RequestInit & { readonly duplex?: "half" } =
        method === "GET"
          ? { method, headers, signal }
          : { method, headers, signal, body: this.stream(), duplex: "half" };
      this.real = new Request(this.url, settings);
    }
    return this.real;
  }

  /** The body as it arrives, or once more from memory where the gateway has read it. */
  private stream(): ReadableStream<Uint8Array> {
    const { whole, message } = this;
    if (whole === undefined) {
      // Node's stream and the web's are one class with two declarations.
      return Readable.toWeb(message) as unknown as ReadableStream<Uint8Array>;
    }
    return new ReadableStream({
      async start(controller) {
        const bytes = await whole;
        if (bytes === undefined) {
          controller.error(new Error("the body is larger than allowed"));
          return;
        }
        if (bytes.length > 0) {
          controller.enqueue(bytes);
        }
        controller.close();
      },
    });
  }
}

const properties = [
  "body",
  "bodyUsed",
  "cache",
  "credentials",
  "destination",
  "integrity",
  "keepalive",
  "mode",
  "redirect",
  "referrer",
  "referrerPolicy",
] as const;
const methods = ["arrayBuffer", "blob", "bytes", "clone", "formData", "json", "text"] as const;

for (const name of properties) {
  Object.defineProperty(NodeRequest.prototype, name, {
    get(this: NodeRequest): unknown {
      return this.request()[name];
    },
  });
}
for (const name of methods) {
  Object.defineProperty(NodeRequest.prototype, name, {
    value(this: NodeRequest): unknown {
      return this.request()[name]();
    },
  });
}
Object.setPrototypeOf(NodeRequest.prototype, Request.prototype);

/** The whole body, or undefined once it is larger than allowed; the rest is then left to the writer of the answer. */
function collect(
  message: IncomingMessage,
  sizeMaxBytes: number,
  bodies: BodyBudget,
): Promise<Uint8Array | undefined> {
  let size = 0;
  const collected = new Promise<Uint8Array | undefined>((resolve, reject) => {
    const chunks: Buffer[] = [];
    const stop = (): void => {
      message.off("data", take);
      message.pause();
    };
    const take = (chunk: Buffer): void => {
      if (size + chunk.length > sizeMaxBytes) {
        stop();
        resolve(undefined);
        return;
      }
      try {
        bodies.hold(chunk.length);
      } catch (problem) {
        stop();
        reject(problem);
        return;
      }
      size += chunk.length;
      chunks.push(chunk);
    };
    message.on("data", take);
    message.once("end", () =>
      resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size)),
    );
    const gone = (): void => reject(callerGone());
    message.once("error", gone);
    message.once("close", () => (message.complete ? undefined : gone()));
  });
  return collected.finally(() => bodies.release(size));
}

async function collectFrom(
  request: Request,
  sizeMaxBytes: number,
): Promise<Uint8Array | undefined> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  return bytes.length > sizeMaxBytes ? undefined : bytes;
}
