import { z } from "zod";
import { isZoneOfRequest } from "./fields.ts";

/** Events in one call. */
export const EVENTS_PER_CALL_MAX = 1_000;
/** Bytes of a call with events. */
export const EVENTS_BODY_MAX_BYTES = 1024 * 1024;
/** Characters of an event's name, of its id, and of the ids of users and sessions. */
export const EVENT_NAME_MAX_CHARACTERS = 100;
export const EVENT_ID_MAX_CHARACTERS = 100;
/** Properties of an event at its top; values in all, levels and bytes of JSON together. */
export const EVENT_PROPERTIES_MAX = 50;
export const EVENT_VALUES_MAX = 500;
export const EVENT_DEPTH_MAX = 5;
export const EVENT_PROPERTIES_MAX_BYTES = 16 * 1024;
/** Characters of a property's name. */
export const PROPERTY_NAME_MAX_CHARACTERS = 100;
/** Days that a client's time may be behind ours, and minutes that it may be ahead, before ours counts instead. */
export const EVENT_LATE_MAX_DAYS = 7;
export const EVENT_EARLY_MAX_MINUTES = 5;
/** Two events of a workspace with one id count once when their times are less than this apart. */
export const EVENT_DEDUP_HOURS = 24;

/** Bounds of a query. */
export const QUERY_DAYS_MAX = 400;
export const QUERY_BUCKETS_MAX = 1_500;
export const QUERY_GROUPS_MAX = 100;
export const QUERY_FILTERS_MAX = 10;
export const QUERY_NAMES_MAX = 50;
export const FUNNEL_STEPS_MAX = 10;
export const FUNNEL_WINDOW_MAX_HOURS = 90 * 24;
export const RETENTION_PERIODS_MAX = 60;

const storable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");
const NOT_STORABLE = "must not hold NUL or half of a surrogate pair";
const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine(storable, NOT_STORABLE)
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for.
    .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), "must not hold control characters");

const workspaceId = z.string().regex(/^wsp[A-Za-z0-9]{14}$/, "must be the id of a workspace");
const eventName = line(EVENT_NAME_MAX_CHARACTERS);
const eventRef = line(EVENT_ID_MAX_CHARACTERS);

const properties = z
  .custom<Readonly<Record<string, unknown>>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    "must be an object",
  )
  .superRefine((value, context) => {
    const wrong = wrongProperties(value);
    if (wrong !== undefined) {
      context.addIssue({ code: "custom", message: wrong });
    }
  })
  .meta({ type: "object", description: `At most ${EVENT_PROPERTIES_MAX} properties.` });

/** One product event as a client sends it. */
export const productEvent = z.strictObject({
  id: eventRef.optional().describe("Makes a repeat of the event harmless. Any text of yours."),
  name: eventName,
  clientTime: z.iso
    .datetime({ offset: true })
    .optional()
    .describe("When it happened by the client's clock."),
  properties: properties.optional(),
  userId: eventRef.optional().describe("Your own id of the user."),
  anonymousId: eventRef.optional().describe("Counts as the user where there is no `userId`."),
  sessionId: eventRef.optional(),
  workspaceId: workspaceId.optional().describe("In place of that of the call."),
});
export type ProductEvent = z.infer<typeof productEvent>;

/** A call with events. Each is checked by itself, so that one bad event does not lose the others. */
export const eventsBody = z.strictObject({
  workspaceId: workspaceId.optional().describe("Whose events they are; without it the instance's."),
  events: z
    .array(z.unknown())
    .min(1)
    .max(EVENTS_PER_CALL_MAX)
    .meta({ items: { type: "object" }, description: "Each a product event." }),
});

/** What became of a call with events. */
export const eventsTaken = z.object({
  accepted: z.int().describe("Events that are stored now, or were before."),
  duplicates: z.int().optional().describe("Of those, how many were known by their id."),
  durable: z.boolean().describe("True: committed. False: will be written within moments."),
  rejected: z.array(z.object({ index: z.int(), fields: z.record(z.string(), z.string()) })),
});

const wholeDay = z.iso.datetime({ offset: true });
const scalar = z.union([
  z.string().max(1_000).refine(storable, NOT_STORABLE),
  z.number(),
  z.boolean(),
]);
const propertyName = line(PROPERTY_NAME_MAX_CHARACTERS);

/** A condition on one property at the top of an event. */
export const eventFilter = z.discriminatedUnion("operator", [
  z.strictObject({
    property: propertyName,
    operator: z.enum(["is", "isNot"]),
    value: scalar,
  }),
  z.strictObject({
    property: propertyName,
    operator: z.literal("isAnyOf"),
    values: z.array(scalar).min(1).max(QUERY_NAMES_MAX),
  }),
  z.strictObject({ property: propertyName, operator: z.enum(["exists", "isMissing"]) }),
  z.strictObject({
    property: propertyName,
    operator: z.enum(["above", "below"]),
    value: z.number(),
  }),
]);
export type EventFilter = z.infer<typeof eventFilter>;

