/**
 * What a request asks for, as limits and priorities see it. `health` is never limited. `upstream` is what the gateway
 * passes on; `long` is work of seconds (whole bases in and out); `other` is the rest of our own API.
 */
export const routeClasses = [
  "health",
  "sign-in",
  "read",
  "write",
  "schema",
  "search",
  "file",
  "long",
  "upstream",
  "page",
  "other",
] as const;

export type RouteClass = (typeof routeClasses)[number];

const health: ReadonlySet<string> = new Set(["/health", "/api/health", "/ready", "/metrics"]);
const signIn =
  /^\/api\/v1\/(?:auth\/)?(?:login|register|refresh|logout|forgot-password|reset-password|verify-email|two-factor)(?:\/|$)/;
const long = /^\/api\/v1\/(?:bases\/[^/]+\/export|workspaces\/[^/]+\/(?:import|bases))$/;

/** The class of a request. The path has no query and is still percent-encoded. */
export function routeClassOf(method: string, path: string): RouteClass {
  if (path.startsWith("/v0/")) {
    return airtableClass(method, path);
  }
  if (health.has(path)) {
    return "health";
  }
  if (!path.startsWith("/api/v1/")) {
    return path.startsWith("/files/") ? "file" : "page";
  }
  if (signIn.test(path)) {
    return "sign-in";
  }
  if (long.test(path)) {
    return "long";
  }
  return path.startsWith("/api/v1/search") ? "search" : "other";
}

function airtableClass(method: string, path: string): RouteClass {
  if (path.startsWith("/v0/meta/")) {
    return method === "GET" || method === "HEAD" ? "read" : "schema";
  }
  if (method === "GET" || method === "HEAD") {
    return "read";
  }
  if (method === "POST" && path.endsWith("/listRecords")) {
    return "read";
  }
  return path.endsWith("/uploadAttachment") ? "file" : "write";
}

const ID_LENGTH = 17;
const SLASH = "/".charCodeAt(0);

/** The base that a path names: its first part that has the shape of a base's id. */
export function baseIdIn(path: string): string | undefined {
  for (let at = path.indexOf("/app"); at !== -1; at = path.indexOf("/app", at + 1)) {
    const end = at + 1 + ID_LENGTH;
    if (path.length === end || path.charCodeAt(end) === SLASH) {
      const part = path.slice(at + 1, end);
      return part.includes("/") ? undefined : part;
    }
  }
  return undefined;
}
