import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { isKeyText, keyHash, maskKey, newKeyText } from "./key-text.ts";

test("a new key has Airtable's form and carries its own check", () => {
  const { id, text } = newKeyText();
  expect(text).toMatch(/^pat[A-Za-z0-9]{14}\.[0-9a-f]{64}$/);
  expect(text.startsWith(`${id}.`)).toBe(true);
  expect(text.slice(-8)).toBe(crc32(text.slice(0, -8)).toString(16).padStart(8, "0"));
  expect(isKeyText(text)).toBe(true);
});

test("a thousand keys differ", () => {
  expect(new Set(Array.from({ length: 1_000 }, () => newKeyText().text)).size).toBe(1_000);
});

test("what is shown later is the first 8 and the last 4 characters", () => {
  const { text } = newKeyText();
  expect(maskKey(text)).toBe(`${text.slice(0, 8)}…${text.slice(-4)}`);
});

test("the hash is SHA-256", () => {
  expect(keyHash("abc").toString("hex")).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

describe("not a key", () => {
  const { text } = newKeyText();
  const flipped = text.endsWith("0") ? `${text.slice(0, -1)}1` : `${text.slice(0, -1)}0`;
  test.each([
    ["nothing", ""],
    ["a wrong check", flipped],
    [
      "a changed secret",
      text.replace(/\.(.)/, (_, digit: string) => `.${digit === "0" ? "1" : "0"}`),
    ],
    ["a changed id", `pat${"A".repeat(14)}${text.slice(17)}`],
    [
      "upper-case digits",
      text.slice(0, 18) +
        text
          .slice(18)
          .toUpperCase()
          .replace(/^[0-9]+$/, "A"),
    ],
    ["too short", text.slice(0, -1)],
    ["too long", `${text}0`],
    ["a newline at the end", `${text}\n`],
    ["two dots", text.replace(".", "..")],
    ["an id alone", text.slice(0, 17)],
    ["a session token", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA"],
  ])("%s", (_, wrong) => {
    expect(isKeyText(wrong)).toBe(false);
  });
});
