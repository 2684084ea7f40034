import { Problem } from "#kernel";
import type { Exchange } from "../exchange.ts";
import { type CorsRule } from "./cors-rules.ts";

/** Methods that browsers on other origins may use. Source: contract, transport. */
const METHODS = "DELETE,GET,OPTIONS,PATCH,POST,PUT";
/** Headers that they may send. Source: contract, transport; from `idempotency-key` on, ours. */
const HEADERS =
  "authorization,content-length,content-type,user-agent,x-airtable-application-id,x-airtable-user-agent,x-api-version,x-requested-with,idempotency-key,if-match,if-none-match,x-basalt-limits,x-basalt-min-txn,x-request-id,traceparent,tracestate";
/** Headers of answers that they may read. */
const EXPOSED =
  "x-request-id,x-basalt-txn,retry-after,idempotent-replayed,etag,ratelimit,ratelimit-policy,x-ratelimit-limit,x-ratelimit-remaining,x-ratelimit-reset";

interface Policy {
  readonly paths: readonly string[];
  /** Any origin. */
  readonly isOpen: boolean;
  readonly origins: ReadonlySet<string>;
  readonly credentials: boolean;
  readonly maxAge: string;
  /** The headers of an answer to any origin, or to none. */
  readonly fixed: readonly [string, string][];
}

type Call = Pick<Exchange, "path" | "origin" | "actor">;

/** Which pages on other origins may read our answers. An origin that may not gets no header, and its browser keeps the answer from it. */
export class Cors {
  #policies: readonly Policy[] = [];
  /** Grows with each change of the rules: answers that were made ready before are old. */
  version = 0;

  /** From now on these rules count; the first that is for a path decides. */
  apply(rules: readonly CorsRule[]): void {
    this.#policies = rules.map(policyOf);
    this.version += 1;
  }

  /** What an answer carries. */
  headersOf(call: Call): readonly [string, string][] {
    const policy = this.#policyOf(call.path);
    if (policy === undefined) {
      return [];
    }
    const { origin } = call;
    if (policy.isOpen && (origin === undefined || keyOrigins(call) === undefined)) {
      return policy.fixed;
    }
    return origin !== undefined && mayRead(policy, call, origin)
      ? [...allowance(policy, origin), ["access-control-expose-headers", EXPOSED], varies]
      : [varies];
  }

  /** The answer to a preflight: 200 under `/v0`, as Airtable does, 204 elsewhere; undefined where it is none, or not allowed there. */
  preflight(
    call: Call & Pick<Exchange, "method" | "surface">,
    isAsked: boolean,
  ): Response | undefined {
    const { method, surface, origin } = call;
    if (method !== "OPTIONS") {
      return undefined;
    }
    const policy = this.#policyOf(call.path);
    const isAirtable = surface === "airtable";
    const isAllowed =
      policy !== undefined &&
      (policy.isOpen || (origin !== undefined && policy.origins.has(origin)));
    if (!isAirtable && !(isAsked && isAllowed)) {
      return undefined;
    }
    const headers: [string, string][] = isAllowed
      ? [
          ["access-control-allow-methods", METHODS],
          ["access-control-allow-headers", HEADERS],
          ["access-control-max-age", policy.maxAge],
        ]
      : [];
    return isAirtable
      ? new Response(null, { status: 200, headers: [...headers, ["content-length", "0"]] })
      : new Response(null, { status: 204, headers });
  }

  /** A key may be for pages of some origins only; whatever names another is refused. Problem (answered): `gateway.origin-not-allowed`. */
  refusalOf(call: Call): Problem | undefined {
    const { origin } = call;
    return origin === undefined || (keyOrigins(call)?.has(origin) ?? true)
      ? undefined
      : new Problem("forbidden", "gateway.origin-not-allowed", {
          message: "This API key may not be used by pages of this origin.",
        });
  }

  #policyOf(path: string): Policy | undefined {
    for (const policy of this.#policies) {
      for (const start of policy.paths) {
        if (path.startsWith(start) && isWhole(path, start)) {
          return policy;
        }
      }
    }
    return undefined;
  }
}

const varies: [string, string] = ["vary", "origin"];

function policyOf({ paths, origins, credentials, maxAge }: CorsRule): Policy {
  const isOpen = origins.includes("*");
  return {
    paths,
    isOpen,
    origins: new Set(origins),
    credentials,
    maxAge: String(maxAge),
    fixed: [
      ["access-control-allow-origin", "*"],
      ["access-control-expose-headers", EXPOSED],
    ],
  };
}

/** `/v0` is the beginning of `/v0/x` and not of `/v01`. */
function isWhole(path: string, start: string): boolean {
  return path.length === start.length || start.endsWith("/") || path.charAt(start.length) === "/";
}

function mayRead(policy: Policy, call: Call, origin: string): boolean {
  return (policy.isOpen || policy.origins.has(origin)) && (keyOrigins(call)?.has(origin) ?? true);
}

function keyOrigins({ actor }: Call): ReadonlySet<string> | undefined {
  return actor.kind === "user" && actor.credential.kind === "key"
    ? (actor.credential.origins ?? undefined)
    : undefined;
}

function allowance(policy: Policy, origin: string): [string, string][] {
  const allowed: [string, string] = ["access-control-allow-origin", origin];
  return policy.credentials ? [allowed, ["access-control-allow-credentials", "true"]] : [allowed];
}
