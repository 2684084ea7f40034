import type { EventFilter } from "@basalt/contract";
import { constant, sql, type Sql } from "#kernel";
import { inRange, matching, named, who, type EventRange } from "./conditions.sql.ts";

/** Sizes of buckets, and whether their beginnings are the same everywhere or follow the local day. */
export const bucketSizes = ["minute", "hour", "day", "week", "month"] as const;
export type BucketSize = (typeof bucketSizes)[number];

export interface CountsAsked extends EventRange {
  readonly bucket: BucketSize | null;
  readonly measure: "events" | "users";
  readonly events: readonly string[];
  readonly filters: readonly EventFilter[];
  readonly groupBy: "name" | { readonly property: string } | null;
  /** Groups in the answer. One more is looked for, to know whether there are more. */
  readonly top: number;
}

/** Group (`v` and its value, or empty where the property is missing), its total, the number of a bucket from 1, its count. */
export function countEvents(asked: CountsAsked): Sql {
  const { measure, top } = asked;
  const rows = sql`
    select ${bucketOf(asked)} as bucket, ${groupOf(asked)} as grp, ${who} as who
    from analytics.events
    where ${inRange(asked)}${named(asked.events)}${matching(asked.filters)}`;
  const counted =
    measure === "events"
      ? sql`
    per as materialized (select bucket, grp, count(*) as n from (${rows}) e group by bucket, grp),
    totals as (select grp, sum(n)::bigint as total from per group by grp)`
      : sql`
    seen as materialized (
      select bucket, grp, who from (${rows}) e where who is not null group by bucket, grp, who
    ),
    per as (select bucket, grp, count(*) as n from seen group by bucket, grp),
    totals as (
      select grp, count(*) as total from (select grp, who from seen group by grp, who) s group by grp
    )`;
  return sql`
    with ${counted},
    best as (select grp, total from totals order by total desc, grp limit ${top + 1})
    select best.grp, best.total::text, per.bucket::text, per.n::text
    from best join per on per.grp = best.grp
    order by best.total desc, best.grp, per.bucket`;
}

/** A range that is cut into buckets. */
type Bucketed = EventRange & { readonly bucket: BucketSize };

/** The beginnings of all buckets of the range, in order. */
export function bucketsOf(asked: Bucketed): Sql {
  return sql`select ${iso(sql`b`)} from (${beginningsOf(asked)}) s order by b`;
}

function beginningsOf({ bucket, from, to, timeZone }: Bucketed): Sql {
  const start = sql`date_trunc(${bucket}, ${from}::timestamptz, ${timeZone})`;
  const step = constant(`interval '1 ${bucket}'`);
  // Hours go on through a change of the clocks; days begin at local midnight however long they are.
  const beginnings =
    bucket === "minute" || bucket === "hour"
      ? sql`select generate_series(${start}, ${to}::timestamptz, ${step}) as b`
      : sql`select generate_series(${start} at time zone ${timeZone}, ${to}::timestamptz at time zone ${timeZone}, ${step})
          at time zone ${timeZone} as b`;
  return sql`select b from (${beginnings}) s where b < ${to}::timestamptz`;
}

/** A search among the beginnings costs a fraction of cutting each time down in its zone. */
function bucketOf({ bucket, ...range }: CountsAsked): Sql {
  return bucket === null
    ? sql`1`
    : sql`width_bucket(at, (select array_agg(b order by b) from (${beginningsOf({ ...range, bucket })}) s))`;
}

function groupOf({ groupBy }: CountsAsked): Sql {
  if (groupBy === null) {
    return sql`''`;
  }
  return groupBy === "name"
    ? sql`'v' || name`
    : sql`coalesce('v' || (properties ->> ${groupBy.property}::text), '')`;
}

/** Milliseconds of the epoch, as text. */
export function iso(at: Sql): Sql {
  return sql`(extract(epoch from ${at}) * 1000)::bigint::text`;
}
