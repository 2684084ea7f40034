import { describe, expect, test } from "vitest";
import { defaultKeyScopes, emailAddress, keyScopes, newPassword, oneLineName } from "./identity.ts";
import { identityOperations } from "./identity-operations.ts";

describe("e-mail addresses", () => {
  test.each([
    "ada@example.org",
    " ada@example.org ",
    "ada+tag@sub.example.org",
    "o'brien@example.org",
    "josé@exämple.org",
    "admin@localhost",
    "用户@例子.公司",
    `${"a".repeat(64)}@${"b".repeat(63)}.org`,
  ])("%s is one", (text) => {
    expect(emailAddress.safeParse(text).success).toBe(true);
  });

  test.each([
    "",
    "ada",
    "@example.org",
    "ada@",
    "ada@@example.org",
    "ada@example..org",
    "ada@.example.org",
    "ada@-example.org",
    "ada@example.org.",
    "a da@example.org",
    "ada@exa mple.org",
    "ada@example.org\r\nBcc: all@example.org",
    "Ada <ada@example.org>",
    "ada@example.org,bob@example.org",
    "ada\0@example.org",
    "\ud800@example.org",
    "🐘@example.org",
    `${"a".repeat(65)}@example.org`,
    `a@${"b".repeat(64)}.org`,
    `a@${"b.".repeat(5_000)}org`,
    "a".repeat(100_000),
    5,
    null,
    ["ada@example.org"],
    { toString: "ada@example.org" },
  ])("%j is none", (text) => {
    expect(emailAddress.safeParse(text).success).toBe(false);
  });
});

test.each([
  ["12345678", true],
  ["1234567", false],
  ["🐘🐘🐘🐘🐘🐘🐘", false],
  ["🐘".repeat(8), true],
  ["x".repeat(128), true],
  ["x".repeat(129), false],
  ["🐘".repeat(129), false],
  ["x".repeat(1_000_000), false],
  ["\ud83d".repeat(8), false],
])("whether a password may be set goes by its characters (case %#)", (text, is) => {
  expect(newPassword.safeParse(text).success).toBe(is);
});

test.each([
  ["Ada Lovelace", "Ada Lovelace"],
  ["  Ada  ", "Ada"],
  ["🐘", "🐘"],
  ["عمر", "عمر"],
])("%j is a name", (text, name) => {
  expect(oneLineName.parse(text)).toBe(name);
});

test.each([
  "",
  "   ",
  "a\nb",
  "a\u2028b",
  "a\0b",
  "\udfff",
  "\u001b[31m",
  "a".repeat(201),
  5,
  null,
  {},
])("%j is no name", (text) => {
  expect(oneLineName.safeParse(text).success).toBe(false);
});

test("operations have ids and paths of their own, and take a key by scopes that exist", () => {
  const ids = identityOperations.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const places = identityOperations.map(({ method, path }) => `${method} ${path}`);
  expect(new Set(places).size).toBe(places.length);
  for (const { scope } of identityOperations) {
    expect([undefined, ...keyScopes]).toContain(scope);
  }
});

test("a key without named scopes governs nobody", () => {
  expect(
    defaultKeyScopes.filter(
      (scope) => scope.startsWith("enterprise.") || scope.endsWith(":manage"),
    ),
  ).toEqual(["webhook:manage"]);
});
