import { expect, test } from "vitest";
import { isId, newId } from "#kernel";
import { carryIds, withKnownIds } from "./carry-ids.ts";

test("kept ids stay", () => {
  const id = newId("rec");
  expect(carryIds(true)("rec", id)).toBe(id);
});

test("known ids become what they became, others what they are carried to", () => {
  const [old, other, another] = [newId("fld"), newId("fld"), newId("fld")];
  const carry = carryIds(false);
  const carryKnown = withKnownIds(carry, new Map([[old, other]]));
  expect(carryKnown("fld", old)).toBe(other);
  expect(carryKnown("fld", another)).toBe(carry("fld", another));
});

test("others become ids that are the same each time in one import and different in another", () => {
  const [carry, another] = [carryIds(false), carryIds(false)];
  const old = Array.from({ length: 2_000 }, () => newId("rec"));
  const made = old.map((id) => carry("rec", id));
  expect(made.every((id) => isId("rec", id))).toBe(true);
  expect(new Set([...made, ...old]).size).toBe(4_000);
  expect(old.map((id) => carry("rec", id))).toEqual(made);
  expect(another("rec", old[0] ?? "")).not.toBe(made[0]);
});
