import type { EventFilter } from "@basalt/contract";
import { empty, join, sql, type Sql } from "#kernel";

/** Whose events, and when. */
export interface EventRange {
  /** Empty for those of the instance. */
  readonly workspaceId: string;
  readonly from: Date;
  readonly to: Date;
  readonly timeZone: string;
}

/** The user of an event, or who was not signed in. */
export const who = sql`coalesce(user_id, anonymous_id)`;

export const inRange = ({ workspaceId, from, to }: EventRange): Sql =>
  sql`workspace_id = ${workspaceId} and at >= ${from} and at < ${to}`;

/** Events of these names; of every name where none is given. */
export const named = (names: readonly string[]): Sql =>
  names.length === 0 ? empty : sql` and name = any(${names}::text[])`;

/** All of the conditions, each after an `and`. Values are compared as JSON, so that 5 is not "5". */
export const matching = (filters: readonly EventFilter[]): Sql =>
  filters.length === 0 ? empty : sql` and ${join(filters.map(matchingOne), " and ")}`;

function matchingOne(filter: EventFilter): Sql {
  const value = sql`(properties -> ${filter.property}::text)`;
  switch (filter.operator) {
    case "is":
      return sql`${value} = ${JSON.stringify(filter.value)}::jsonb`;
    case "isNot":
      return sql`${value} is distinct from ${JSON.stringify(filter.value)}::jsonb`;
    case "isAnyOf":
      return sql`${value} = any(${filter.values.map((one) => JSON.stringify(one))}::jsonb[])`;
    case "exists":
      return sql`${value} is not null`;
    case "isMissing":
      return sql`${value} is null`;
    case "above":
    case "below": {
      const number = sql`(properties ->> ${filter.property}::text)::numeric`;
      const holds =
        filter.operator === "above"
          ? sql`${number} > ${filter.value}::numeric`
          : sql`${number} < ${filter.value}::numeric`;
      return sql`case when jsonb_typeof(${value}) = 'number' then ${holds} else false end`;
    }
  }
}
