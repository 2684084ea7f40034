import { inTransaction, noteAct, Problem, type Scope } from "#kernel";
import { requireAdmin } from "#identity";
import type { LiveRoute, RouteCommand } from "../upstreams/live-route.ts";
import {
  endRouteCommand,
  lockRoute,
  putRouteCommand,
  revisionOf,
  routeCommands,
} from "./route-commands.sql.ts";

/** Told to every process when a route has been changed. */
export const ROUTES_SIGNAL = "gateway.routes";

/** What can be said about a route. */
export type RouteChange =
  /** So much, in percent, goes to the new target. */
  | { readonly act: "cut-over"; readonly percent: number }
  | { readonly act: "weights"; readonly weights: Readonly<Record<string, number>> }
  /** Everything goes to one target; without a name, to the one of the two that has less. */
  | { readonly act: "switch"; readonly to?: string | undefined }
  | { readonly act: "roll-back"; readonly reason?: string | undefined }
  /** Automatic steps stand still, or go on. */
  | { readonly act: "pause" }
  | { readonly act: "resume" }
  /** The file counts again. */
  | { readonly act: "hand-back" };

/** A change that the gateway makes by itself is only made where nobody has said anything meanwhile. */
export interface ChangeOptions {
  readonly sinceRevision?: number;
}

/** The commands that are kept, whether they count or not. */
export function keptCommands(scope: Pick<Scope, "db">): Promise<RouteCommand[]> {
  return scope.db.all<RouteCommand>(routeCommands());
}

/**
 * Changes a route: kept over restarts, told to all processes, written down as an act. Counts until the file says something
 * else of the route's targets. Answers the weights from now on; undefined where somebody was faster (`sinceRevision`).
 * Problems: `identity.administrator-required`, `identity.scope-required`, `gateway.no-cut-over`, `gateway.no-such-target`,
 * `gateway.no-weight`.
 */
export async function changeRoute(
  scope: Scope,
  live: LiveRoute,
  change: RouteChange & ChangeOptions,
): Promise<Readonly<Record<string, number>> | undefined> {
  requireAdmin(scope, "enterprise.account:write");
  const { name } = live.route;
  const changedAt = scope.now();
  const changedBy = nameOfActor(scope);
  return inTransaction(scope, async (tx) => {
    await tx.db.run(lockRoute(name));
    // Another process may have said something that has not been heard here yet: the newest word is what is changed.
    const kept = (await keptCommands(tx)).find(({ route }) => route === name);
    live.obey(kept);
    const since = (await tx.db.maybe<{ revision: number }>(revisionOf(name)))?.revision ?? 0;
    if (change.sinceRevision !== undefined && change.sinceRevision !== since) {
      return undefined;
    }
    const before = live.weights();
    const weights = weightsAfter(live, change);
    if (change.act === "hand-back") {
      await tx.db.run(endRouteCommand(name, { changedAt, changedBy }));
    } else {
      const command = {
        route: name,
        weights,
        fingerprint: live.fingerprint,
        paused: pausedAfter(live, change),
        reason: reasonOf(change),
        changedAt,
        changedBy,
      };
      await tx.db.run(putRouteCommand(command, since));
    }
    await noteAct(tx, {
      act: `gateway.${change.act}`,
      target: { kind: "route", id: name, name },
      details: { before, after: weights, reason: reasonOf(change) },
    });
    await tx.signals.send(tx.db, ROUTES_SIGNAL, name);
    return weights;
  });
}

function weightsAfter(live: LiveRoute, change: RouteChange): Record<string, number> {
  const now = live.weights();
  switch (change.act) {
    case "cut-over": {
      const { from, to } = endsOf(live);
      const total = Math.max(100, (now[from] ?? 0) + (now[to] ?? 0));
      const share = Math.round((total * change.percent) / 100);
      return { ...now, [from]: total - share, [to]: share };
    }
    case "weights":
      return checkedWeights(now, change.weights);
    case "switch": {
      const to = change.to ?? otherOf(live, now);
      known(now, to);
      return Object.fromEntries(Object.keys(now).map((name) => [name, name === to ? 100 : 0]));
    }
    case "roll-back": {
      const { from, to } = endsOf(live);
      return { ...now, [from]: Math.max(100, (now[from] ?? 0) + (now[to] ?? 0)), [to]: 0 };
    }
    case "hand-back":
      return Object.fromEntries(live.route.targets.map(({ name, weight }) => [name, weight]));
    default:
      return now;
  }
}

/** The old and the new target of a route: its cut-over, or its two targets in their order. */
export function endsOf(live: LiveRoute): { readonly from: string; readonly to: string } {
  const { cutOver } = live.route.spec;
  const [first, second, ...more] = live.route.targets;
  if (cutOver !== undefined) {
    return cutOver;
  }
  if (first === undefined || second === undefined || more.length > 0) {
    throw new Problem("invalid", "gateway.no-cut-over", {
      message: `The route ${live.route.name} has no section cutOver, and not exactly two targets.`,
    });
  }
  return { from: first.name, to: second.name };
}

function otherOf(live: LiveRoute, now: Readonly<Record<string, number>>): string {
  const { from, to } = endsOf(live);
  return (now[to] ?? 0) > (now[from] ?? 0) ? from : to;
}

function checkedWeights(
  now: Readonly<Record<string, number>>,
  given: Readonly<Record<string, number>>,
): Record<string, number> {
  for (const name of Object.keys(given)) {
    known(now, name);
  }
  const weights = { ...now, ...given };
  if (Object.values(weights).every((weight) => weight === 0)) {
    throw new Problem("invalid", "gateway.no-weight", {
      message: "At least one target needs a weight above 0.",
      fields: { weights: "must have one above 0" },
    });
  }
  return weights;
}

function known(now: Readonly<Record<string, number>>, name: string): void {
  if (!Object.hasOwn(now, name)) {
    throw new Problem("invalid", "gateway.no-such-target", {
      message: `The route has no target ${name}; it has ${Object.keys(now).join(", ")}.`,
    });
  }
}

/** Whoever says how much goes where has taken over from the automatic steps, which go on when they are told to. */
function pausedAfter(
  live: LiveRoute,
  { act, sinceRevision }: RouteChange & ChangeOptions,
): boolean {
  if (act === "pause" || act === "roll-back") {
    return true;
  }
  if (act === "resume") {
    return false;
  }
  return sinceRevision === undefined ? true : (live.command?.paused ?? false);
}

function reasonOf(change: RouteChange): string {
  switch (change.act) {
    case "cut-over":
      return `cut over to ${change.percent} %`;
    case "roll-back":
      return change.reason === undefined ? "rolled back" : `rolled back: ${change.reason}`;
    case "switch":
      return "switched";
    case "pause":
      return "automatic steps paused";
    case "resume":
      return "automatic steps resumed";
    case "hand-back":
      return "handed back to the file";
    default:
      return "weights set";
  }
}

function nameOfActor({ actor }: Scope): string {
  return actor.kind === "user" ? actor.userId : actor.kind === "system" ? actor.name : "";
}
