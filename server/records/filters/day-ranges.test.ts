import type { FilterDay, FilterRange } from "@basalt/contract";
import { describe, expect, test } from "vitest";
import { bounds, dayOf, daysOf, type DayRange } from "./day-ranges.ts";

/** First and last millisecond as ISO texts. */
function shown(days: DayRange, dateOnly = false): string[] {
  const { from, to } = bounds(days, { dateOnly });
  return [from, to].map((instant) => new Date(instant).toISOString());
}

function day(value: FilterDay, now: string, zone: string, dateOnly = false): string[] {
  const found = dayOf(value, { now: new Date(now), zone });
  return found === undefined ? [] : shown({ first: found, last: found }, dateOnly);
}

function stretch(value: FilterRange, now: string, zone = "utc"): string[] {
  return shown(daysOf(value, { now: new Date(now), zone }), true).map((text) => text.slice(0, 10));
}

describe("a day", () => {
  test("is as long as its zone makes it", () => {
    const today = { mode: "today" } as const;
    expect(day(today, "2026-03-29T12:00:00Z", "Europe/Berlin")).toEqual([
      "2026-03-28T23:00:00.000Z",
      "2026-03-29T21:59:59.999Z",
    ]);
    expect(day(today, "2026-10-25T12:00:00Z", "Europe/Berlin")).toEqual([
      "2026-10-24T22:00:00.000Z",
      "2026-10-25T22:59:59.999Z",
    ]);
    // Beirut's day begins at one o'clock when the clocks go forward at midnight.
    expect(day(today, "2024-03-31T12:00:00Z", "Asia/Beirut")).toEqual([
      "2024-03-30T22:00:00.000Z",
      "2024-03-31T20:59:59.999Z",
    ]);
  });

  test("of a field without time is that of the calendar", () => {
    const late = "2026-03-10T23:30:00Z";
    expect(day({ mode: "today" }, late, "Europe/Berlin", true)).toEqual([
      "2026-03-11T00:00:00.000Z",
      "2026-03-11T23:59:59.999Z",
    ]);
    expect(day({ mode: "today" }, late, "client", true)[0]).toBe("2026-03-10T00:00:00.000Z");
  });

  test.each<[FilterDay, string]>([
    [{ mode: "tomorrow" }, "2024-03-01"],
    [{ mode: "yesterday" }, "2024-02-28"],
    [{ mode: "oneWeekAgo" }, "2024-02-22"],
    [{ mode: "oneWeekFromNow" }, "2024-03-07"],
    [{ mode: "oneMonthAgo" }, "2024-01-29"],
    [{ mode: "oneMonthFromNow" }, "2024-03-29"],
    [{ mode: "daysAgo", numberOfDays: 60 }, "2023-12-31"],
    [{ mode: "daysFromNow", numberOfDays: 366 }, "2025-03-01"],
    [{ mode: "exactDate", exactDate: "2024-02-29" }, "2024-02-29"],
    [{ mode: "exactDate", exactDate: "2024-02-29T23:30:00-02:00" }, "2024-03-01"],
    [{ mode: "exactDate", exactDate: "2024-02-29T23:30" }, "2024-02-29"],
  ])("%j counts from a leap day", (value, wanted) => {
    expect(day(value, "2024-02-29T12:00:00Z", "utc", true)[0]?.slice(0, 10)).toBe(wanted);
  });

  test.each(["", "2024-02-30", "29.2.2024", "2024", "10000-01-01", "0000-01-01", "today"])(
    "%j is none",
    (exactDate) => {
      expect(day({ mode: "exactDate", exactDate }, "2024-02-29T12:00:00Z", "utc")).toEqual([]);
    },
  );

  test("at the ends of the calendar stays within it", () => {
    const now = "2024-02-29T12:00:00Z";
    expect(day({ mode: "exactDate", exactDate: "0001-01-01" }, now, "Asia/Tokyo")[0]).toBe(
      "0001-01-01T00:00:00.000Z",
    );
    expect(day({ mode: "exactDate", exactDate: "9999-12-31" }, now, "America/Los_Angeles")[1]).toBe(
      "9999-12-31T23:59:59.999Z",
    );
  });
});

test.each<[FilterRange, string, string]>([
  [{ mode: "pastWeek" }, "2024-02-22", "2024-02-29"],
  [{ mode: "pastMonth" }, "2024-01-29", "2024-02-29"],
  [{ mode: "pastYear" }, "2023-02-28", "2024-02-29"],
  [{ mode: "nextWeek" }, "2024-02-29", "2024-03-07"],
  [{ mode: "nextMonth" }, "2024-02-29", "2024-03-29"],
  [{ mode: "nextYear" }, "2024-02-29", "2025-02-28"],
  [{ mode: "pastNumberOfDays", numberOfDays: 0 }, "2024-02-29", "2024-02-29"],
  [{ mode: "nextNumberOfDays", numberOfDays: 3 }, "2024-02-29", "2024-03-03"],
  [{ mode: "thisCalendarWeek" }, "2024-02-25", "2024-03-02"],
  [{ mode: "thisCalendarMonth" }, "2024-02-01", "2024-02-29"],
  [{ mode: "thisCalendarYear" }, "2024-01-01", "2024-12-31"],
])("%j, asked on a leap day", (value, first, last) => {
  expect(stretch(value, "2024-02-29T12:00:00Z")).toEqual([first, last]);
});

test("a week begins on the Sunday that it is asked on", () => {
  const week = { mode: "thisCalendarWeek" } as const;
  expect(stretch(week, "2024-03-03T00:00:00Z")).toEqual(["2024-03-03", "2024-03-09"]);
});
