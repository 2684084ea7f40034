import { expect, test } from "vitest";
import { isTagNamed } from "./conditional.ts";

test.each([
  ['"3"', true],
  ['W/"3"', true],
  ['"1", "3"', true],
  ['"1",W/"3"', true],
  ["*", true],
  ['"33"', false],
  ["3", false],
  ["W/3", false],
  ["", false],
])("If-None-Match %s", (header, named) => {
  expect(isTagNamed(header, '"3"')).toBe(named);
  expect(isTagNamed(header, 'W/"3"')).toBe(named);
});

test("no header names nothing", () => {
  expect(isTagNamed(null, '"3"')).toBe(false);
  expect(isTagNamed(undefined, '"3"')).toBe(false);
});
