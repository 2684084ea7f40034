import { EVENT_DEDUP_HOURS } from "@basalt/contract";
import { constant, sql, type Sql } from "#kernel";

/** Takes rows in the order of `eventRow`. */
export const copyEvents = (): Sql => sql`
  copy analytics.events (workspace_id, id, name, at, received_at, client_time, clock, user_id, anonymous_id, session_id,
    properties, sender_id, key_id) from stdin`;

const dedup = constant(`interval '${EVENT_DEDUP_HOURS} hours'`);

export interface AskedEvents {
  readonly workspaceIds: readonly string[];
  readonly ids: readonly string[];
  /** ISO. */
  readonly at: readonly string[];
}

/**
 * Positions, from 1, of the events that are there. A look-up for each, never a join: it is the index of at most three
 * partitions whatever the planner believes of their size.
 */
export const knownEvents = ({ workspaceIds, ids, at }: AskedEvents): Sql => sql`
  select s.position
  from unnest(${workspaceIds}::text[], ${ids}::text[], ${at}::timestamptz[]) with ordinality
    as s(workspace_id, id, at, position)
  where (
    select true from analytics.events e
    where e.workspace_id = s.workspace_id and e.id = s.id and e.at > s.at - ${dedup} and e.at < s.at + ${dedup}
    limit 1
  )`;
