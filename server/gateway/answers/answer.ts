/** An answer that is ready to be written: all headers are known, the body is whole or a stream. */
export interface Answer {
  readonly status: number;
  /** Lower-case name, value; a name may repeat (`set-cookie`). */
  readonly headers: [string, string][];
  readonly body: string | Uint8Array | ReadableStream<Uint8Array> | null;
}

/** Once more as a web-standard Response, for callers without a socket. */
export function responseOf({ status, headers, body }: Answer): Response {
  const isBare = status === 204 || status === 304 || status === 205;
  return new Response(
    isBare || body === null ? null : typeof body === "string" ? body : asBody(body),
    { status, headers },
  );
}

function asBody(
  body: Uint8Array | ReadableStream<Uint8Array>,
): Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  return body instanceof ReadableStream ? body : new Uint8Array(body);
}

/** The value of a header; its first, where it repeats. */
export function headerOf(headers: readonly [string, string][], name: string): string | undefined {
  return headers.find(([each]) => each === name)?.[1];
}
