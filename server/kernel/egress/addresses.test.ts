import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPublicAddress } from "./addresses.ts";

describe("an address", () => {
  it.each([
    "1.1.1.1",
    "8.8.8.8",
    "93.184.215.14",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2606:4700:4700::1111",
    "2a00:1450:4001:830::200e",
    "[2606:4700:4700::1111]",
  ])("such as %s is public", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it("of IPv4 is judged alike in every IPv6 form that leads to it, and never public in forms that nobody needs", () => {
    const octet = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0, 10, 127, 169, 172, 192, 224, 255),
    );
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), ([a, b, c, d]) => {
        const plain = [a, b, c, d].join(".");
        const high = (a * 256 + b).toString(16);
        const low = (c * 256 + d).toString(16);
        const verdict = isPublicAddress(plain);
        for (const same of [
          `::ffff:${plain}`,
          `::FFFF:${high}:${low}`,
          `64:ff9b::${plain}`,
          `64:ff9b::${high}:${low}`,
        ]) {
          expect(isPublicAddress(same)).toBe(verdict);
        }
        for (const never of [
          `::${high}:${low}`,
          `::ffff:0:${high}:${low}`,
          `64:ff9b:1::${high}:${low}`,
          `2002:${high}:${low}::1`,
          `2001:0:${high}:${low}::1`,
          `2a00::5efe:${high}:${low}`,
        ]) {
          expect(isPublicAddress(never)).toBe(false);
        }
        const isPlainlyPrivate =
          a === 0 ||
          a === 10 ||
          a === 127 ||
          a >= 224 ||
          (a === 169 && b === 254) ||
          (a === 192 && b === 168);
        expect(isPlainlyPrivate && verdict).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  it("that is none is not public, whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(isPublicAddress(text) && !/^[\d.]+$|:/.test(text)).toBe(false);
      }),
    );
    for (const text of [
      "",
      "localhost",
      "8.8.8",
      "8.8.8.8.8",
      "08.8.8.8",
      "0x8.8.8.8",
      "8.8.8.8 ",
      "::g",
      "2606::1%eth0",
    ]) {
      expect(isPublicAddress(text)).toBe(false);
    }
  });
});
