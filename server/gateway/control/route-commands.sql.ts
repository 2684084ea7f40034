import { sql, type Sql } from "#kernel";
import type { RouteCommand } from "../upstreams/live-route.ts";

export const routeCommands = (): Sql => sql`
  select route, weights, fingerprint, paused, reason, changed_at as "changedAt", changed_by as "changedBy",
    revision::int as revision
  from gateway.route_commands order by route`;

/** Writes a command where nobody has said anything since `revision` (0: nothing yet); answers whether it was written. */
export const putRouteCommand = (command: Omit<RouteCommand, "revision">, since: number): Sql => sql`
  insert into gateway.route_commands
    (route, weights, fingerprint, paused, reason, changed_at, changed_by, revision)
  values (${command.route}, ${JSON.stringify(command.weights)}::jsonb, ${command.fingerprint}, ${command.paused},
    ${command.reason}, ${command.changedAt}, ${command.changedBy}, ${since + 1})
  on conflict (route) do update set weights = excluded.weights, fingerprint = excluded.fingerprint,
    paused = excluded.paused, reason = excluded.reason, changed_at = excluded.changed_at,
    changed_by = excluded.changed_by, revision = excluded.revision
  where gateway.route_commands.revision = ${since}
  returning true as written`;

export const lockRoute = (route: string): Sql =>
  sql`select pg_advisory_xact_lock(hashtextextended(${`gateway.route ${route}`}, 0))`;

export const revisionOf = (route: string): Sql =>
  sql`select revision::int as revision from gateway.route_commands where route = ${route}`;

/** Gives the word back to the file. The row stays, so that revisions only grow. */
export const endRouteCommand = (
  route: string,
  { changedAt, changedBy }: Pick<RouteCommand, "changedAt" | "changedBy">,
): Sql => sql`
  update gateway.route_commands set fingerprint = '', reason = 'handed back to the file', paused = false,
    changed_at = ${changedAt}, changed_by = ${changedBy}, revision = revision + 1
  where route = ${route}`;
