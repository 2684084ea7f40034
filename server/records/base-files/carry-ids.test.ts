import { expect, test } from "vitest";
import { isId, newId } from "#kernel";
import { carryIds } from "./carry-ids.ts";

test("kept ids stay", () => {
  const id = newId("rec");
  expect(carryIds(new Map([[id, newId("rec")]]), true)("rec", id)).toBe(id);
});

test("known ids become what they became", () => {
  const [old, other] = [newId("fld"), newId("fld")];
  expect(carryIds(new Map([[old, other]]), false)("fld", old)).toBe(other);
});

test("others become ids that are the same each time in one import and different in another", () => {
  const [carry, another] = [carryIds(new Map(), false), carryIds(new Map(), false)];
  const old = Array.from({ length: 2_000 }, () => newId("rec"));
  const made = old.map((id) => carry("rec", id));
  expect(made.every((id) => isId("rec", id))).toBe(true);
  expect(new Set([...made, ...old]).size).toBe(4_000);
  expect(old.map((id) => carry("rec", id))).toEqual(made);
  expect(another("rec", old[0] ?? "")).not.toBe(made[0]);
});
