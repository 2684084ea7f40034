import { z } from "zod";

/** What an operator may limit. Source: the same names in the server's `LimitedResource`. */
export const limitedResources = [
  "requests",
  "events",
  "records",
  "storage",
  "model-tokens",
  "spend",
] as const;
/** `now`: what is held at the moment. The others begin at midnight UTC. */
export const quotaPeriods = ["day", "month", "now"] as const;
/** Rows of usage in one answer. */
export const USAGE_ROWS_MAX = 1_000;
/** Days of one answer of usage. */
export const USAGE_DAYS_MAX = 400;

const held = new Set<string>(["records", "storage"]);

/** A bound for a workspace. */
export const quota = z
  .strictObject({
    resource: z
      .enum(limitedResources)
      .describe("Storage in bytes, spend in millionths of a US dollar."),
    period: z.enum(quotaPeriods),
    limit: z.int().min(0),
    enforce: z
      .boolean()
      .default(true)
      .describe("False: alerts at 80 and 100 % and refuses nothing."),
  })
  .refine(({ resource, period }) => held.has(resource) === (period === "now"), {
    path: ["period"],
    error: "records and storage are limited now, the others by day or month",
  });
export type Quota = z.infer<typeof quota>;

/** All bounds of a workspace; what is not named is not bounded. */
export const quotasBody = z.strictObject({
  quotas: z
    .array(quota)
    .max(20)
    .refine(
      (all) =>
        new Set(all.map(({ resource, period }) => `${resource}/${period}`)).size === all.length,
      "must name each resource and period once",
    ),
});

/** A bound and how far it is used. */
export const quotaView = z.object({
  resource: z.enum(limitedResources),
  period: z.enum(quotaPeriods),
  limit: z.int(),
  enforce: z.boolean(),
  used: z.int(),
  state: z.enum(["below", "near", "reached"]).describe("Near from 80 %, reached from 100 %."),
  resetsAt: z.string().nullable(),
});
export const quotasView = z.object({ quotas: z.array(quotaView) });

/** Which days, and by what the figures are told apart. */
export const usageQuery = z.strictObject({
  period: z.enum(["day", "month"]).default("day"),
  from: z.iso.date().optional(),
  to: z.iso.date().optional().describe("Included."),
});

const counts = {
  reads: z.int(),
  writes: z.int(),
  failures: z.int().describe("Answered with 400 or above; they count in no other number."),
  bytesIn: z.int(),
  bytesOut: z.int(),
  recordsCreated: z.int(),
  modelTokens: z.int(),
};
/** One row of usage: a caller in a base, or in the workspace outside of its bases, in a day or month. */
export const usageRow = z.object({
  starts: z.string(),
  workspaceId: z.string().nullable(),
  baseId: z.string().nullable(),
  userId: z.string(),
  keyId: z.string().nullable(),
  ...counts,
});
export const ownUsage = z.object({ rows: z.array(usageRow), more: z.boolean() });
export const workspaceUsage = z.object({
  ...ownUsage.shape,
  totals: z.array(
    z.object({ starts: z.string(), resource: z.enum(limitedResources), used: z.int() }),
  ),
  held: z.object({
    records: z.int(),
    storage: z.int().describe("Bytes."),
    bases: z.array(z.object({ baseId: z.string(), records: z.int(), storage: z.int() })),
  }),
  quotas: z.array(quotaView),
});

/** What was told when a bound came near or was reached. */
export const alertView = z.object({
  id: z.int(),
  workspaceId: z.string(),
  resource: z.enum(limitedResources),
  period: z.enum(quotaPeriods),
  starts: z.string().nullable(),
  threshold: z.int().describe("Percent."),
  limit: z.int(),
  used: z.int(),
  at: z.string(),
  endedAt: z.string().nullable(),
});
export const alertsView = z.object({ alerts: z.array(alertView) });

/** The workspaces by what they use, the heaviest first. */
export const instanceUsageQuery = z.strictObject({
  period: z.enum(["day", "month"]).default("month"),
  resource: z.enum(["requests", "events", "model-tokens", "spend"]).default("requests"),
  limit: z.coerce.number().int().min(1).max(USAGE_ROWS_MAX).default(100),
});
export const instanceUsage = z.object({
  starts: z.string(),
  workspaces: z.array(z.object({ workspaceId: z.string(), used: z.int() })),
});
