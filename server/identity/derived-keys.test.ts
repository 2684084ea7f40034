import { expect, test } from "vitest";
import { deriveKeys, seal, unseal } from "./derived-keys.ts";

const keys = deriveKeys("a secret of at least thirty-two characters");

test("each purpose has a key of its own, the same one next time", () => {
  const all = Object.values(keys).map((key) => key.toString("hex"));
  expect(new Set(all).size).toBe(all.length);
  expect(deriveKeys("a secret of at least thirty-two characters")).toEqual(keys);
  expect(deriveKeys("another secret of thirty-two characters").session).not.toEqual(keys.session);
});

test("what is sealed opens for its owner only, and not when a byte was changed", () => {
  const sealed = seal(keys.secondFactor, "usrA", "JBSWY3DPEHPK3PXP");
  expect(unseal(keys.secondFactor, "usrA", sealed)).toBe("JBSWY3DPEHPK3PXP");
  expect(seal(keys.secondFactor, "usrA", "JBSWY3DPEHPK3PXP")).not.toEqual(sealed);
  expect(() => unseal(keys.secondFactor, "usrB", sealed)).toThrow();
  expect(() => unseal(keys.session, "usrA", sealed)).toThrow();
  for (const at of [0, 12, sealed.length - 1]) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => unseal(keys.secondFactor, "usrA", changed)).toThrow();
  }
  expect(() => unseal(keys.secondFactor, "usrA", sealed.subarray(0, 20))).toThrow();
});
