import { z } from "zod";
import type { Config } from "#kernel";
import { routeClasses } from "./route-class.ts";

/** What a bucket of a rule belongs to. `class` is the route class; several together make a bucket for each combination. */
export const limitSubjects = ["key", "user", "base", "address", "class"] as const;

export type LimitSubject = (typeof limitSubjects)[number];

/** Rules at most, those of the settings included: each costs a look for each request. */
export const LIMIT_RULES_MAX = 50;
const NAMES_MAX = 1_000;

const names = z.array(z.string().min(1).max(100)).min(1).max(NAMES_MAX);

/** One rule of the section `limits` in the gateway file. */
export const limitRule = z
  .strictObject({
    name: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9-]{0,39}$/,
        "must be lower-case letters, digits and dashes, at most 40",
      ),
    /** Requests in a window. */
    limit: z.int().min(1).max(10_000_000),
    /** The window, seconds. */
    window: z.number().min(0.1).max(86_400).default(60),
    /** Requests that may come at once; `limit` unless said. */
    burst: z.int().min(1).max(10_000_000).optional(),
    /** Whose requests are counted together. */
    per: z.union([
      z.enum(limitSubjects),
      z.array(z.enum(limitSubjects)).min(1).max(limitSubjects.length),
    ]),
    /** Whom it is for. */
    callers: z.enum(["all", "anonymous", "signed-in"]).default("all"),
    /** Which surface it is for: `airtable` is everything under /v0. */
    surface: z.enum(["all", "airtable"]).default("all"),
    classes: z.array(z.enum(routeClasses)).min(1).optional(),
    /** Only these keys, users or bases (ids). */
    keys: names.optional(),
    users: names.optional(),
    bases: names.optional(),
    /** After a refusal everything is refused for so long, seconds. */
    penalty: z.number().min(1).max(3_600).optional(),
  })
  .refine(({ per, callers }) => callers !== "anonymous" || !asList(per).some(isOfSignedIn), {
    error: "anonymous callers have no key, no user and no base: count them per address or class",
    path: ["per"],
  });

/** The section `limits` of the gateway file. */
export const limitSection = z
  .array(limitRule)
  .max(LIMIT_RULES_MAX - 10)
  .superRefine((rules, context) => {
    const seen = new Set<string>();
    for (const [at, { name }] of rules.entries()) {
      if (seen.has(name)) {
        context.addIssue({
          code: "custom",
          message: "is the name of another rule",
          path: [at, "name"],
        });
      }
      seen.add(name);
    }
  });

export type LimitRule = z.infer<typeof limitRule>;

/** Airtable's own limits. Source: contract, limits. */
const AIRTABLE_PER_BASE = 5;
const AIRTABLE_PER_USER = 50;
const AIRTABLE_PENALTY_S = 30;

/** The rules that the settings ask for. A rule of the gateway file with the same name takes the place of one of these. */
export function rulesOfSettings(config: Config): LimitRule[] {
  const { limits } = config;
  const rules: LimitRule[] = [];
  const add = (
    name: keyof typeof limits,
    rule: Pick<LimitRule, "per" | "callers" | "classes">,
  ): void => {
    const rate = limits[name];
    if (rate !== null) {
      rules.push({ name, limit: rate.limit, window: rate.windowS, surface: "all", ...rule });
    }
  };
  // Whoever calls a service behind the gateway is a stranger to us and may be none to it.
  add("anonymous", { per: "address", callers: "anonymous", classes: notPassedOn });
  add("address", { per: "address", callers: "all" });
  add("key", { per: "key", callers: "signed-in" });
  add("user", { per: "user", callers: "signed-in" });
  add("base", { per: "base", callers: "signed-in" });
  return config.airtableLimits ? [...rules, ...airtableRules] : rules;
}

const notPassedOn = routeClasses.filter((each) => each !== "upstream");

const airtable = {
  window: 1,
  penalty: AIRTABLE_PENALTY_S,
  callers: "signed-in",
  surface: "airtable",
} as const;

const airtableRules: readonly LimitRule[] = [
  { name: "airtable-base", limit: AIRTABLE_PER_BASE, per: "base", ...airtable },
  { name: "airtable-user", limit: AIRTABLE_PER_USER, per: "user", ...airtable },
];

export function asList(per: LimitSubject | readonly LimitSubject[]): readonly LimitSubject[] {
  return typeof per === "string" ? [per] : per;
}

/** Callers that no token names are counted by address alone: otherwise anybody could use up a base's share. */
export function isOfSignedIn(subject: LimitSubject): boolean {
  return subject === "key" || subject === "user" || subject === "base";
}
