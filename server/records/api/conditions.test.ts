import { describe, expect, test } from "vitest";
import { ifMatchOf, refuseIfMatch } from "./conditions.ts";

const request = (headers: Record<string, string>): Request =>
  new Request("http://basalt.test/", { headers });

describe("If-Match", () => {
  test.each<[string, object]>([
    ["", {}],
    ["*", {}],
    [" * ", {}],
    ['"12"', { ifMatch: 12 }],
    [' "0" ', { ifMatch: 0 }],
    // Tags that no version has: they match nothing, rather than everything.
    ["12", { ifMatch: -1 }],
    ['W/"12"', { ifMatch: -1 }],
    ['"12.5"', { ifMatch: -1 }],
    ['"-1"', { ifMatch: -1 }],
    ['"9999999999999999"', { ifMatch: -1 }],
    ['""', { ifMatch: -1 }],
  ])("%s", (header, answer) => {
    expect(ifMatchOf(request({ "if-match": header }))).toEqual(answer);
  });

  test("none, several, and on a batch", () => {
    expect(ifMatchOf(request({}))).toEqual({});
    expect(() => ifMatchOf(request({ "if-match": '"1", "2"' }))).toThrow(/must name one version/);
    expect(() => refuseIfMatch(request({ "if-match": '"1"' }))).toThrow(/one record only/);
    expect(() => refuseIfMatch(request({ "if-match": "*" }))).not.toThrow();
    expect(() => refuseIfMatch(request({}))).not.toThrow();
  });
});
