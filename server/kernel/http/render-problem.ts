import { databaseFailure } from "../db/failures.ts";
import { type AirtableError, Problem, type ProblemKind, problemStatus } from "../problem.ts";
import { type AnswerHeaders, textAnswer } from "./text-answer.ts";

/** Which of the two error languages a path speaks. */
export type Surface = "airtable" | "problem";

/** Everything under `/v0` speaks Airtable's; the rest problem+json (RFC 9457). */
export function surfaceOf(path: string): Surface {
  return path === "/v0" || path.startsWith("/v0/") ? "airtable" : "problem";
}

/**
 * Writes down a failure. A `Problem` shows its code and details; anything else is a bug and is answered as a bare 500
 * that tells nothing of the inside: the caller logs it.
 */
export function renderProblem(thrown: unknown, surface: Surface, requestId: string): Response {
  const problem = databaseFailure(thrown);
  if (!(problem instanceof Problem)) {
    return surface === "airtable"
      ? textAnswer(
          500,
          '{"error":{"type":"SERVER_ERROR","message":"Internal server error"}}',
          airtableHeaders,
        )
      : asProblem(
          {
            status: 500,
            title: "Internal server error",
            code: "kernel.internal",
            detail: "Something went wrong on our side; the log has it under the request id.",
          },
          requestId,
          problemHeaders,
        );
  }
  return surface === "airtable" ? renderAirtable(problem) : renderRfc9457(problem, requestId);
}

const airtableHeaders: AnswerHeaders = { "content-type": "application/json; charset=utf-8" };
const problemHeaders: AnswerHeaders = { "content-type": "application/problem+json; charset=utf-8" };

function renderAirtable(problem: Problem): Response {
  const { details, kind } = problem;
  const error = details.airtable ?? airtableOf(problem);
  const status = error.status ?? problemStatus[kind];
  const shown = error.bare === true ? error.type : { type: error.type, message: error.message };
  return textAnswer(
    status,
    JSON.stringify({ error: shown, ...details.extra }),
    withRetry(airtableHeaders, details.retryAfterS),
  );
}

function renderRfc9457(problem: Problem, requestId: string): Response {
  const { kind, code, details } = problem;
  const { message, fields, extra, retryAfterS } = details;
  const members = {
    ...extra,
    status: problemStatus[kind],
    title: titles[kind],
    code,
    detail: message,
    fields,
  };
  return asProblem(members, requestId, withRetry(problemHeaders, retryAfterS));
}

interface ProblemMembers {
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly detail: string;
}

function asProblem(members: ProblemMembers, requestId: string, headers: AnswerHeaders): Response {
  const body = { type: `/docs/problems/${members.code}`, ...members, requestId };
  return textAnswer(members.status, JSON.stringify(body), headers);
}

function withRetry(headers: AnswerHeaders, retryAfterS: number | undefined): AnswerHeaders {
  return retryAfterS === undefined
    ? headers
    : { ...headers, "retry-after": String(Math.ceil(retryAfterS)) };
}

/** What each kind of problem is called in `title`. */
export const titles: Readonly<Record<ProblemKind, string>> = {
  malformed: "The request cannot be read",
  unauthenticated: "Not signed in",
  forbidden: "Not allowed",
  "not-found": "Not found",
  "method-not-allowed": "Method not allowed",
  conflict: "In conflict with what is there",
  gone: "Gone",
  "precondition-failed": "Changed meanwhile",
  "too-large": "Too large",
  "uri-too-long": "Address too long",
  "unsupported-media-type": "Unsupported media type",
  invalid: "Not valid",
  "too-many-requests": "Too many requests",
  "headers-too-large": "Too many headers",
  "not-implemented": "Not implemented",
  "bad-gateway": "The service behind could not be reached",
  unavailable: "Not available at the moment",
  "gateway-timeout": "The service behind did not answer in time",
  "storage-full": "Storage is full",
};

const REQUEST_INVALID = "Invalid request: parameter validation failed. Check your request data.";
const RETRIABLE =
  "Server encountered an error while processing your request, and it is safe to retry the request";

/** Airtable's error for a problem that names none. Source: contract, error catalogue. */
function airtableOf({ kind, message }: Problem): AirtableError {
  switch (kind) {
    case "malformed":
    case "invalid":
      return {
        type: "INVALID_REQUEST_UNKNOWN",
        message: `${REQUEST_INVALID} ${message}`,
        status: 422,
      };
    case "unauthenticated":
      return { type: "AUTHENTICATION_REQUIRED", message: "Authentication required" };
    case "forbidden":
      return {
        type: "INVALID_PERMISSIONS",
        message: "You are not permitted to perform this operation",
      };
    case "not-found":
      return { type: "NOT_FOUND", bare: true };
    case "too-large":
      return { type: "REQUEST_TOO_LARGE", message: "Request body is too large" };
    case "unsupported-media-type":
      return { type: "INVALID_REQUEST_BODY", message: "Could not parse request body", status: 422 };
    case "too-many-requests":
      return { type: "RATE_LIMIT_REACHED", message: "Rate limit exceeded. Please try again later" };
    case "bad-gateway":
    case "gateway-timeout":
    case "unavailable":
      return { type: "RETRIABLE_ERROR", message: RETRIABLE };
    default:
      return { type: kind.toUpperCase().replaceAll("-", "_"), message };
  }
}
