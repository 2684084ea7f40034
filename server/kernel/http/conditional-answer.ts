import { hash } from "node:crypto";
import { type AnswerHeaders, textAnswer } from "./text-answer.ts";

/**
 * A JSON answer with an ETag made from its bytes; 304 without a body where the caller has them already. For answers that
 * are put together from much: what is saved is the way to the caller, not the reading.
 */
export function conditionalAnswer(
  request: Request,
  json: string,
  headers: AnswerHeaders = {},
): Response {
  const etag = `W/"${hash("sha256", json, "base64url").slice(0, 27)}"`;
  const all = { "cache-control": "private, no-cache", etag, ...headers };
  return matches(request.headers.get("if-none-match"), etag)
    ? new Response(null, { status: 304, headers: all })
    : textAnswer(200, json, { "content-type": "application/json; charset=utf-8", ...all });
}

/** Compared weakly, as RFC 9110 says for this header. */
function matches(wanted: string | null, etag: string): boolean {
  if (wanted === null) {
    return false;
  }
  const bare = (tag: string): string => tag.trim().replace(/^W\//, "");
  return wanted.trim() === "*" || wanted.split(",").some((tag) => bare(tag) === bare(etag));
}
