import { describe, expect, test } from "vitest";
import { askedTable } from "./testing/asked-table.ts";

const asked = askedTable();
const ALL = ["a", "b", "c", "d", "O'Hara"];

/** What libraries and integrations really send. */
const patterns: readonly (readonly [string, readonly string[]])[] = [
  [String.raw`{Name}='O\'Hara'`, ["O'Hara"]],
  ["AND({Name}='a',{N}=1)", ["a"]],
  ["NOT({Notes}='')", ["a", "b"]],
  ["{Notes}=BLANK()", ["c", "d", "O'Hara"]],
  ["{Notes}", ["a", "b"]],
  ["NOT({Notes})", ["c", "d", "O'Hara"]],
  ["{Done}=TRUE()", ["a", "O'Hara"]],
  ["{Done}=1", ["a", "O'Hara"]],
  ["{Done}=FALSE()", ["b", "c", "d"]],
  ["{Done}=0", ["b", "c", "d"]],
  ["{Done}", ["a", "O'Hara"]],
  ['SEARCH(LOWER("FOX"), LOWER({Notes}))', ["a"]],
  ['FIND("dog", {Notes})', ["b"]],
  ['OR(FIND("dog", {Name}), FIND("dog", {Notes}), FIND("dog", {Label}))', ["b"]],
  ['FIND("Ada", ARRAYJOIN({Team}))', ["a"]],
  ['{Owner}="Ada"', ["a"]],
  ['{First}="Only One"', ["a"]],
  ["{When}=DATETIME_PARSE('2026-03-10T09:00:00.000Z')", ["a"]],
  ['IS_AFTER({When}, DATEADD(TODAY(), -7, "days"))', ["a", "b"]],
  ['DATETIME_DIFF(NOW(), {When}, "hours") < 24', ["a", "b"]],
  ['IS_SAME({When}, "2026-03-10", "day")', ["a"]],
  ['IS_SAME({Day}, "2026-03-05", "day")', ["b"]],
  ["LAST_MODIFIED_TIME() > DATETIME_PARSE('2026-03-09T00:00:00.000Z')", ALL],
  ["LAST_MODIFIED_TIME() > DATETIME_PARSE('2026-03-11T00:00:00.000Z')", []],
  ["CREATED_TIME() > '2026-03-09'", ALL],
  ["CREATED_TIME() > '2026-03-11'", []],
  ["TRUE()", ALL],
  ["1", ALL],
  ["FALSE()", []],
  ["ERROR()", []],
  ["0/0", []],
  ['""', []],
  ["'0'", ALL],
  ["{N}", ["a", "b", "c"]],
  ["1/{N}", ["a", "b", "c", "d", "O'Hara"]],
  ["{Double}=2", ["a"]],
  ["{Label}='b!'", ["b"]],
  ["{Ratio}", ["a", "b", "d", "O'Hara"]],
  ["ISERROR({Ratio})", ["c", "d", "O'Hara"]],
  ["{Status}='Doing'", ["b"]],
  ["{Status}!='Doing'", ["a", "c", "d", "O'Hara"]],
  ["OR({Status}='Doing',{Status}='Todo')", ["a", "b"]],
  ["{Status}='nothing'", []],
  ["{Status}=''", ["d", "O'Hara"]],
  ["{Status}>'Doing'", ["a", "c"]],
  ["{Tags}='Todo, Doing'", ["a"]],
  ["{Rank}>4", ["a"]],
  [String.raw`{Odd {name\\ "of" it\}}='odd'`, ["a"]],
  ["  {N} > 0 ", ["a", "c"]],
  ["", ALL],
  ["   ", ALL],
];

describe("filterByFormula", () => {
  test.each(patterns)("%s", async (formula, names) => {
    const { keeps, table } = asked();
    const link = (await table()).fields.find(({ type }) => type === "multipleRecordLinks");
    expect(await keeps(formula.replace("{First}", `{${link?.id}}`))).toEqual(names);
  });

  test("by the id of a record, and by hundreds of them", async () => {
    const { keeps, ids } = asked();
    const of = (name: string): string => ids.get(name) ?? "";
    expect(await keeps(`RECORD_ID()='${of("b")}'`)).toEqual(["b"]);
    expect(await keeps("RECORD_ID()='recAAAAAAAAAAAAAA'")).toEqual([]);
    const others = Array.from(
      { length: 998 },
      (_, at) => `recAAAAAAAAAA${String(at).padStart(4, "0")}`,
    );
    const many = [of("a"), ...others, of("c")].map((id) => `RECORD_ID()='${id}'`);
    expect(await keeps(`OR(${many.join(",")})`)).toEqual(["a", "c"]);
  });

  test("names fields by id as well", async () => {
    const { keeps, fieldId } = asked();
    expect(await keeps(`FIND("quick", {${fieldId("Notes")}})`)).toEqual(["a"]);
  });
});

const PREFIX = "The formula for filtering records is invalid: ";
const SYNTAX = `${PREFIX}Invalid formula. Please check your formula text.`;

const refusals: readonly (readonly [string, string, string])[] = [
  ["an open text", "{Name}='a", SYNTAX],
  ["a comment", "1 // one", SYNTAX],
  ["no operator", "{Name} {N}", SYNTAX],
  ["a doubled sign", "{N} == 1", SYNTAX],
  ["curly quotes", "{Name}=“a”", SYNTAX],
  ["an empty slot", "IF({N},,1)", SYNTAX],
  ["100 kB", `"${"x".repeat(100_000)}"&""`, SYNTAX],
  ["10,000 parentheses", `${"(".repeat(10_000)}1${")".repeat(10_000)}`, SYNTAX],
  ["10,000 negations", `${"NOT(".repeat(10_000)}1${")".repeat(10_000)}`, SYNTAX],
  [
    "unknown fields",
    "AND({First Name}='x', {LastName}=1)",
    `${PREFIX}Unknown field names: first name, lastname`,
  ],
  ["an unknown field twice", "{Foo}&{foo}", `${PREFIX}Unknown field names: foo`],
  ["an unknown function", "foo({Name})", `${PREFIX}Unknown function names: FOO`],
  ["no arguments", "NOT()", `${PREFIX}Invalid arguments for function NOT`],
];

test.each(refusals)("a formula with %s is refused", async (_what, formula, message) => {
  await expect(asked().keeps(formula)).rejects.toMatchObject({
    kind: "invalid",
    code: "records.invalid-filter",
    details: { message, airtable: { type: "INVALID_FILTER_BY_FORMULA", message } },
  });
});
