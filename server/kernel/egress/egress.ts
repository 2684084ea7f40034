/**
 * The one way out of the program. Public addresses only, judged after resolution and pinned for the connect, judged again
 * on each redirect; sizes counted after decoding; every wait has an end. An administrator may allow private hosts by setting.
 */
export interface Egress {
  /**
   * Sends a request and answers once the headers are there; the body streams.
   * Problems: `kernel.egress-address` (address not allowed), `kernel.egress-url`, `kernel.egress-timeout`,
   * `kernel.egress-too-large`, `kernel.egress-failed`.
   */
  send(request: EgressRequest): Promise<EgressAnswer>;
  /** Waits for what runs and closes the sockets. */
  close(): Promise<void>;
}

export interface EgressRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Whole exchange, redirects and body included. */
  readonly timeoutMs: number;
  /** Decoded bytes of the body; one more fails. */
  readonly bodySizeMaxBytes: number;
  readonly redirectsMax?: number;
  readonly signal?: AbortSignal;
}

export interface EgressAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Where the answer came from after redirects. */
  readonly url: string;
  /** The decoded body; reading past the limit throws `kernel.egress-too-large`. */
  bytes(): Promise<Uint8Array>;
  text(): Promise<string>;
  /** Streams the decoded body. */
  readonly body: AsyncIterable<Uint8Array>;
}
