import type { SettingValues } from "./setting-values.ts";
import type { SettingName } from "./settings.ts";

/** Requests in a window. */
export interface RateSetting {
  readonly limit: number;
  readonly windowS: number;
}

/** What the gateway does at its edge: limits, browsers on other origins, the access log, TLS. */
export interface EdgeConfig {
  /** Limits of requests; null = none. */
  readonly limits: {
    /** Of an address, for callers without a token that counts. */
    readonly anonymous: RateSetting | null;
    /** Of an address, whoever calls. */
    readonly address: RateSetting | null;
    /** Of one API key or session. */
    readonly key: RateSetting | null;
    readonly user: RateSetting | null;
    readonly base: RateSetting | null;
  };
  /** Airtable's own limits under `/v0`: 5 requests/s a base, 50/s a user, a penalty of 30 s. */
  readonly airtableLimits: boolean;
  /** Requests that run at once; null = found out while running. */
  readonly requestsMax: number | null;
  /** The header in which trusted proxies say who called. */
  readonly forwardedHeader: "x-forwarded-for" | "forwarded";
  readonly accessLog: "all" | "errors" | "off";
  readonly cors: {
    /** Origins that browsers may call from, or `*`; null = any under `/v0`, none elsewhere. */
    readonly origins: readonly string[] | null;
    readonly credentials: boolean;
    /** How long browsers keep a preflight's answer, seconds. */
    readonly maxAgeS: number;
  };
  /** Files of the certificate chain and the private key, PEM; null = plain HTTP. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
}

/** Reads the settings of the gateway's edge. Throws `ConfigError`. */
export function readEdge(values: SettingValues): EdgeConfig {
  return {
    limits: {
      anonymous: rate(values, "BASALT_LIMIT_ANONYMOUS", ANONYMOUS_RATE),
      address: rate(values, "BASALT_LIMIT_ADDRESS", null),
      key: rate(values, "BASALT_LIMIT_KEY", null),
      user: rate(values, "BASALT_LIMIT_USER", null),
      base: rate(values, "BASALT_LIMIT_BASE", null),
    },
    airtableLimits: values.flag("BASALT_AIRTABLE_LIMITS", false),
    requestsMax: values.whole("BASALT_REQUESTS_MAX", [0, 0, 100_000]) || null,
    forwardedHeader: values.choice("BASALT_FORWARDED_HEADER", "x-forwarded-for", [
      "x-forwarded-for",
      "forwarded",
    ]),
    accessLog: values.choice("BASALT_ACCESS_LOG", "errors", ["all", "errors", "off"]),
    cors: {
      origins: readOrigins(values),
      credentials: values.flag("BASALT_CORS_CREDENTIALS", false),
      maxAgeS: values.whole("BASALT_CORS_MAX_AGE_S", [600, 0, 86_400]),
    },
    tls: readTls(values),
  };
}

/** Enough for an office behind one address that opens pages full of pictures; far below what one machine can send. */
const ANONYMOUS_RATE: RateSetting = { limit: 3_000, windowS: 60 };
const LIMIT_MAX = 10_000_000;
const WINDOW_MAX_S = 86_400;

/** `100/60` is 100 requests in 60 seconds; `none` is no limit. */
function rate(
  values: SettingValues,
  name: SettingName,
  otherwise: RateSetting | null,
): RateSetting | null {
  const text = values.text(name);
  if (text === null) {
    return otherwise;
  }
  if (text === "none" || text === "0") {
    return null;
  }
  const [, limit = 0, windowS = 0] = (/^(\d{1,8})\/(\d{1,5})s?$/.exec(text) ?? []).map(Number);
  if (limit < 1 || limit > LIMIT_MAX || windowS < 1 || windowS > WINDOW_MAX_S) {
    throw values.wrong(name, "must be requests/seconds, as in 100/60, or none");
  }
  return { limit, windowS };
}

function readOrigins(values: SettingValues): readonly string[] | null {
  const text = values.text("BASALT_CORS_ORIGINS");
  if (text === null) {
    return null;
  }
  const origins = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "" && part !== "none");
  const strange = origins.find((origin) => origin !== "*" && !isOrigin(origin));
  if (strange !== undefined || (origins.includes("*") && origins.length > 1)) {
    throw values.wrong(
      "BASALT_CORS_ORIGINS",
      "must be origins with commas between, as in https://app.example.org, or * alone, or none",
    );
  }
  if (origins.includes("*") && values.flag("BASALT_CORS_CREDENTIALS", false)) {
    throw values.wrong(
      "BASALT_CORS_ORIGINS",
      "must name its origins where BASALT_CORS_CREDENTIALS is 1",
    );
  }
  return origins;
}

/** Scheme, host and port exactly as a browser sends them. */
function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}

function readTls(values: SettingValues): EdgeConfig["tls"] {
  const certFile = values.text("BASALT_TLS_CERT");
  const keyFile = values.text("BASALT_TLS_KEY");
  if (certFile === null && keyFile === null) {
    return null;
  }
  if (certFile === null) {
    throw values.wrong("BASALT_TLS_CERT", "must be set together with BASALT_TLS_KEY");
  }
  if (keyFile === null) {
    throw values.wrong("BASALT_TLS_KEY", "must be set together with BASALT_TLS_CERT");
  }
  return { certFile, keyFile };
}
