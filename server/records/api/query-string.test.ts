import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listingOfBody, listingOfQuery } from "./list-records.ts";
import { flagOf, integerOf, listOf, parseQuery, sortOf, textOf } from "./query-string.ts";

const encode = (text: string): string => encodeURIComponent(text);
const withPlus = (text: string): string => new URLSearchParams({ x: text }).toString().slice(2);

/** How each client writes a list. */
const listDialects: Record<string, (name: string, values: readonly string[]) => string[]> = {
  brackets: (name, values) => values.map((value) => `${name}[]=${encode(value)}`),
  "encoded brackets": (name, values) => values.map((value) => `${name}%5B%5D=${withPlus(value)}`),
  indices: (name, values) => values.map((value, at) => `${name}[${at}]=${encode(value)}`),
  "indices out of order": (name, values) =>
    values.map((value, at) => `${name}%5B${at}%5D=${encode(value)}`).toReversed(),
  repeated: (name, values) => values.map((value) => `${name}=${encode(value)}`),
  "brackets and indices": (name, values) =>
    values.map((value, at) => `${name}[][${at}]=${encode(value)}`),
};

type Sort = readonly { readonly field: string; readonly direction: "asc" | "desc" }[];

const sortDialects: Record<string, (sort: Sort) => string[]> = {
  indices: (sort) =>
    sort.flatMap(({ field, direction }, at) => [
      `sort[${at}][field]=${encode(field)}`,
      `sort[${at}][direction]=${direction}`,
    ]),
  "encoded indices, direction first": (sort) =>
    sort.flatMap(({ field, direction }, at) => [
      `sort%5B${at}%5D%5Bdirection%5D=${direction}`,
      `sort%5B${at}%5D%5Bfield%5D=${withPlus(field)}`,
    ]),
  "indices backwards": (sort) =>
    sort
      .flatMap(({ field, direction }, at) => [
        `sort[${at}][field]=${encode(field)}`,
        `sort[${at}][direction]=${direction}`,
      ])
      .toReversed(),
  "empty brackets": (sort) =>
    sort.flatMap(({ field, direction }) => [
      `sort[][field]=${encode(field)}`,
      `sort[][direction]=${direction}`,
    ]),
  "brackets and indices": (sort) =>
    sort.flatMap(({ field, direction }, at) => [
      `sort[][${at}][field]=${encode(field)}`,
      `sort[][${at}][direction]=${direction}`,
    ]),
};

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const sortKeys = fc.array(
  fc.record({ field: name, direction: fc.constantFrom("asc" as const, "desc" as const) }),
  {
    maxLength: 12,
  },
);

describe("every client's way of writing the same query reads the same", () => {
  test.each(Object.keys(listDialects))("lists: %s", (dialect) => {
    const write = listDialects[dialect] ?? (() => []);
    fc.assert(
      fc.property(fc.array(name, { maxLength: 15 }), (values) => {
        expect(listOf(parseQuery(write("fields", values).join("&")), "fields")).toEqual(values);
      }),
    );
  });

  test.each(Object.keys(sortDialects))("sort: %s", (dialect) => {
    const write = sortDialects[dialect] ?? (() => []);
    fc.assert(
      fc.property(sortKeys, (sort) => {
        expect(sortOf(parseQuery(write(sort).join("&")))).toEqual(sort);
      }),
    );
  });

  test("the query string and the body ask for the same listing", () => {
    fc.assert(
      fc.property(
        fc.record({
          fields: fc.array(name, { maxLength: 4 }),
          sort: sortKeys,
          byFieldId: fc.boolean(),
          pageSize: fc.integer({ min: 1, max: 100 }),
        }),
        ({ fields, sort, byFieldId, pageSize }) => {
          const search = [
            ...(listDialects["indices"]?.("fields", fields) ?? []),
            ...(sortDialects["indices"]?.(sort) ?? []),
            `returnFieldsByFieldId=${byFieldId ? 1 : "false"}`,
            `pageSize=${pageSize}`,
          ].join("&");
          const body = { fields, sort, returnFieldsByFieldId: byFieldId, pageSize, method: "post" };
          const fromBody = listingOfBody(body, parseQuery(""));
          expect(listingOfQuery(parseQuery(search))).toMatchObject(
            JSON.parse(JSON.stringify(fromBody)),
          );
        },
      ),
    );
  });

  test("no query string makes it throw anything but a Problem", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), (search) => {
        try {
          listingOfQuery(parseQuery(search));
        } catch (error) {
          expect(error).toMatchObject({ code: "records.invalid-request" });
        }
      }),
    );
  });
});

describe("single parameters", () => {
  test.each([
    ["plus is a space", "view=A+B", "A B"],
    ["percent 20 is a space", "view=A%20B", "A B"],
    ["an encoded plus stays", "view=A%2BB", "A+B"],
    ["an equals sign in the value stays", "view=a=b", "a=b"],
    ["empty means absent", "view=", undefined],
    ["a key alone means absent", "view", undefined],
    ["the last one counts", "view=a&view=b", "b"],
    ["a lone percent sign is kept", "view=100%", "100%"],
    ["an ampersand too many", "&&view=a&", "a"],
    ["a name from the prototype", "constructor=x&__proto__=y", undefined],
  ])("%s", (_what, search, value) => {
    expect(textOf(parseQuery(search), "view")).toBe(value);
  });

  test.each([
    ["true", true],
    ["1", true],
    ["false", false],
    ["0", false],
    ["", undefined],
  ])("flag %s", (text, value) => {
    expect(flagOf(parseQuery(`x=${text}`), "x")).toBe(value);
  });

  test.each(["yes", "TRUE", "2", "null"])("flag %s is refused", (text) => {
    expect(() => flagOf(parseQuery(`x=${text}`), "x")).toThrow(/must be true, false, 1 or 0/);
  });

  test.each(["1.5", "ten", "1e2", "0x10", "NaN", "9".repeat(30)])(
    "number %s is refused",
    (text) => {
      expect(() => integerOf(parseQuery(`x=${text}`), "x")).toThrow(/must be a whole number/);
    },
  );

  test("a sort key without a field is refused", () => {
    expect(() => sortOf(parseQuery("sort[0][direction]=asc"))).toThrow(/each key needs a field/);
  });

  test("limit is pageSize by its old name, pageSize wins, an empty offset is none", () => {
    expect(listingOfQuery(parseQuery("limit=5&offset="))).toMatchObject({
      pageSize: 5,
      offset: undefined,
    });
    expect(listingOfQuery(parseQuery("limit=5&pageSize=7"))).toMatchObject({ pageSize: 7 });
  });

  test("empty parts of a body are absent; zone and locale may stand in the query string", () => {
    const listing = listingOfBody(
      { offset: "", view: null, cellFormat: "string", timeZone: "Asia/Tokyo" },
      parseQuery("timeZone=Europe%2FBerlin&userLocale=de"),
    );
    expect(listing).toMatchObject({ timeZone: "Europe/Berlin", userLocale: "de" });
    expect(listing.offset).toBeUndefined();
    expect(listing.view).toBeUndefined();
  });
});
