import {
  FILTER_CONDITIONS_MAX,
  viewFilter,
  type FilterCondition,
  type FilterGroup,
  type FilterOperator,
} from "@basalt/contract";
import type { Typed } from "@basalt/formulas";
import type { Table } from "../schema/base-schema.ts";
import type { TypedCondition } from "./condition.ts";
import { joined, known } from "./typed-parts.sql.ts";
import {
  asksWhen,
  asksWho,
  typedLeaf,
  type Asker,
  type Asking,
  type TypedLeaf,
} from "./view-conditions.ts";

/** A condition that does not count, and why: its field has gone, or has become one that cannot be asked so. */
export interface DroppedCondition {
  readonly fieldId: string;
  readonly operator: string;
  readonly reason: string;
}

/** The filter of a view for its table as the table is now. */
export interface TypedViewFilter {
  readonly condition: TypedCondition;
  readonly dropped: readonly DroppedCondition[];
  /** What it keeps depends on the day. */
  readonly followsClock: boolean;
  /** What it keeps depends on who asks. */
  readonly followsCaller: boolean;
}

/**
 * Types the filter of a view as it is kept. Nothing throws: a condition that cannot be asked keeps every record and is
 * among the dropped ones.
 */
export function typedViewFilter(table: Table, kept: unknown, asker: Asker): TypedViewFilter {
  const filter = filterIn(kept);
  const dropped: DroppedCondition[] = [];
  const asked: FilterCondition[] = [];
  const root =
    filter === null
      ? known(true)
      : typedGroup(filter, { ...asker, table }, (condition, { reason = "" }) => {
          if (reason === "") {
            asked.push(condition);
          } else {
            dropped.push({ fieldId: condition.fieldId, operator: condition.operator, reason });
          }
        });
  return {
    condition: conditionOf(root, [...new Set(asked.map(({ fieldId }) => fieldId))]),
    dropped,
    followsClock: asked.some(asksWhen),
    followsCaller: asked.some((condition) => asksWho(table, condition)),
  };
}

/** Why a filter cannot be kept with a view: which part, and the rule; undefined where it can. */
export function faultOfFilter(
  table: Table,
  input: unknown,
  now: Date,
): { readonly input: string; readonly rule: string } | undefined {
  if (input === undefined || input === null) {
    return undefined;
  }
  const parsed = viewFilter.safeParse(input);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = ["options.filters", ...(issue?.path ?? []).map(String)].join(".");
    return { input: path, rule: issue?.message ?? "is not a filter" };
  }
  const conditions = conditionsOf(parsed.data);
  if (conditions.length > FILTER_CONDITIONS_MAX) {
    return { input: "options.filters", rule: `has at most ${FILTER_CONDITIONS_MAX} conditions` };
  }
  for (const condition of conditions) {
    const { reason } = typedLeaf(condition, { table, now, userId: null });
    if (reason !== undefined) {
      const place = `options.filters: ${condition.fieldId} ${condition.operator}`;
      return { input: place, rule: reason };
    }
  }
  return undefined;
}

/** Fields that a filter compares in a way that an index can answer: what is, not what is not, and not what is within. */
export function fieldsCompared(kept: unknown): ReadonlySet<string> {
  const filter = filterIn(kept);
  const conditions = filter === null ? [] : conditionsOf(filter);
  return new Set(
    conditions.filter(({ operator }) => comparing.has(operator)).map(({ fieldId }) => fieldId),
  );
}

const comparing: ReadonlySet<FilterOperator> = new Set([
  "=",
  "is",
  "<",
  ">",
  "<=",
  ">=",
  "isAnyOf",
  "hasAnyOf",
  "hasAllOf",
  "isExactly",
  "isWithin",
]);

/** What stands in the options of a view; null where there is no filter, or something that is none. */
function filterIn(kept: unknown): FilterGroup | null {
  if (typeof kept !== "object" || kept === null) {
    return null;
  }
  let filter = parsedFilters.get(kept);
  if (filter === undefined) {
    const parsed = viewFilter.safeParse(kept);
    filter = parsed.success ? parsed.data : null;
    parsedFilters.set(kept, filter);
  }
  return filter;
}

/** Options are never changed in place, so they are read once. */
const parsedFilters = new WeakMap<object, FilterGroup | null>();

function conditionsOf({ filterSet }: FilterGroup): FilterCondition[] {
  return filterSet.flatMap((member) => ("filterSet" in member ? conditionsOf(member) : [member]));
}

/** Groups in which nothing is left do not count either. */
function typedGroup(
  { conjunction, filterSet }: FilterGroup,
  asking: Asking,
  note: (condition: FilterCondition, typed: TypedLeaf) => void,
): Typed {
  const parts = filterSet.flatMap((member): Typed[] => {
    if ("filterSet" in member) {
      const inner = typedGroup(member, asking, note);
      return inner.op === "constant" ? [] : [inner];
    }
    const typed = typedLeaf(member, asking);
    note(member, typed);
    return typed.reason === undefined ? [typed.root] : [];
  });
  return joined(conjunction, parts);
}

function conditionOf(root: Typed, fieldIds: readonly string[]): TypedCondition {
  return { root, purpose: "condition", fieldIds, volatile: false, inSql: true, lastModified: [] };
}
