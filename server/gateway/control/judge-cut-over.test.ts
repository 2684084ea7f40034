import { describe, expect, test } from "vitest";
import { parseFile } from "../file/parse-file.ts";
import type { WindowFigures } from "../upstreams/result-window.ts";
import { judgeCutOver, nextStep } from "./judge-cut-over.ts";

const { file } = parseFile(`
upstreams: { a: { url: "http://a" }, b: { url: "http://b" } }
routes: [{ name: r, to: [{ upstream: a }, { upstream: b, weight: 0 }], cutOver: { from: a, to: b, automatic: {} } }]
`);
const cutOver = file?.routes[0]?.cutOver;

const figures = (errorRate: number, p99Ms: number, requests = 1_000): WindowFigures => ({
  requests,
  errors: Math.round(requests * errorRate),
  errorRate,
  p50Ms: p99Ms / 2,
  p99Ms,
});

describe("the new target is judged", () => {
  test.each<[string, WindowFigures, WindowFigures | undefined, string]>([
    ["as good", figures(0, 20), figures(0, 20), "well"],
    ["few requests", figures(1, 20, 49), figures(0, 20), "quiet"],
    ["more errors", figures(0.03, 20), figures(0, 20), "breach"],
    ["a little more", figures(0.02, 20), figures(0, 20), "well"],
    ["as many as the old one has", figures(0.3, 20), figures(0.29, 20), "well"],
    ["slower", figures(0, 301), figures(0, 100), "breach"],
    ["slower, but still quick", figures(0, 50), figures(0, 2), "well"],
    ["errors, the old one unknown", figures(0.02, 20), undefined, "breach"],
    ["slow, the old one unknown", figures(0, 501), undefined, "breach"],
    ["good, the old one unknown", figures(0.01, 500), undefined, "well"],
  ])("%s: %j beside %j is %s", (_what, to, baseline, expected) => {
    if (cutOver === undefined) {
      throw new Error("the file has no cut-over");
    }
    expect(judgeCutOver(cutOver.rollback, { to, baseline }).kind).toBe(expected);
  });

  test("the steps end at all", () => {
    const automatic = cutOver?.automatic;
    if (automatic === undefined) {
      throw new Error("the file has no automatic steps");
    }
    const steps = [0];
    for (let next = nextStep(automatic, 0); next !== undefined; next = nextStep(automatic, next)) {
      steps.push(next);
    }
    expect(steps).toEqual([0, 10, 20, 30, 40, 50, 100]);
  });
});
