import { z } from "zod";
import { type Operation, problemBody } from "./operation.ts";

const targetName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, "must be the name of a target");

/** What can be said about a route of the gateway file. */
export const gatewayChange = z.discriminatedUnion("act", [
  z
    .strictObject({ act: z.literal("cut-over"), percent: z.number().min(0).max(100) })
    .describe("So much goes to the new target, in percent."),
  z.strictObject({
    act: z.literal("weights"),
    weights: z.record(targetName, z.int().min(0).max(10_000)),
  }),
  z
    .strictObject({ act: z.literal("switch"), to: targetName.optional() })
    .describe("Everything goes to one target; without a name, to the one that has less."),
  z.strictObject({ act: z.literal("roll-back"), reason: z.string().max(300).optional() }),
  z.strictObject({ act: z.literal("pause") }),
  z.strictObject({ act: z.literal("resume") }).describe("Automatic steps begin, or go on."),
  z.strictObject({ act: z.literal("hand-back") }).describe("The file counts again."),
]);

const figures = z.object({
  requests: z.int(),
  errors: z.int(),
  errorRate: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
});
const named = z.record(z.string(), z.unknown());
const routeState = z.object({
  name: z.string(),
  path: z.union([z.string(), z.array(z.string())]).nullish(),
  host: z.union([z.string(), z.array(z.string())]).nullable(),
  methods: z.array(z.string()).nullable(),
  auth: z.string(),
  sticky: z.string(),
  refuses: named.nullable(),
  targets: z.array(
    z.object({
      name: z.string(),
      to: z.object({ own: z.string().optional(), upstream: z.string().optional() }),
      weight: z.number(),
      weightInFile: z.number(),
      lately: figures,
    }),
  ),
  weightsFrom: z.enum(["file", "command"]),
  command: z
    .object({
      reason: z.string().nullable(),
      changedAt: z.string(),
      changedBy: z.string().nullable(),
      automaticPaused: z.boolean(),
    })
    .nullable(),
  cutOver: z
    .object({
      from: z.string(),
      to: z.string(),
      percent: z.number().describe("Of the requests, to the new target."),
      automatic: named.nullable(),
      rollback: named,
      verdict: z.unknown().describe("How the new target was judged last."),
      baseline: figures.nullable().describe("The old target, from when it had enough requests."),
    })
    .nullable(),
  shadow: z.object({ to: z.string().optional() }).nullable(),
});
const gatewayState = z.object({
  process: z.object({ pid: z.int(), address: z.string() }),
  file: z.object({
    path: z.string().nullable(),
    hash: z
      .string()
      .nullable()
      .describe("Of the text in force; the same in every process that reads the same."),
    loadedAt: z.string(),
    mistakes: z.array(z.string()).describe("What is wrong with a newer text that was refused."),
    refusedAt: z.string().nullable(),
  }),
  precedence: z.string(),
  routes: z.array(routeState),
  upstreams: z.array(
    z.object({
      name: z.string(),
      running: z.int(),
      timeouts: named,
      servers: z.array(
        z.object({
          url: z.string(),
          healthy: z.boolean(),
          breaker: z.enum(["closed", "open", "half-open"]),
          breakerOpenings: z.int(),
          running: z.int(),
        }),
      ),
    }),
  ),
  limits: z.unknown().describe("The file's section, as it is in force."),
  cors: z.unknown().describe("The file's section, as it is in force."),
  webSockets: z.int(),
});
const shadowReport = z.object({
  sent: z.int(),
  same: z.int(),
  different: z.int(),
  failed: z.int(),
  skipped: z.int(),
});
const jwks = z.object({
  keys: z.array(
    z.object({
      kty: z.string(),
      crv: z.string(),
      x: z.string(),
      kid: z.string(),
      alg: z.string(),
      use: z.string(),
    }),
  ),
});

const refused = { 401: problemBody, 403: problemBody, 404: problemBody, 422: problemBody } as const;
const BASE = "/api/v1/admin/gateway";
const READ = "enterprise.account:read";
const WRITE = "enterprise.account:write";

/** Administration of the gateway: routes to upstreams and their cut-over. For administrators of the instance. */
export const gatewayOperations: readonly Operation[] = [
  {
    id: "gateway.show",
    method: "get",
    path: BASE,
    summary: "Show the gateway: file, routes, weights, breakers, health",
    auth: "bearer",
    scope: READ,
    answers: { 200: gatewayState, 401: problemBody, 403: problemBody },
  },
  {
    id: "gateway.changeRoute",
    method: "post",
    path: `${BASE}/routes/{route}/changes`,
    summary: "Cut over, switch, roll back, pause or set the weights of a route",
    description:
      "Holds in every process and over restarts, until the gateway file says something else of the route's targets. Each " +
      "change is an act in the audit log.",
    auth: "bearer",
    scope: WRITE,
    body: gatewayChange,
    answers: { 200: routeState, ...refused },
  },
  {
    id: "gateway.shadowReport",
    method: "get",
    path: `${BASE}/routes/{route}/shadow`,
    summary: "Show how answers of the shadow compare",
    auth: "bearer",
    scope: READ,
    answers: { 200: shadowReport, ...refused },
  },
  {
    id: "gateway.clearShadowReport",
    method: "delete",
    path: `${BASE}/routes/{route}/shadow`,
    summary: "Begin the comparison anew",
    auth: "bearer",
    scope: WRITE,
    answers: { 204: null, ...refused },
  },
  {
    id: "gateway.resetBreakers",
    method: "post",
    path: `${BASE}/upstreams/{upstream}/reset-breakers`,
    summary: "Close the circuit breakers of an upstream",
    auth: "bearer",
    scope: WRITE,
    answers: { 204: null, ...refused },
  },
  {
    id: "gateway.identityKeys",
    method: "get",
    path: "/.well-known/jwks.json",
    summary: "The key that checks the signed identity of callers",
    auth: "none",
    answers: { 200: jwks },
  },
];
