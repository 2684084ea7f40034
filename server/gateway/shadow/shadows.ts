import type { ShadowSpec } from "../file/route-shape.ts";
import { ResultWindow, type WindowFigures } from "../upstreams/result-window.ts";
import { type CapturedAnswer, compareAnswers, type Difference } from "./compare-answers.ts";

/** How the answers of a shadow compare with those that callers got. */
export interface ShadowReport {
  readonly since: string;
  readonly sent: number;
  readonly same: number;
  readonly different: number;
  /** The shadow gave no answer. */
  readonly failed: number;
  /** Not sent: too many were on their way, or the body was too large. */
  readonly skipped: number;
  readonly statusDiffers: number;
  readonly bodyDiffers: number;
  /** Of the last hour. */
  readonly latency: { readonly primary: WindowFigures; readonly shadow: WindowFigures };
  /** The newest first. */
  readonly examples: readonly ShadowExample[];
}

export interface ShadowExample {
  readonly at: string;
  readonly method: string;
  /** Values of the query are left out. */
  readonly path: string;
  readonly differences: readonly Difference[];
}

/** One copied request with both answers; without `shadow`, it failed. */
export interface ShadowPair {
  readonly method: string;
  readonly path: string;
  readonly primary: CapturedAnswer;
  readonly shadow: CapturedAnswer | undefined;
}

const LATENCY_WINDOW_MS = 3_600_000;

class RouteShadow {
  readonly since: Date;
  running = 0;
  sent = 0;
  same = 0;
  different = 0;
  failed = 0;
  skipped = 0;
  statusDiffers = 0;
  bodyDiffers = 0;
  readonly primary = new ResultWindow(LATENCY_WINDOW_MS);
  readonly shadow = new ResultWindow(LATENCY_WINDOW_MS);
  examples: ShadowExample[] = [];

  constructor(since: Date) {
    this.since = since;
  }
}

/** What was learnt from shadows, by route. */
export class Shadows {
  private readonly now: () => Date;
  private readonly byRoute = new Map<string, RouteShadow>();

  constructor(now: () => Date) {
    this.now = now;
  }

  /** True where one more copy may be on its way; then `ended` must follow. */
  begin(route: string, { concurrencyMax }: Pick<ShadowSpec, "concurrencyMax">): boolean {
    const known = this.of(route);
    if (known.running >= concurrencyMax) {
      known.skipped += 1;
      return false;
    }
    known.running += 1;
    known.sent += 1;
    return true;
  }

  skip(route: string): void {
    this.of(route).skipped += 1;
  }

  /** The copy has been answered, or not; `pair` is undefined where the caller went away and there is nothing to compare. */
  ended(route: string, spec: ShadowSpec, pair: ShadowPair | undefined): void {
    const known = this.of(route);
    known.running -= 1;
    if (pair === undefined) {
      return;
    }
    const { primary, shadow, method, path } = pair;
    known.primary.add(primary.status >= 500, primary.ms);
    if (shadow === undefined) {
      known.failed += 1;
      return;
    }
    known.shadow.add(shadow.status >= 500, shadow.ms);
    const differences = compareAnswers(primary, shadow, spec);
    if (differences.length === 0) {
      known.same += 1;
      return;
    }
    known.different += 1;
    const isStatus = differences.some((each) => each.path === "status");
    known.statusDiffers += isStatus ? 1 : 0;
    known.bodyDiffers += differences.length > (isStatus ? 1 : 0) ? 1 : 0;
    const example = {
      at: this.now().toISOString(),
      method,
      path: path.replaceAll(/=[^&]*/g, "=…"),
      differences,
    };
    known.examples = [example, ...known.examples].slice(0, spec.examplesMax);
  }

  report(route: string): ShadowReport {
    const { since, primary, shadow, ...rest } = this.of(route);
    const { sent, same, different, failed, skipped, statusDiffers, bodyDiffers, examples } = rest;
    const counts = { sent, same, different, failed, skipped, statusDiffers, bodyDiffers };
    return {
      since: since.toISOString(),
      ...counts,
      latency: { primary: primary.figures(), shadow: shadow.figures() },
      examples,
    };
  }

  /** Begins anew; copies that are on their way still count as running. */
  clear(route: string): void {
    const { running } = this.of(route);
    const fresh = new RouteShadow(this.now());
    fresh.running = running;
    this.byRoute.set(route, fresh);
  }

  private of(route: string): RouteShadow {
    const known = this.byRoute.get(route) ?? new RouteShadow(this.now());
    this.byRoute.set(route, known);
    return known;
  }
}
