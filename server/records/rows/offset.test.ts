import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Config } from "#kernel";
import { offsetParts, OFFSET_LIFE_MINUTES, readOffset, writeOffset } from "./offset.ts";

const listing = { baseId: "appAAAAAAAAAAAAAA", tableId: "tblAAAAAAAAAAAAAA" };
const recordId = "recAAAAAAAAAAAAAA";
const at = new Date("2026-11-20T10:00:00Z");
const scopeAt = (now: Date) => ({
  config: { secret: "0123456789abcdef0123456789abcdef" } as Config,
  now: () => now,
});

describe("an offset", () => {
  test("is shaped like Airtable's and gives back what it was made from", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 35 - 1 }), (after) => {
        const offset = writeOffset(scopeAt(at), listing, { after, recordId });
        expect(offset).toMatch(/^itr[A-Za-z0-9]{14}\/rec[A-Za-z0-9]{14}$/);
        expect(readOffset(scopeAt(at), listing, offset)).toEqual({ after, recordId });
      }),
    );
  });

  test("works for at least ten minutes and not for ever", () => {
    const offset = writeOffset(scopeAt(at), listing, { after: 5, recordId });
    const later = (minutes: number) => scopeAt(new Date(at.getTime() + minutes * 60_000));
    expect(readOffset(later(11), listing, offset).after).toBe(5);
    expect(() => readOffset(later(OFFSET_LIFE_MINUTES + 1), listing, offset)).toThrow("expired");
  });

  test("is refused elsewhere, with another secret, and when one letter of it is changed", () => {
    const offset = writeOffset(scopeAt(at), listing, { after: 5, recordId });
    expect(() =>
      readOffset(scopeAt(at), { ...listing, tableId: "tblBBBBBBBBBBBBBB" }, offset),
    ).toThrow("expired");
    expect(() =>
      readOffset(scopeAt(at), { ...listing, baseId: "appBBBBBBBBBBBBBB" }, offset),
    ).toThrow("expired");
    const other = {
      config: { secret: "another secret of thirty-two chars" } as Config,
      now: () => at,
    };
    expect(() => readOffset(other, listing, offset)).toThrow("expired");
    for (const place of [3, 8, 16, 25]) {
      const bent = `${offset.slice(0, place)}${offset[place] === "x" ? "y" : "x"}${offset.slice(place + 1)}`;
      expect(() => readOffset(scopeAt(at), listing, bent)).toThrow("expired");
    }
  });

  test.each([
    "",
    "x",
    "itr",
    "itr123/rec",
    `itr${"a".repeat(14)}`,
    "a/b/c",
    `itr${"a".repeat(14)}/rec${"é".repeat(14)}`,
    "../../etc/passwd",
  ])("%j is not even shaped like one", (text) => {
    expect(() => offsetParts(text)).toThrow("is invalid");
  });
});
