import { z } from "zod";

/** Names of routes, upstreams and targets: they become labels of metrics and parts of addresses. */
export const routeName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,39}$/, "must be lower-case letters, digits and hyphens, at most 40");

const DAY_MS = 86_400_000;
const milliseconds = (fallback: number, least = 1) =>
  z.int().min(least).max(DAY_MS).default(fallback);
const share = (fallback: number) => z.number().min(0).max(1).default(fallback);

const serverUrl = z.string().superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    context.addIssue({
      code: "custom",
      message: "must be a URL such as http://10.0.0.5:8080",
    });
  } else if (url.username !== "" || url.search !== "" || url.hash !== "") {
    context.addIssue({ code: "custom", message: "must have no credentials, query or fragment" });
  }
});

const health = z.strictObject({
  path: z.string().startsWith("/").max(500),
  everyMs: milliseconds(5_000, 100),
  timeoutMs: milliseconds(2_000, 10),
  /** Statuses that count as well. */
  status: z.array(z.int().min(100).max(599)).min(1).default([200]),
  unhealthyAfter: z.int().min(1).max(100).default(3),
  healthyAfter: z.int().min(1).max(100).default(2),
});

const breaker = z
  .strictObject({
    consecutiveFailures: z.int().min(1).max(10_000).default(10),
    failureRate: share(0.5),
    requestsMin: z.int().min(1).max(100_000).default(20),
    windowMs: milliseconds(10_000, 100),
    openMs: milliseconds(10_000, 10),
    probes: z.int().min(1).max(100).default(3),
  })
  .prefault({});

const timeouts = z
  .strictObject({
    connectMs: milliseconds(2_000, 10),
    /** From the end of the request to the first byte of the answer, one try. */
    tryMs: milliseconds(10_000, 10),
    /** The same over all tries. */
    totalMs: milliseconds(30_000, 10),
    /** Silence in the middle of a body. */
    idleMs: milliseconds(60_000, 100),
    /** Silence on an event stream or a WebSocket. */
    streamIdleMs: milliseconds(300_000, 100),
  })
  .prefault({});

const retries = z
  .strictObject({
    /** Tries of one request, the first included. */
    triesMax: z.int().min(1).max(5).default(3),
    /** Retries as a share of requests that run, and of those of the last ten seconds. */
    budget: share(0.2),
    /** So many are allowed however few requests there are. */
    budgetMin: z.int().min(0).max(100).default(3),
    /** Statuses after which a repeatable request is tried again. */
    status: z.array(z.int().min(500).max(599)).default([502, 503, 504]),
    /** Bodies up to this size are kept for another try; larger ones are sent once. */
    bodySizeMaxBytes: z.int().min(0).max(1_048_576).default(65_536),
  })
  .prefault({});

/** A service that requests are sent on to: one server, or several that are alike. */
export const upstream = z.strictObject({
  url: z.union([serverUrl, z.array(serverUrl).min(1).max(50)]),
  timeouts,
  retries,
  breaker,
  health: health.optional(),
  /** Open connections to each server. */
  connectionsMax: z.int().min(1).max(10_000).default(128),
  /** Requests that wait for a connection of one server; more are refused at once. */
  waitingMax: z.int().min(0).max(100_000).default(1_000),
  tls: z
    .strictObject({
      /** A file with the certificates to trust instead of the usual ones. */
      caFile: z.string().optional(),
      serverName: z.string().optional(),
    })
    .optional(),
});

export type UpstreamSpec = z.output<typeof upstream>;
