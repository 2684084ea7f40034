import type { AutomaticSpec, RollbackSpec } from "../file/route-shape.ts";
import type { WindowFigures } from "../upstreams/result-window.ts";

/** What is compared. */
export interface CutOverFigures {
  /** Of the new target. */
  readonly to: WindowFigures;
  /** Of the old one, from the last time when it had enough requests; undefined where it never had. */
  readonly baseline: WindowFigures | undefined;
}

export type Verdict =
  | { readonly kind: "well" }
  /** Too few requests to tell. */
  | { readonly kind: "quiet" }
  | { readonly kind: "breach"; readonly reason: string };

/** Judges the new target of a cut-over against the old one. */
export function judgeCutOver(rules: RollbackSpec, { to, baseline }: CutOverFigures): Verdict {
  if (to.requests < rules.requestsMin) {
    return { kind: "quiet" };
  }
  const errorsAllowed =
    baseline === undefined ? rules.errorRateMax : baseline.errorRate + rules.errorRateOver;
  if (to.errorRate > errorsAllowed) {
    return {
      kind: "breach",
      reason: `${percent(to.errorRate)} of ${to.requests} requests failed, ${percent(errorsAllowed)} are allowed`,
    };
  }
  const p99Allowed =
    baseline === undefined
      ? rules.p99MaxMs
      : Math.max(rules.p99FreeMs, baseline.p99Ms * rules.p99Times);
  if (to.p99Ms > p99Allowed) {
    return {
      kind: "breach",
      reason: `the p99 is ${to.p99Ms} ms, ${Math.round(p99Allowed)} ms are allowed`,
    };
  }
  return { kind: "well" };
}

/** The next step of an automatic cut-over, in percent; undefined at the end of the way. */
export function nextStep(
  { stepPercent, untilPercent }: AutomaticSpec,
  nowPercent: number,
): number | undefined {
  if (nowPercent >= 100) {
    return undefined;
  }
  return nowPercent >= untilPercent ? 100 : Math.min(untilPercent, nowPercent + stepPercent);
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}
