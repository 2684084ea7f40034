import {
  filterDayModes,
  filterRangeModes,
  type FilterCondition,
  type FilterGroup,
} from "@basalt/contract";
import fc, { type Arbitrary } from "fast-check";

/** For tests: the cells of one random record. */
export interface Cells {
  readonly name: string | null;
  readonly notes: string | null;
  readonly n: number | null;
  readonly rank: number | null;
  readonly done: boolean;
  readonly status: string | null;
  readonly tags: string[];
  readonly day: string | null;
  readonly when: string | null;
  readonly owner: boolean;
  /** Places in the list of linked records. */
  readonly links: number[];
}

export const choiceNames = ["Todo", "Doing", "Done, really"];

const texts = [
  "a",
  "A",
  "b",
  "Todo",
  "1",
  "2.50",
  "O'Hara",
  "é",
  "😀 x",
  "2026-03-10",
  "a, b",
  "\\d",
  " a ",
];
const numbers = [0, 1, -2.5, 3, 0.1, 1e21, 100, 1e-7];
const days = ["2026-03-10", "2026-03-05", "2024-02-29", "2025-12-31", "1969-12-31"];
const instants = [
  "2026-03-10T09:00:00.000Z",
  "2026-03-09T23:30:00.000Z",
  "2026-03-29T01:30:00.001Z",
];

function maybe<T>(from: readonly T[]): Arbitrary<T | null> {
  return fc.option(fc.constantFrom(...from), { nil: null });
}

export const rowCells: Arbitrary<Cells> = fc.record({
  name: maybe(texts),
  notes: maybe(texts),
  n: maybe(numbers),
  rank: maybe([1, 2, 5]),
  done: fc.boolean(),
  status: maybe(choiceNames),
  tags: fc.subarray(choiceNames),
  day: maybe(days),
  when: maybe(instants),
  owner: fc.boolean(),
  links: fc.subarray([0, 1, 2]),
});

/** Formula texts over the fields of the asked table. */
export function formulas(linkId: string): Arbitrary<string> {
  const literal = fc.constantFrom(...texts, "").map((text) => `"${text.replaceAll("\\", "\\\\")}"`);
  const { bool } = fc.letrec<Record<"text" | "number" | "date" | "list" | "any" | "bool", string>>(
    (tie) => ({
      text: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom("{Name}", "{Notes}", "{Status}", "{Label}", "{Owner}"),
        literal,
        fc
          .tuple(fc.constantFrom("LOWER", "UPPER", "TRIM", "T"), tie("text"))
          .map(([name, one]) => `${name}(${one})`),
        fc.tuple(tie("any"), tie("any")).map(([one, other]) => `(${one} & ${other})`),
        tie("text").map((one) => `LEFT(${one}, 2)`),
        tie("list").map((one) => `ARRAYJOIN(${one}, "/")`),
        fc
          .tuple(tie("text"), tie("text"))
          .map(([one, pattern]) => `REGEX_EXTRACT(${one}, ${pattern})`),
      ),
      number: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom("{N}", "{Rank}", "{Double}", "{Ratio}"),
        fc.constantFrom("0", "1", "2.5", "100"),
        fc
          .tuple(tie("any"), fc.constantFrom("+", "-", "*", "/"), tie("number"))
          .map(([one, operator, other]) => `(${one} ${operator} ${other})`),
        fc
          .tuple(fc.constantFrom("LEN", "VALUE"), tie("text"))
          .map(([name, one]) => `${name}(${one})`),
        fc
          .tuple(fc.constantFrom("ABS", "INT", "COUNTA", "-"), tie("number"))
          .map(([name, one]) => `${name}(${one})`),
        fc
          .tuple(tie("date"), tie("date"))
          .map(([one, other]) => `DATETIME_DIFF(${one}, ${other}, "hours")`),
      ),
      date: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        fc.constantFrom("{Day}", "{When}", "TODAY()", "NOW()", 'DATETIME_PARSE("2026-03-05")'),
        tie("date").map((one) => `DATEADD(${one}, -3, "days")`),
      ),
      list: fc.constantFrom("{Tags}", "{Team}", `{${linkId}}`),
      any: fc.oneof(
        { depthSize: "small" },
        tie("text"),
        tie("number"),
        tie("date"),
        tie("list"),
        tie("bool"),
      ),
      bool: fc.oneof(
        { depthSize: "medium", withCrossShrink: true },
        fc.constantFrom("{Done}", "TRUE()", "BLANK()"),
        fc
          .tuple(tie("any"), fc.constantFrom("=", "!=", "<", ">", "<=", ">="), tie("any"))
          .map(([one, operator, other]) => `(${one} ${operator} ${other})`),
        fc
          .tuple(
            fc.constantFrom("AND", "OR", "XOR"),
            fc.array(tie("any"), { minLength: 1, maxLength: 3 }),
          )
          .map(([name, given]) => `${name}(${given.join(", ")})`),
        fc
          .tuple(fc.constantFrom("NOT", "ISERROR"), tie("any"))
          .map(([name, one]) => `${name}(${one})`),
        fc
          .tuple(fc.constantFrom("FIND", "SEARCH"), tie("text"), tie("any"))
          .map(([name, one, other]) => `${name}(${one}, ${other})`),
        searches(literal, tie("any")),
        fc
          .tuple(tie("any"), tie("text"))
          .map(([one, pattern]) => `REGEX_MATCH(${one}, ${pattern})`),
        fc
          .tuple(tie("bool"), tie("any"), tie("any"))
          .map(([test, one, other]) => `IF(${test}, ${one}, ${other})`),
        fc
          .tuple(tie("any"), tie("any"), tie("any"), tie("any"))
          .map((parts) => `SWITCH(${parts.join(", ")})`),
        fc
          .tuple(fc.constantFrom("IS_AFTER", "IS_BEFORE", "IS_SAME"), tie("date"), tie("date"))
          .map(([name, one, other]) => `${name}(${one}, ${other})`),
      ),
    }),
  );
  return bool;
}

