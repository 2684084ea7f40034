import {
  type AnalyticsAnswer,
  type AnalyticsQuery,
  QUERY_BUCKETS_MAX,
  QUERY_DAYS_MAX,
} from "@basalt/contract";
import { requireAdmin } from "#identity";
import { part, Problem, sqlState, type Scope, type Sql, type TextRow } from "#kernel";
import { allow } from "#workspaces";
import type { EventRange } from "./conditions.sql.ts";
import { bucketsOf, countEvents, type BucketSize } from "./counts.sql.ts";
import { followFunnel } from "./funnel.sql.ts";
import { boundQuery } from "./bounds.sql.ts";
import { seeWhoReturns } from "./retention.sql.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Questions that a process asks the database at once: each may sort what it finds. */
const RUNNING_MAX = 4;
const INVALID_PARAMETER = "22023";

/** At least so long, milliseconds: a range has at most range / size + 1 buckets. */
const leastMs: Readonly<Record<BucketSize, number>> = {
  minute: 60_000,
  hour: HOUR_MS,
  day: 23 * HOUR_MS,
  week: 7 * DAY_MS - HOUR_MS,
  month: 28 * DAY_MS - HOUR_MS,
};

const running = part("analytics.queries", () => ({ count: 0 }));

/**
 * Answers a question to the events of a workspace, or to those of the instance.
 * Problems: those of `allow` and `requireAdmin`, `analytics.range`, `analytics.too-many-buckets`, `analytics.time-zone`,
 * `analytics.queries-busy`, `kernel.statement-timeout`.
 */
export async function runQuery(scope: Scope, query: AnalyticsQuery): Promise<AnalyticsAnswer> {
  if (query.workspaceId === null) {
    requireAdmin(scope, "enterprise.account:read");
  } else {
    await allow(scope, "analytics.read", { workspaceId: query.workspaceId });
  }
  const range = rangeOf(query);
  switch (query.kind) {
    case "counts":
      return counts(scope, { ...query, ...range });
    case "funnel":
      return funnel(scope, { ...query, ...range });
    case "retention":
      return retention(scope, { ...query, ...range });
  }
}

type Asked<K extends AnalyticsQuery["kind"]> = Omit<
  Extract<AnalyticsQuery, { kind: K }>,
  keyof EventRange
> &
  EventRange;

function rangeOf({ workspaceId, from, to, timeZone }: AnalyticsQuery): EventRange {
  const range = { from: new Date(from), to: new Date(to) };
  const lengthMs = range.to.getTime() - range.from.getTime();
  if (lengthMs <= 0 || lengthMs > QUERY_DAYS_MAX * DAY_MS) {
    throw new Problem("invalid", "analytics.range", {
      message: `to must be after from, and at most ${QUERY_DAYS_MAX} days.`,
      fields: { to: `must be after from, and at most ${QUERY_DAYS_MAX} days` },
    });
  }
  return { workspaceId: workspaceId ?? "", timeZone, ...range };
}

async function counts(scope: Scope, query: Asked<"counts">): Promise<AnalyticsAnswer> {
  const { bucket, from, to, top } = query;
  const lengthMs = to.getTime() - from.getTime();
  if (bucket !== null && lengthMs / leastMs[bucket] > QUERY_BUCKETS_MAX) {
    throw new Problem("invalid", "analytics.too-many-buckets", {
      message: `The range has more than ${QUERY_BUCKETS_MAX} buckets; take larger ones.`,
      fields: { bucket: `gives more than ${QUERY_BUCKETS_MAX} of them` },
    });
  }
  const [found = [], beginnings = []] = await ask(scope, [
    countEvents(query),
    ...(bucket === null ? [] : [bucketsOf({ ...query, bucket })]),
  ]);
  const starts = bucket === null ? [from.getTime()] : beginnings.map(([ms]) => Number(ms));
  const groups = new Map<string, { total: number; values: number[] }>();
  for (const [group = "", total, number, count] of found) {
    const series = groups.get(group ?? "") ?? {
      total: Number(total),
      values: Array.from({ length: starts.length }, () => 0),
    };
    groups.set(group ?? "", series);
    series.values[Number(number) - 1] = Number(count);
  }
  const series = [...groups].map(([group, figures]) => ({ group: shownGroup(group), ...figures }));
  return {
    kind: "counts",
    buckets: starts.map((ms) => new Date(ms).toISOString()),
    series: series.slice(0, top),
    moreGroups: series.length > top,
  };
}

function shownGroup(group: string): string | null {
  return group === "" ? null : group.slice(1);
}

async function funnel(scope: Scope, query: Asked<"funnel">): Promise<AnalyticsAnswer> {
  const [[row = []] = []] = await ask(scope, [followFunnel(query)]);
  const first = Number(row[0] ?? 0);
  return {
    kind: "funnel",
    steps: query.steps.map(({ event }, at) => {
      const users = Number(row[at * 2] ?? 0);
      const median = row[at * 2 + 1] ?? null;
      return {
        event,
        users,
        share: first === 0 ? 0 : Math.round((users / first) * 10_000) / 10_000,
        medianS: at === 0 || median === null ? null : Number(median),
      };
    }),
  };
}

async function retention(scope: Scope, query: Asked<"retention">): Promise<AnalyticsAnswer> {
  const [rows = []] = await ask(scope, [seeWhoReturns({ ...query, back: query.back })]);
  const cohorts = new Map<string, { users: number; returned: number[] }>();
  for (const [start, later, users] of rows) {
    const cohort = cohorts.get(start ?? "") ?? {
      users: 0,
      returned: Array.from({ length: query.periods + 1 }, () => 0),
    };
    cohorts.set(start ?? "", cohort);
    if (later === "-1") {
      cohort.users = Number(users);
    } else {
      cohort.returned[Number(later)] = Number(users);
    }
  }
  return {
    kind: "retention",
    cohorts: [...cohorts].map(([ms, cohort]) => ({
      start: new Date(Number(ms)).toISOString(),
      ...cohort,
    })),
  };
}

/** Runs the statements with bounds of their own, and few of them at once. */
async function ask(scope: Scope, statements: readonly Sql[]): Promise<TextRow[][]> {
  const state = scope.parts.of(running);
  if (state.count >= RUNNING_MAX) {
    throw new Problem("unavailable", "analytics.queries-busy", {
      message: "Too many questions are being answered at the moment; ask again.",
      retryAfterS: 1,
    });
  }
  state.count += 1;
  try {
    const bounds = boundQuery();
    const results = await scope.db.pipeline([...bounds, ...statements]);
    return results.slice(bounds.length);
  } catch (error) {
    if (sqlState(error) === INVALID_PARAMETER) {
      throw new Problem("invalid", "analytics.time-zone", {
        message: "The database does not know this time zone.",
        fields: { timeZone: "is not known to the database" },
        cause: error,
      });
    }
    throw error;
  } finally {
    state.count -= 1;
  }
}
