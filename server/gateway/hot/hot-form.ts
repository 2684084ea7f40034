import { type HotAnswer, textAnswer } from "#kernel";
import { newExchange } from "../exchange.ts";
import type { Pipeline } from "../pipeline.ts";

/** An answer in the form in which it is sent: what the ordinary way made of it once, but for the two things that change. */
export interface HotForm {
  /** Of the rules that it was made under. */
  readonly version: number;
  readonly status: 200 | 304;
  /** Names and values in turn; the request id and the number of the base are written over for each request. */
  readonly headers: string[];
  readonly requestIdAt: number;
  readonly txnAt: number;
  /** Text of one byte a character, or bytes; nothing where the status has no body. */
  readonly body: string | Buffer | undefined;
  /** True where callers that take other encodings get other bytes. */
  readonly isNegotiated: boolean;
}

/** The form without a body, for those who have what they ask for. */
export const UNCHANGED = "unchanged";
/** The form that is not compressed. */
export const IDENTITY = "identity";

/** Ways to say `Accept-Encoding` whose outcome is remembered; clients have few. */
const ENCODINGS_KNOWN_MAX = 200;
/** Forms kept of one answer. */
const FORMS_MAX = 4;

/** What was asked for while a form is made, so that it is made once. */
interface Making {
  readonly version: number;
  readonly wanted: Set<string>;
}

/**
 * Finds the form in which an answer goes out to a caller. Forms are made by the ordinary way, so they cannot differ from it; the
 * request that finds none goes there itself, and the next one finds it.
 */
export class HotForms {
  readonly #pipeline: Pick<Pipeline, "dress" | "dressVersion">;
  /** What comes of a way to say `Accept-Encoding` where the body is worth compressing. */
  readonly #encodings = new Map<string, string>();
  readonly #making = new WeakMap<HotAnswer, Making>();

  constructor(pipeline: Pick<Pipeline, "dress" | "dressVersion">) {
    this.#pipeline = pipeline;
  }

  /** The form of the body; undefined where it is not made yet. */
  find(answer: HotAnswer, path: string, acceptEncoding = ""): HotForm | undefined {
    const plain = this.#ready(answer, IDENTITY);
    if (plain?.isNegotiated === false) {
      return plain;
    }
    const encoding = this.#encodings.get(acceptEncoding);
    const form = encoding === undefined ? undefined : this.#ready(answer, encoding);
    if (form === undefined) {
      this.#make(answer, path, acceptEncoding);
    }
    return form;
  }

  /** The form for those who have it. */
  unchanged(answer: HotAnswer, path: string): HotForm | undefined {
    const form = this.#ready(answer, UNCHANGED);
    if (form === undefined) {
      this.#make(answer, path, UNCHANGED);
    }
    return form;
  }

  /** Made under the rules that count now. */
  #ready(answer: HotAnswer, name: string): HotForm | undefined {
    const form = answer.ready(name) as HotForm | undefined;
    return form?.version === this.#pipeline.dressVersion() ? form : undefined;
  }

  #make(answer: HotAnswer, path: string, wanted: string): void {
    const version = this.#pipeline.dressVersion();
    let making = this.#making.get(answer);
    if (making?.version !== version) {
      making = { version, wanted: new Set() };
      this.#making.set(answer, making);
    }
    if (making.wanted.size < FORMS_MAX && !making.wanted.has(wanted)) {
      making.wanted.add(wanted);
      this.#dress(answer, path, wanted).catch(() => undefined);
    }
  }

  async #dress(answer: HotAnswer, path: string, wanted: string): Promise<void> {
    const version = this.#pipeline.dressVersion();
    const isUnchanged = wanted === UNCHANGED;
    const response = isUnchanged
      ? new Response(null, { status: 304, headers: { ...answer.headers } })
      : textAnswer(200, answer.bytes.toString(), answer.headers);
    const exchange = newExchange({ method: "GET", target: path, requestId: null, address: "" });
    const dressed = await this.#pipeline.dress(response, exchange, wanted === "" ? null : wanted);
    if (dressed.body instanceof ReadableStream) {
      return;
    }
    const headers = dressed.headers.flat();
    const encoding = valueOf(headers, "content-encoding") ?? IDENTITY;
    const isNegotiated = valueOf(headers, "vary")?.includes("accept-encoding") === true;
    const body = isUnchanged ? undefined : bodyOf(answer, encoding, dressed.body);
    if (body !== undefined) {
      headers.push("content-length", String(body.length));
    }
    const form: HotForm = {
      version,
      status: isUnchanged ? 304 : 200,
      headers,
      requestIdAt: headers.indexOf("x-request-id") + 1,
      txnAt: headers.indexOf("x-basalt-txn") + 1,
      body,
      isNegotiated,
    };
    if (isNegotiated && this.#encodings.size < ENCODINGS_KNOWN_MAX) {
      this.#encodings.set(wanted, encoding);
    }
    const sizeBytes = encoding === IDENTITY ? 0 : (body?.length ?? 0);
    answer.keepReady(isUnchanged ? UNCHANGED : encoding, form, sizeBytes);
  }
}

/** What is not compressed is kept already. */
function bodyOf(
  answer: HotAnswer,
  encoding: string,
  body: string | Uint8Array | null,
): string | Buffer {
  if (encoding === IDENTITY || body === null || typeof body === "string") {
    return answer.latin1 ?? answer.bytes;
  }
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
}

/** Headers are few: looked through by pairs, so that a value is never taken for a name. */
function valueOf(headers: readonly string[], name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] === name) {
      return headers[at + 1];
    }
  }
  return undefined;
}
