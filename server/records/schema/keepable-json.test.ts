import { expect, test } from "vitest";
import { isKeepable } from "./keepable-json.ts";

test.each([
  ["nothing", undefined, true],
  ["text", { a: ["ü", "👍", "\u2028", "\u0001"] }, true],
  ["a backslash before the same letters", { a: "\\u0000 \\ud800 \\\\u0000" }, true],
  ["NUL", { a: "x\0" }, false],
  ["NUL after a backslash", { a: "\\\0" }, false],
  ["NUL in a key", { "\0": 1 }, false],
  ["half an emoji", ["\ud83d"], false],
  ["the other half", ["\udc4d"], false],
])("%s", (_what, value, expected) => {
  expect(isKeepable(value)).toBe(expected);
});
