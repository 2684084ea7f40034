import { z } from "zod";

/** Conditions of one view's filter, in all its groups. Ours. */
export const FILTER_CONDITIONS_MAX = 200;
/** Groups within groups, the outermost counted. Airtable offers three. */
export const FILTER_DEPTH_MAX = 5;
/** Values of one condition that takes several. Ours. */
export const FILTER_VALUES_MAX = 1_000;
/** Characters of one text in a condition. Ours. */
export const FILTER_TEXT_MAX_CHARACTERS = 10_000;
/** Days that a relative date can be away. Ours: three centuries. */
export const FILTER_DAYS_MAX = 110_000;

/** Every operator of a condition. Which of them a field takes depends on its type. */
export const filterOperators = [
  "=",
  "!=",
  "<",
  ">",
  "<=",
  ">=",
  "is",
  "isNot",
  "contains",
  "doesNotContain",
  "isEmpty",
  "isNotEmpty",
  "isAnyOf",
  "isNoneOf",
  "hasAnyOf",
  "hasAllOf",
  "hasNoneOf",
  "isExactly",
  "filename",
  "fileType",
  "isWithin",
] as const;
export type FilterOperator = (typeof filterOperators)[number];

/** A day, as a condition names it. */
export const filterDayModes = [
  "exactDate",
  "today",
  "tomorrow",
  "yesterday",
  "oneWeekAgo",
  "oneWeekFromNow",
  "oneMonthAgo",
  "oneMonthFromNow",
  "daysAgo",
  "daysFromNow",
] as const;
/** A stretch of days that `isWithin` names; today belongs to all of them. */
export const filterRangeModes = [
  "pastWeek",
  "pastMonth",
  "pastYear",
  "nextWeek",
  "nextMonth",
  "nextYear",
  "pastNumberOfDays",
  "nextNumberOfDays",
  "thisCalendarWeek",
  "thisCalendarMonth",
  "thisCalendarYear",
] as const;

const text = z
  .string()
  .max(FILTER_TEXT_MAX_CHARACTERS)
  .refine((value) => !value.includes("\0") && value.isWellFormed(), {
    message: "must not hold NUL or half a character",
  });
const days = z.int().min(0).max(FILTER_DAYS_MAX);
/** IANA name, or `utc`. Absent: the field's own. */
const zone = z.string().max(64).optional();

/** The value of a condition on a date. */
export const filterDay = z.discriminatedUnion("mode", [
  z.strictObject({ mode: z.literal("exactDate"), exactDate: text, timeZone: zone }),
  z.strictObject({ mode: z.enum(["daysAgo", "daysFromNow"]), numberOfDays: days, timeZone: zone }),
  z.strictObject({
    mode: z.enum(filterDayModes).exclude(["exactDate", "daysAgo", "daysFromNow"]),
    timeZone: zone,
  }),
]);
export type FilterDay = z.infer<typeof filterDay>;

/** The value of `isWithin`. */
export const filterRange = z.discriminatedUnion("mode", [
  z.strictObject({
    mode: z.enum(["pastNumberOfDays", "nextNumberOfDays"]),
    numberOfDays: days,
    timeZone: zone,
  }),
  z.strictObject({
    mode: z.enum(filterRangeModes).exclude(["pastNumberOfDays", "nextNumberOfDays"]),
    timeZone: zone,
  }),
]);
export type FilterRange = z.infer<typeof filterRange>;

/** What a condition compares with; which of these, depends on the field and the operator. */
export const filterValue = z.union([
  text,
  z.number(),
  z.boolean(),
  z.array(text).max(FILTER_VALUES_MAX),
  filterDay,
  filterRange,
  z.null(),
]);

export const filterCondition = z.strictObject({
  id: z.string().max(64).optional(),
  fieldId: z.string().regex(/^fld[A-Za-z0-9]{14}$/),
  operator: z.enum(filterOperators),
  value: filterValue.optional(),
});
export type FilterCondition = z.infer<typeof filterCondition>;

/** Conditions that hold all, or one of which holds. Groups stand among them. */
export interface FilterGroup {
  readonly type?: "nested" | undefined;
  readonly id?: string | undefined;
  readonly conjunction: "and" | "or";
  readonly filterSet: readonly (FilterCondition | FilterGroup)[];
}

function groupOf(depth: number): z.ZodType<FilterGroup> {
  const member: z.ZodType<FilterCondition | FilterGroup> =
    depth === 1 ? filterCondition : z.union([filterCondition, groupOf(depth - 1)]);
  return z.strictObject({
    type: z.literal("nested").optional(),
    id: z.string().max(64).optional(),
    conjunction: z.enum(["and", "or"]),
    filterSet: z.array(member).max(FILTER_CONDITIONS_MAX),
  });
}

/** The filter of a view, as Airtable has it. */
export const viewFilter: z.ZodType<FilterGroup> = groupOf(FILTER_DEPTH_MAX);
