import { createHash } from "node:crypto";
import type { NamedTarget } from "../file/gateway-file.ts";
import type { Verdict } from "../control/judge-cut-over.ts";
import { ResultWindow, type WindowFigures } from "./result-window.ts";
import type { Route } from "./route-table.ts";

/** What a command said about a route, as it is kept. */
export interface RouteCommand {
  readonly route: string;
  /** By target. */
  readonly weights: Readonly<Record<string, number>>;
  /** Of what the file said when the command was given: once the file says something else, the file counts again. */
  readonly fingerprint: string;
  /** Automatic steps stand still. */
  readonly paused: boolean;
  /** Why, in words: `rolled back: …`. */
  readonly reason: string;
  readonly changedAt: Date;
  /** A user's id, or what of ours did it. */
  readonly changedBy: string;
  readonly revision: number;
}

/** A target with the weight that it has now. */
export interface LiveTarget extends NamedTarget {
  readonly window: ResultWindow;
}

const WINDOW_DEFAULT_MS = 30_000;

/** A route at work: the weights in force and what its targets did lately. Survives a reload of the file under its name. */
export class LiveRoute {
  readonly route: Route;
  readonly fingerprint: string;
  targets: readonly LiveTarget[];
  /** The command in force; undefined where the file counts. */
  command: RouteCommand | undefined;
  /** Figures of the old target from the last time when it had enough of them: what the new one is compared with. */
  baseline: WindowFigures | undefined;
  /** What the last look said of the new target. */
  verdict: Verdict | undefined;
  /** Looks in a row that found the new target worse than is allowed. */
  breaches = 0;
  /** Of the last command that is known, whether it counts or not. */
  revision = 0;

  constructor(route: Route, before?: LiveRoute) {
    this.route = route;
    this.fingerprint = fingerprintOf(route);
    const windowMs = route.spec.cutOver?.rollback.windowMs ?? WINDOW_DEFAULT_MS;
    const isSameWindow =
      before?.route.spec.cutOver?.rollback.windowMs === route.spec.cutOver?.rollback.windowMs;
    const known = new Map(
      isSameWindow ? before?.targets.map(({ name, window }) => [name, window]) : [],
    );
    this.targets = route.targets.map((target) => ({
      ...target,
      window: known.get(target.name) ?? new ResultWindow(windowMs),
    }));
    this.baseline = isSameWindow ? before?.baseline : undefined;
  }

  /** Takes over a command, where it was given for what the file says now; undefined gives the word back to the file. */
  obey(command: RouteCommand | undefined): void {
    const isCurrent = command?.fingerprint === this.fingerprint;
    this.command = isCurrent ? command : undefined;
    this.revision = command?.revision ?? 0;
    this.targets = this.targets.map((target) => {
      const weight =
        (isCurrent ? command?.weights[target.name] : undefined) ??
        this.route.targets.find(({ name }) => name === target.name)?.weight ??
        0;
      if (target.weight === 0 && weight > 0) {
        // It begins anew: what it did before its last roll-back is not held against it.
        target.window.clear();
      }
      return { ...target, weight };
    });
  }

  weights(): Record<string, number> {
    return Object.fromEntries(this.targets.map(({ name, weight }) => [name, weight]));
  }

  /** How much of the requests the new target of the cut-over gets, in percent. */
  percent(): number {
    const total = this.targets.reduce((sum, { weight }) => sum + weight, 0);
    const to = this.targets.find(({ name }) => name === this.route.spec.cutOver?.to);
    return total === 0 ? 0 : Math.round(((to?.weight ?? 0) / total) * 1_000) / 10;
  }
}

/** Of the targets and weights that the file gives a route. */
function fingerprintOf({ targets }: Route): string {
  const said = targets.map(({ name, upstream, own, weight }) => [name, upstream, own, weight]);
  return createHash("sha256").update(JSON.stringify(said)).digest("hex").slice(0, 16);
}