/** A known text that is looked for, and what is asked of its position. */
function searches(needle: Arbitrary<string>, hay: Arbitrary<string>): Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom("FIND", "SEARCH"),
      needle,
      hay,
      fc.constantFrom(")", ") > 0", ") != 0", ") >= 1", ") = 0", ") < 1", ", 1)", ", 3)"),
    )
    .map(([name, text, one, end]) => `(${name}(${text}, ${one}${end})`);
}

/** What filters of views name. */
export interface KnownIds {
  fieldId(name: string): string;
  readonly choices: readonly string[];
  readonly statuses: readonly string[];
  readonly records: readonly string[];
  readonly userId: string;
}

/** Filters of a view over the fields of the asked table. */
export function filters(known: KnownIds): Arbitrary<FilterGroup> {
  const condition = conditions(known);
  const group = (members: Arbitrary<FilterCondition | FilterGroup>): Arbitrary<FilterGroup> =>
    fc.record({
      conjunction: fc.constantFrom("and" as const, "or" as const),
      filterSet: fc.array(members, { maxLength: 3 }),
    });
  const inner = group(condition);
  const middle = group(fc.oneof(condition, inner));
  return group(fc.oneof(condition, middle));
}

function conditions({ fieldId, ...ids }: KnownIds): Arbitrary<FilterCondition> {
  const of = (
    names: readonly string[],
    operators: readonly string[],
    value: Arbitrary<unknown>,
  ): Arbitrary<FilterCondition> =>
    fc
      .tuple(fc.constantFrom(...names), fc.constantFrom(...operators), value)
      .map(
        ([name, operator, one]) =>
          ({ fieldId: fieldId(name), operator, value: one }) as FilterCondition,
      );
  const some = (from: readonly string[]): Arbitrary<string[]> =>
    fc.subarray([...from], { minLength: 1 });
  const someDays = fc.nat({ max: 800 });
  const zone = fc.constantFrom(
    undefined,
    "utc",
    "Europe/Berlin",
    "Pacific/Kiritimati",
    "America/New_York",
  );
  const day = fc.oneof(
    fc
      .tuple(fc.constantFrom(...filterDayModes), someDays, zone)
      .map(([mode, numberOfDays, timeZone]) => ({
        mode,
        ...(mode === "exactDate" && { exactDate: "2026-03-05" }),
        ...((mode === "daysAgo" || mode === "daysFromNow") && { numberOfDays }),
        ...(timeZone !== undefined && { timeZone }),
      })),
  );
  const range = fc
    .tuple(fc.constantFrom(...filterRangeModes), someDays, zone)
    .map(([mode, numberOfDays, timeZone]) => ({
      mode,
      ...(mode.endsWith("NumberOfDays") && { numberOfDays }),
      ...(timeZone !== undefined && { timeZone }),
    }));
  const several = ["hasAnyOf", "hasAllOf", "hasNoneOf", "isExactly", "isEmpty", "isNotEmpty"];
  const one = ["isAnyOf", "isNoneOf", "is", "isNot", "isEmpty", "isNotEmpty"];
  return fc.oneof(
    of(
      ["Name", "Notes", "Label"],
      ["=", "!=", "contains", "doesNotContain", "isEmpty", "isNotEmpty"],
      fc.constantFrom(...texts),
    ),
    of(
      ["N", "Rank", "Double", "Ratio"],
      ["=", "!=", "<", ">", "<=", ">=", "isEmpty", "isNotEmpty"],
      fc.constantFrom(...numbers),
    ),
    of(["Done"], ["=", "is"], fc.boolean()),
    of(["Day", "When"], ["=", "!=", "<", ">", "<=", ">=", "isEmpty", "isNotEmpty"], day),
    of(["Day", "When"], ["isWithin"], range),
    of(["Status"], one, some(ids.statuses)),
    of(["Status"], ["contains", "doesNotContain"], fc.constantFrom("do", "REALLY", ",")),
    of(["Tags"], several, some(ids.choices)),
    of(["link"], several, some(ids.records)),
    of(["link", "Tags", "Team"], ["contains", "doesNotContain"], fc.constantFrom("one", "a", ", ")),
    of(["Owner"], one, fc.constant(ids.userId)),
    of(["Team"], several, some([ids.userId])),
    of(["Files"], ["isEmpty", "isNotEmpty"], fc.constant(null)),
    of(["Files"], ["filename", "fileType"], fc.constant("image")),
  );
}
