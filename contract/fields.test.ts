import { expect, test } from "vitest";
import {
  attachmentOptions,
  brightColors,
  cellValue,
  choiceColors,
  dateFormat,
  DESCRIPTION_MAX_CHARACTERS,
  fieldConfig,
  isTimeZone,
  lightChoiceColors,
  writeOptions,
} from "./fields.ts";

test("there are ten hues in four shades", () => {
  expect(new Set(choiceColors).size).toBe(40);
  expect(lightChoiceColors.every((color) => choiceColors.includes(color))).toBe(true);
  expect(brightColors).toContain("grayBright");
});

test("a date format takes its own pattern or none, and always gives it", () => {
  expect(dateFormat.parse({ name: "european" })).toEqual({ name: "european", format: "D/M/YYYY" });
  expect(dateFormat.safeParse({ name: "european", format: "M/D/YYYY" }).success).toBe(false);
  expect(dateFormat.safeParse({ name: "constructor" }).success).toBe(false);
  expect(dateFormat.safeParse({ name: "us", more: 1 }).success).toBe(false);
});

test("a field is asked for with a name, a known type and nothing unknown", () => {
  expect(fieldConfig.parse({ name: "A", type: "number", options: { precision: 1 } })).toEqual({
    name: "A",
    type: "number",
    options: { precision: 1 },
  });
  for (const bad of [
    {},
    { name: "A" },
    { name: "A", type: "nonsense" },
    { name: 1, type: "number" },
    { name: "A", type: "number", more: 1 },
    { name: "A", type: "number", description: "x".repeat(DESCRIPTION_MAX_CHARACTERS + 1) },
    { name: "x".repeat(256), type: "number" },
    null,
    [],
  ]) {
    expect(fieldConfig.safeParse(bad).success).toBe(false);
  }
});

test("no write options take unknown keys", () => {
  for (const shape of Object.values(writeOptions)) {
    expect(shape.safeParse({ nonsense: 1 }).success).toBe(false);
  }
  expect(attachmentOptions.parse({})).toEqual({ isReversed: false });
});

test("time zones are utc, client or IANA names", () => {
  expect(["utc", "client", "America/New_York"].every(isTimeZone)).toBe(true);
  expect(["UTC", "utc ", "+01:00", ""].some(isTimeZone)).toBe(false);
});

test("a cell that is read is never false or null", () => {
  expect(cellValue.safeParse(true).success).toBe(true);
  expect(cellValue.safeParse({ specialValue: "NaN" }).success).toBe(true);
  expect(cellValue.safeParse(false).success).toBe(false);
  expect(cellValue.safeParse(null).success).toBe(false);
});
