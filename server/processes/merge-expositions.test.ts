import { expect, test } from "vitest";
import { mergeExpositions } from "./merge-expositions.ts";

test("samples of one metric stand together under one head", () => {
  const of = (process: string, count: number): string =>
    [
      "# HELP a_total What a is",
      "# TYPE a_total counter",
      `a_total{kind="x y",process="${process}"} ${count}`,
      "",
      "# HELP b_seconds What b is",
      "# TYPE b_seconds histogram",
      `b_seconds_bucket{le="0.1",process="${process}"} 1`,
      `b_seconds_count{process="${process}"} 2`,
      "",
    ].join("\n");
  expect(mergeExpositions([of("1", 3), of("2", 4), ""])).toBe(
    [
      "# HELP a_total What a is",
      "# TYPE a_total counter",
      'a_total{kind="x y",process="1"} 3',
      'a_total{kind="x y",process="2"} 4',
      "",
      "# HELP b_seconds What b is",
      "# TYPE b_seconds histogram",
      'b_seconds_bucket{le="0.1",process="1"} 1',
      'b_seconds_count{process="1"} 2',
      'b_seconds_bucket{le="0.1",process="2"} 1',
      'b_seconds_count{process="2"} 2',
      "",
    ].join("\n"),
  );
});

test("the same sample counts once, and a text that is none changes nothing", () => {
  const text = "# HELP a What\n# TYPE a gauge\na 1\n";
  expect(mergeExpositions([text, text.replace("1", "2"), "nonsense 3"])).toBe(
    "# HELP a What\n# TYPE a gauge\na 1\n",
  );
  expect(mergeExpositions([])).toBe("\n");
});
