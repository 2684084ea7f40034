import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline as pipe } from "node:stream/promises";
import type { Answer } from "../answers/answer.ts";

/** How much of a body that was refused is read and thrown away, so that the caller can read the answer. */
const DRAIN_MAX_BYTES = 32 * 1_024 * 1_024;

/** Writes an answer of ours, unless one is on its way; without its body for HEAD, and as the last of its connection. */
export function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  how: { readonly bare: boolean; readonly last: boolean },
): void {
  if (response.destroyed || response.headersSent) {
    return;
  }
  const { status, body } = answer;
  const isBare = how.bare || status === 204 || status === 304;
  const headers: string[] = [];
  for (const [name, value] of answer.headers) {
    headers.push(name, value);
  }
  if (how.last && response.req.httpVersionMajor === 1) {
    headers.push("connection", "close");
  }
  if (body instanceof ReadableStream) {
    response.writeHead(status, headers);
    if (isBare) {
      body.cancel().catch(() => undefined);
      response.end();
      return;
    }
    // A stream that breaks cuts the connection, so that the caller sees that the answer is not whole.
    pipe(Readable.from(body), response).catch(() => undefined);
    return;
  }
  if (status !== 204 && status !== 304 && !headers.includes("content-length")) {
    headers.push("content-length", String(body === null ? 0 : Buffer.byteLength(body)));
  }
  response.writeHead(status, headers);
  if (isBare || body === null) {
    response.end();
  } else {
    response.end(body);
  }
}

/** Throws away the rest of a body that nobody reads, up to a limit. */
export function drain(message: IncomingMessage): void {
  let left = DRAIN_MAX_BYTES;
  message.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) {
      message.socket.destroy();
    }
  });
  message.on("error", () => undefined);
  message.resume();
}
