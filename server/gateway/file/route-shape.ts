import { z } from "zod";
import { routeName } from "./upstream-shape.ts";

const pathTemplate = z
  .string()
  .max(500)
  .regex(
    /^\/(?:(?:[A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\})(?:\/(?:[A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9]*\}))*)?$/,
    "must be a path such as /airtable/bases/{base}: letters, digits, . _ ~ - and names in braces",
  )
  .refine((path) => !path.split("/").some((segment) => segment === "." || segment === ".."), {
    message: "must not have . or .. in it",
  });

const hostPattern = z
  .string()
  .max(253)
  .regex(
    /^(?:\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/,
    "must be a host name in lower case, or *. and one",
  );

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, "must be a header name")
  .transform((name) => name.toLowerCase())
  .refine((name) => !unsettable.has(name), {
    message: "is set by the gateway itself or speaks of one connection only",
  });
const headerValue = z
  .string()
  .max(8_000)
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, "must have no line break");

/** Framing, connection and the caller's identity are nobody's to write. */
const unsettable: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "x-basalt-identity",
]);

const headerChanges = z.strictObject({
  set: z.record(headerName, headerValue).default({}),
  add: z.record(headerName, headerValue).default({}),
  remove: z.array(headerName).default([]),
});
const headers = z
  .strictObject({ request: headerChanges.prefault({}), response: headerChanges.prefault({}) })
  .prefault({});

const target = z
  .strictObject({
    /** How commands call it; the upstream's name, or `own`, unless said. */
    name: routeName.optional(),
    upstream: routeName.optional(),
    /** Basalt's own routes at this path. */
    own: pathTemplate.optional(),
    /** Takes the place of the matched part of the path on the way to an upstream; `/` strips it. */
    path: pathTemplate.optional(),
    weight: z.int().min(0).max(10_000).default(100),
  })
  .refine(({ upstream, own }) => (upstream === undefined) !== (own === undefined), {
    message: "needs either upstream or own",
  })
  .refine(({ own, path }) => own === undefined || path === undefined, {
    message: "own already says the path",
    path: ["path"],
  });

const refusal = z.strictObject({
  status: z.union([z.literal(403), z.literal(404), z.literal(410), z.literal(501), z.literal(503)]),
  message: z.string().min(1).max(500),
});

const rollback = z
  .strictObject({
    enabled: z.boolean().default(true),
    /** Looks in a row, a second apart, that must agree. */
    checks: z.int().min(1).max(60).default(2),
    windowMs: z.int().min(1_000).max(3_600_000).default(30_000),
    /** Requests that the new target must have had in the window before it is judged. */
    requestsMin: z.int().min(1).max(1_000_000).default(50),
    /** How far its share of errors may lie over that of the old target; 0.02 is two in a hundred. */
    errorRateOver: z.number().min(0).max(1).default(0.02),
    /** Its p99 divided by that of the old target. */
    p99Times: z.number().min(1).max(1_000).default(3),
    /** A p99 up to this is never too slow, milliseconds. */
    p99FreeMs: z.number().min(0).default(50),
    /** Without figures of the old target: the share of errors and the p99 that are allowed. */
    errorRateMax: z.number().min(0).max(1).default(0.01),
    p99MaxMs: z.number().min(1).default(500),
  })
  .prefault({});

const automatic = z.strictObject({
  everyMs: z.int().min(1_000).max(86_400_000).default(30_000),
  stepPercent: z.int().min(1).max(100).default(10),
  /** Steps go up to here; the next one is 100. */
  untilPercent: z.int().min(1).max(100).default(50),
});

const cutOver = z.strictObject({
  from: routeName,
  to: routeName,
  rollback,
  automatic: automatic.optional(),
});

const jsonPath = z
  .string()
  .regex(
    /^\$?(?:\.?[A-Za-z_][\w-]*|\[\d{1,6}\]|\[\*\])(?:\.[A-Za-z_][\w-]*|\[\d{1,6}\]|\[\*\])*$/,
    "must be a path such as records[*].id",
  );

const shadow = z.strictObject({
  /** Where the copies go. */
  upstream: routeName.optional(),
  own: pathTemplate.optional(),
  path: pathTemplate.optional(),
  percent: z.number().min(0).max(100).default(100),
  /** Methods that are copied. Anything but GET and HEAD is done twice: name it only where that does no harm. */
  methods: z.array(z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])).default(["GET"]),
  concurrencyMax: z.int().min(1).max(1_000).default(10),
  timeoutMs: z.int().min(10).max(600_000).default(10_000),
  bodySizeMaxBytes: z.int().min(0).max(16_777_216).default(1_048_576),
  /** What of a JSON answer is compared; everything unless said. */
  compare: z.array(jsonPath).max(100).default([]),
  ignore: z.array(jsonPath).max(100).default([]),
  examplesMax: z.int().min(0).max(200).default(20),
  /** Examples show values; without it they show kinds and lengths. */
  showValues: z.boolean().default(false),
});

/** What is done with requests to one place. */
export const route = z.strictObject({
  name: routeName,
  path: z.union([pathTemplate, z.array(pathTemplate).min(1).max(20)]).default("/"),
  /** The path alone, nothing below it. */
  exact: z.boolean().default(false),
  host: z.union([hostPattern, z.array(hostPattern).min(1).max(50)]).optional(),
  methods: z
    .array(z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]))
    .min(1)
    .optional(),
  /** Short for one target. */
  upstream: routeName.optional(),
  own: pathTemplate.optional(),
  to: z.array(target).min(1).max(20).optional(),
  refuse: refusal.optional(),
  sticky: z.enum(["user", "key", "address", "cookie", "none"]).default("user"),
  auth: z.enum(["required", "optional", "none"]).default("none"),
  /** What an upstream learns of the caller. Default: `pass` where `auth` is none, else `sign`. */
  identity: z.enum(["pass", "strip", "sign"]).optional(),
  /** `refuse`: `%2f`, `;`, `//` and the like below this route answer 400. Default: `keep` where everything is ours. */
  ambiguousPaths: z.enum(["refuse", "keep"]).optional(),
  preserveHost: z.boolean().default(false),
  webSocket: z.boolean().default(false),
  /** Parameters of the query by the names that the target knows. */
  renameQuery: z.record(z.string().regex(/^[\w.[\]-]{1,100}$/), z.string().max(100)).default({}),
  headers,
  cutOver: cutOver.optional(),
  shadow: shadow.optional(),
});

export type RouteSpec = z.output<typeof route>;
export type TargetSpec = z.output<typeof target>;
export type CutOverSpec = z.output<typeof cutOver>;
export type RollbackSpec = z.output<typeof rollback>;
export type AutomaticSpec = z.output<typeof automatic>;
export type ShadowSpec = z.output<typeof shadow>;
export type HeaderChanges = z.output<typeof headerChanges>;
