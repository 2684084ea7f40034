import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Problem } from "../problem.ts";
import { parseWith } from "./read-json.ts";

const schema = z.strictObject({
  name: z.string().min(1).max(5),
  count: z.int().min(1).max(9).optional(),
  ratio: z.number().optional(),
  on: z.boolean().optional(),
  colour: z.enum(["red", "blue"]).optional(),
  kind: z.literal("fixed").optional(),
  tags: z.array(z.string()).min(1).max(2).optional(),
  more: z.array(z.string()).min(3).optional(),
  at: z.iso.datetime().optional(),
  step: z.number().multipleOf(5).optional(),
  either: z.union([z.string(), z.number()]).optional(),
  shape: z
    .discriminatedUnion("type", [
      z.object({ type: z.literal("a") }),
      z.object({ type: z.literal("b") }),
    ])
    .optional(),
  own: z.string().min(3, "is far too short").optional(),
});

function wrong(input: unknown): Readonly<Record<string, string>> {
  try {
    parseWith(schema, input);
  } catch (error) {
    return error instanceof Problem ? (error.details.fields ?? {}) : {};
  }
  return {};
}

describe("what is wrong with an input is said in words", () => {
  test.each<[unknown, string, string]>([
    [{}, "name", "is required"],
    [{ name: 1 }, "name", "must be a text"],
    [{ name: null }, "name", "must be a text"],
    [{ name: "" }, "name", "must not be empty"],
    [{ name: "abcdef" }, "name", "must have at most 5 characters"],
    [{ name: "a", count: "1" }, "count", "must be a number"],
    [{ name: "a", count: 1.5 }, "count", "must be a whole number"],
    [{ name: "a", count: 0 }, "count", "must be at least 1"],
    [{ name: "a", count: 10 }, "count", "must be at most 9"],
    [{ name: "a", ratio: Number.NaN }, "ratio", "must be a number"],
    [{ name: "a", on: "yes" }, "on", "must be true or false"],
    [{ name: "a", colour: "green" }, "colour", "must be one of red, blue"],
    [{ name: "a", kind: "other" }, "kind", "must be fixed"],
    [{ name: "a", tags: "x" }, "tags", "must be a list"],
    [{ name: "a", tags: [] }, "tags", "must not be empty"],
    [{ name: "a", tags: ["a", "b", "c"] }, "tags", "must have at most 2 items"],
    [{ name: "a", tags: [1] }, "tags.0", "must be a text"],
    [{ name: "a", more: ["a"] }, "more", "must have at least 3 items"],
    [{ name: "a", at: "today" }, "at", "must be a date and time such as 2026-01-31T09:00:00Z"],
    [{ name: "a", step: 7 }, "step", "must be a multiple of 5"],
    [{ name: "a", either: true }, "either", "has not the expected shape"],
    [{ name: "a", shape: { type: "c" } }, "shape.type", "must be one of a, b"],
    [{ name: "a", own: "b" }, "own", "is far too short"],
    [{ name: "a", nmae: 1 }, "nmae", "is not known here"],
    [[], "body", "must be an object"],
    [undefined, "body", "is required"],
  ])("%j: %s %s", (input, name, rule) => {
    expect(wrong(input)).toEqual({ [name]: rule });
  });

  test("every unknown input is named", () => {
    expect(wrong({ name: "a", b: 1, c: 2 })).toEqual({
      b: "is not known here",
      c: "is not known here",
    });
  });

  test("a thousand unknown inputs make a short answer", () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`x${at}`, 1]));
    expect(Object.keys(wrong({ name: "a", ...many }))).toHaveLength(20);
  });
});