const filters = z.array(eventFilter).max(QUERY_FILTERS_MAX).default([]);
const asked = {
  workspaceId: workspaceId
    .nullable()
    .describe("Null: events that were sent without a workspace; administrators only."),
  from: wholeDay,
  to: wholeDay.describe("Not included."),
  timeZone: z
    .string()
    .max(64)
    .refine(isZoneOfRequest, "must be the name of an IANA time zone")
    .default("UTC"),
};
const step = z.strictObject({ event: eventName, filters });

/** A question to the events of a workspace. */
export const analyticsQuery = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("counts"),
    ...asked,
    bucket: z.enum(["minute", "hour", "day", "week", "month"]).nullable().default("day"),
    measure: z.enum(["events", "users"]).default("events"),
    events: z.array(eventName).max(QUERY_NAMES_MAX).default([]).describe("Empty: every event."),
    filters,
    groupBy: z
      .union([z.literal("name"), z.strictObject({ property: propertyName })])
      .nullable()
      .default(null),
    top: z.int().min(1).max(QUERY_GROUPS_MAX).default(10).describe("Groups, the largest first."),
  }),
  z.strictObject({
    kind: z.literal("funnel"),
    ...asked,
    steps: z.array(step).min(2).max(FUNNEL_STEPS_MAX),
    windowHours: z
      .number()
      .positive()
      .max(FUNNEL_WINDOW_MAX_HOURS)
      .default(7 * 24),
  }),
  z.strictObject({
    kind: z.literal("retention"),
    ...asked,
    start: step.describe("What makes somebody a member of a cohort, the first time in the range."),
    back: step.optional().describe("What counts as coming back; without it any event."),
    period: z.enum(["day", "week"]).default("week"),
    periods: z.int().min(1).max(RETENTION_PERIODS_MAX).default(8),
  }),
]);
export type AnalyticsQuery = z.infer<typeof analyticsQuery>;

/** The answer to a question, by its kind. */
export const analyticsAnswer = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("counts"),
    buckets: z.array(z.string()).describe("Beginnings, in UTC; one without a bucket size."),
    series: z.array(
      z.object({
        group: z.string().nullable().describe("Null: the property is missing, or no grouping."),
        total: z.int().describe("Over the whole range; users are counted once."),
        values: z.array(z.int()),
      }),
    ),
    moreGroups: z.boolean(),
  }),
  z.object({
    kind: z.literal("funnel"),
    steps: z.array(
      z.object({
        event: z.string(),
        users: z.int(),
        share: z.number().describe("Of those who took the first step."),
        medianS: z.number().nullable().describe("From the first step, seconds."),
      }),
    ),
  }),
  z.object({
    kind: z.literal("retention"),
    cohorts: z.array(z.object({ start: z.string(), users: z.int(), returned: z.array(z.int()) })),
  }),
]);
export type AnalyticsAnswer = z.infer<typeof analyticsAnswer>;

/** How long a workspace keeps its events; null: as long as the instance does. */
export const eventPolicy = z.strictObject({ keepDays: z.int().min(1).max(3_650).nullable() });

/** What is wrong with the properties of an event, or undefined. Walks no further than its bounds. */
export function wrongProperties(value: Readonly<Record<string, unknown>>): string | undefined {
  if (Object.keys(value).length > EVENT_PROPERTIES_MAX) {
    return `must have at most ${EVENT_PROPERTIES_MAX} properties`;
  }
  return wrongValue(value, { depth: 1, values: 0 });
}

interface Walk {
  readonly depth: number;
  values: number;
}

function wrongValue(value: unknown, walk: Walk): string | undefined {
  switch (typeof value) {
    case "string":
      return storable(value) ? undefined : NOT_STORABLE;
    case "number":
      return wrongNumber(value);
    case "object":
      return value === null ? undefined : wrongObject(value, walk);
    default:
      return undefined;
  }
}

/** JSON's numbers have no bound, ours do: a larger one would be kept as another. */
function wrongNumber(value: number): string | undefined {
  if (!Number.isFinite(value)) {
    return "must not hold a number beyond 1.8e308";
  }
  return Number.isInteger(value) && !Number.isSafeInteger(value)
    ? "must not hold a whole number beyond 2^53, which would lose digits: send it as text"
    : undefined;
}

function wrongObject(value: object, walk: Walk): string | undefined {
  if (walk.depth > EVENT_DEPTH_MAX) {
    return `must not nest deeper than ${EVENT_DEPTH_MAX} levels`;
  }
  const isList = Array.isArray(value);
  const inner = { depth: walk.depth + 1, values: walk.values };
  for (const name of Object.keys(value)) {
    inner.values += 1;
    if (inner.values > EVENT_VALUES_MAX) {
      return `must hold at most ${EVENT_VALUES_MAX} values`;
    }
    if (!isList && (name.length > PROPERTY_NAME_MAX_CHARACTERS || !storable(name))) {
      return `must have names of at most ${PROPERTY_NAME_MAX_CHARACTERS} characters without NUL`;
    }
    const wrong = wrongValue((value as Readonly<Record<string, unknown>>)[name], inner);
    if (wrong !== undefined) {
      return wrong;
    }
  }
  walk.values = inner.values;
  return undefined;
}
