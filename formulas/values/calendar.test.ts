import { expect, test } from "vitest";
import { formatted } from "./moments.ts";
import { holidaysIn } from "./calendar.ts";

test("a holiday that its month has not is none", () => {
  expect(holidaysIn("2024-02-30,2023-02-29, 2024-04-31,2024-02-29")).toEqual([
    Date.UTC(2024, 1, 29),
  ]);
});

test("line breaks in a format stay where they are, whatever stands around them", () => {
  const write = (format: string): string =>
    formatted(Date.UTC(2024, 2, 5), format, { zone: null, locale: null });
  expect(write("YYYY\nMM]")).toBe("2024\n03]");
  expect(write("[a]b\n]DD")).toBe("a]b\n05");
  expect(write("\n")).toBe("\n");
  expect(write("[x\ny] YYYY\r\nDD\u2028MM")).toBe("x\ny 2024\r\n05\u202803");
});
