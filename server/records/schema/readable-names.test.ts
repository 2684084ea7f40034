import { expect, test } from "vitest";
import type { Field } from "./base-schema.ts";
import { columnNames, readableName } from "./readable-names.ts";

function field(id: string, name: string): Field {
  return { id, tableId: "tbl", name, type: "singleLineText", options: {}, description: null };
}

test.each([
  ["Name", "Name"],
  ["x".repeat(64), "x".repeat(63)],
  // Four bytes each: fifteen fit, half of one does not.
  ["😀".repeat(20), "😀".repeat(15)],
])("%s is cut between characters", (name, expected) => {
  expect(readableName(name, new Set())).toBe(expected);
});

test("a taken name gets the first free number, within the same length", () => {
  const taken = new Set<string>();
  const long = "x".repeat(70);
  const names = ["A", "A", "A", long, `${long}y`, "A 2"].map((name) => readableName(name, taken));
  expect(names).toEqual(["A", "A 2", "A 3", "x".repeat(63), `${"x".repeat(61)} 2`, "A 2 2"]);
});

test("fields keep their names; system columns give way", () => {
  const names = columnNames({ fields: [field("fld1", "record_id"), field("fld2", "Name")] });
  expect(Object.fromEntries(names)).toEqual({
    fld1: "record_id",
    fld2: "Name",
    id: "record_id 2",
    auto_number: "record_number",
    created_time: "record_created_time",
    modified_time: "record_modified_time",
  });
});
