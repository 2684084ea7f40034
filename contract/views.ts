import { z } from "zod";
import { problemBody, type Operation } from "./operation.ts";
import { SORT_KEYS_MAX } from "./records.ts";
import { FILTER_CONDITIONS_MAX, FILTER_DEPTH_MAX, viewFilter } from "./view-filters.ts";

/** Levels of one grouping. Ours; Airtable has ten for its screens. */
export const GROUP_LEVELS_MAX = 5;
/** Groups in one answer, those within groups counted. Ours: bounds the answer. */
export const GROUPS_MAX = 5_000;
/** Summaries in one call. Ours. */
export const SUMMARIES_MAX = 50;

/** What can be worked out of the cells of a field in one group. Those of numbers count numbers alone. */
export const summaryNames = [
  "empty",
  "filled",
  "unique",
  "percentEmpty",
  "percentFilled",
  "percentUnique",
  "sum",
  "avg",
  "median",
  "min",
  "max",
  "range",
  "earliest",
  "latest",
  "checked",
  "unchecked",
  "percentChecked",
] as const;
export type SummaryName = (typeof summaryNames)[number];

const fieldId = z.string().regex(/^fld[A-Za-z0-9]{14}$/);

/** Options of a view. What is not named here is kept as it is, for the screens that know it. */
export const viewOptions = z.looseObject({
  filters: viewFilter.nullish().describe("Null or absent: none."),
  sort: z
    .array(z.strictObject({ fieldId, direction: z.enum(["asc", "desc"]) }))
    .max(SORT_KEYS_MAX)
    .exactOptional(),
  visibleFieldIds: z.array(fieldId).exactOptional(),
});
export type ViewOptionsInput = z.infer<typeof viewOptions>;

export const newView = z.strictObject({
  name: z.string(),
  type: z.string().default("grid"),
  options: viewOptions.optional(),
});
export const viewChanges = z
  .strictObject({ name: z.string().optional(), options: viewOptions.optional() })
  .refine(
    ({ name, options }) => name !== undefined || options !== undefined,
    "name or options is required",
  );

/** A condition of a filter that does not count, and why. */
const droppedCondition = z.object({
  fieldId: z.string(),
  operator: z.string(),
  reason: z.string(),
});
export const wholeViewBody = z.object({
  id: z.string(),
  tableId: z.string(),
  name: z.string(),
  type: z.string(),
  options: z.record(z.string(), z.unknown()),
  personalForUserId: z.string().optional(),
  droppedConditions: z
    .array(droppedCondition)
    .describe("Conditions that cannot be asked any more: they keep every record."),
});
export const wholeViewsBody = z.object({ views: z.array(wholeViewBody) });

/** What the parameters of a grouping are called; lists as `groupBy[]=A&groupBy[]=B`. */
const groupsQuery = z.object({
  "groupBy[]": z
    .array(z.string())
    .describe(
      "Names or ids of fields, the outermost first; `-` before one turns its order around. Instants are put together by " +
        "the day in the zone of their field; `:instant` after the field keeps them apart.",
    ),
  view: z.string().optional().describe("Its filter applies."),
  filterByFormula: z.string().optional(),
  "summaries[]": z
    .array(z.string())
    .optional()
    .describe(`\`field:summary\`; a summary is one of ${summaryNames.join(", ")}.`),
});

/** A number, a date or nothing. */
const summaries = z.record(z.string(), z.union([z.number(), z.string(), z.null()]));

export const groupBody = z.object({
  value: z.unknown().describe("As a cell of the field; null for records whose cell is empty."),
  count: z.int(),
  summaries: summaries.optional(),
  groups: z.array(z.unknown()).optional().describe("The groups within, of the same shape."),
});
export const groupsBody = z.object({
  count: z.int(),
  summaries: summaries.optional(),
  groups: z.array(groupBody),
  mightHaveMore: z.boolean().describe(`True where there are more than ${GROUPS_MAX} groups.`),
});

const BASE = "/api/v1/bases/{baseId}";
const refusals = { 401: problemBody, 403: problemBody, 404: problemBody, 422: problemBody };
const READ = "workspacesAndBases:read";
const WRITE = "workspacesAndBases:write";

/** Views whole, with their filters, and records by groups. */
export const viewsOperations: readonly Operation[] = [
  {
    id: "records.listWholeViews",
    method: "get",
    path: `${BASE}/views`,
    summary: "Views of a base with their options",
    auth: "bearer",
    scope: READ,
    answers: { 200: wholeViewsBody, ...refusals },
  },
  {
    id: "records.getWholeView",
    method: "get",
    path: `${BASE}/views/{viewId}`,
    summary: "A view with its options",
    auth: "bearer",
    scope: READ,
    answers: { 200: wholeViewBody, ...refusals },
  },
  {
    id: "records.createView",
    method: "post",
    path: `${BASE}/tables/{tableId}/views`,
    summary: "Add a view",
    description:
      `A filter has at most ${FILTER_CONDITIONS_MAX} conditions and ${FILTER_DEPTH_MAX} levels of groups. ` +
      "Operators and values are checked against the types of the fields.",
    auth: "bearer",
    scope: WRITE,
    body: newView,
    answers: { 201: wholeViewBody, ...refusals },
  },
  {
    id: "records.updateView",
    method: "patch",
    path: `${BASE}/views/{viewId}`,
    summary: "Rename a view, or give it new options as a whole",
    auth: "bearer",
    scope: WRITE,
    body: viewChanges,
    answers: { 200: wholeViewBody, ...refusals },
  },
  {
    id: "records.groupRecords",
    method: "get",
    path: `${BASE}/tables/{tableId}/groups`,
    summary: "Counts and summaries of a table's records, by the values of fields",
    auth: "bearer",
    scope: "data.records:read",
    query: groupsQuery,
    answers: { 200: groupsBody, ...refusals },
  },
];
