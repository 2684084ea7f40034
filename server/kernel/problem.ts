/**
 * The kinds of expected failure and the HTTP status that each is answered with.
 * A kind says what the caller can do about it; the code says what happened.
 */
export const problemStatus = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  "not-found": 404,
  "method-not-allowed": 405,
  conflict: 409,
  gone: 410,
  "precondition-failed": 412,
  "too-large": 413,
  "uri-too-long": 414,
  "unsupported-media-type": 415,
  invalid: 422,
  "too-many-requests": 429,
  "headers-too-large": 431,
  "not-implemented": 501,
  "bad-gateway": 502,
  unavailable: 503,
  "gateway-timeout": 504,
  "storage-full": 507,
} as const satisfies Record<string, number>;

export type ProblemKind = keyof typeof problemStatus;

/** What a problem carries beside its code. Everything in it may be shown to the caller: no stack, no host name, no SQL. */
export interface ProblemDetails {
  /** One sentence for a person: names the field and the rule. */
  readonly message: string;
  /** Seconds after which a repeat makes sense; becomes `Retry-After`. */
  readonly retryAfterS?: number;
  /** Which inputs were wrong: path into the body or parameter name -> why. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Airtable's error under `/v0`; without it the renderer of `/v0` derives one from the kind. */
  readonly airtable?: AirtableError;
  /** Extra members of the problem+json body, such as the current record of a failed precondition. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Airtable's two error shapes: `{error: "NOT_FOUND"}` when `bare`, else `{error: {type, message?}}`. */
export interface AirtableError {
  readonly type: string;
  readonly message?: string;
  readonly bare?: boolean;
  /** When Airtable's status differs from that of the kind. */
  readonly status?: number;
}

/**
 * An expected failure. Thrown where it is found, rendered once: Airtable's shape under `/v0`, problem+json elsewhere.
 * Anything else that is thrown is a bug and is answered as a bare 500.
 *
 * `code` is `module.what`, as in `identity.locked-out`; callers may rely on it.
 */
export class Problem extends Error {
  readonly kind: ProblemKind;
  readonly code: string;
  readonly details: ProblemDetails;

  constructor(kind: ProblemKind, code: string, details: ProblemDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "Problem";
    this.kind = kind;
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return this.details.airtable?.status ?? problemStatus[this.kind];
  }
}
