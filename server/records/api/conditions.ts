import { invalidRequest } from "./refusals.ts";

/** No record has this version. */
const NO_VERSION = -1;

/**
 * The version that `If-Match` names, for calls on one record. `*` means any, like no header; a tag that is not a version
 * matches none. Problem: `records.invalid-request` for several tags.
 */
export function ifMatchOf(request: Request): { readonly ifMatch?: number } {
  const header = request.headers.get("if-match")?.trim();
  if (header === undefined || header === "" || header === "*") {
    return {};
  }
  if (header.includes(",")) {
    throw invalidRequest("If-Match", "must name one version");
  }
  const [, digits] = /^"(\d{1,15})"$/.exec(header) ?? [];
  return { ifMatch: digits === undefined ? NO_VERSION : Number(digits) };
}

/** A batch has no one version: the condition must not be passed over in silence. Problem: `records.invalid-request`. */
export function refuseIfMatch(request: Request): void {
  const header = request.headers.get("if-match")?.trim();
  if (header !== undefined && header !== "" && header !== "*") {
    throw invalidRequest("If-Match", "works on calls for one record only");
  }
}
