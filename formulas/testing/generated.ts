import fc from "fast-check";
import type { FormulaRecord } from "../evaluate.ts";
import { allFunctions } from "../functions/registry.ts";
import { printText } from "../language/tree.ts";
import {
  arrayKind,
  booleanKind,
  countKind,
  dateTimeKind,
  numberKind,
  textKind,
} from "../types/kinds.ts";
import type { FormulaField } from "../types/type-of.ts";
import { errorValue, type Value } from "../values/value.ts";

/** One field of each kind that a table can give a formula, with and without errors. */
export const generatedFields: readonly FormulaField[] = [
  { id: "fldCount", name: "Count", kind: countKind },
  { id: "fldNumber", name: "Number", kind: { ...numberKind(2), special: false } },
  { id: "fldRatio", name: "Ratio", kind: numberKind(4), canFail: true },
  { id: "fldAuto", name: "Auto", kind: countKind, canBeBlank: false },
  { id: "fldName", name: "Name", kind: textKind },
  { id: "fldNotes", name: "Notes }\\ odd", kind: textKind, canFail: true },
  { id: "fldDone", name: "Done", kind: booleanKind },
  { id: "fldDay", name: "Day", kind: { type: "date", dateOnly: true } },
  { id: "fldWhen", name: "When", kind: dateTimeKind, canFail: true },
  { id: "fldMade", name: "Made", kind: dateTimeKind, canBeBlank: false },
  { id: "fldTags", name: "Tags", kind: arrayKind(textKind) },
  { id: "fldLinks", name: "Links", kind: arrayKind(textKind, "links") },
  { id: "fldFiles", name: "Files", kind: arrayKind(textKind, "files") },
  { id: "fldNumbers", name: "Numbers", kind: arrayKind(numberKind(1)), canFail: true },
  { id: "fldDates", name: "Dates", kind: arrayKind({ type: "date", dateOnly: true }) },
  { id: "values", name: "values", kind: arrayKind(numberKind(1), "values"), canBeBlank: false },
];

const instants = [
  "2024-02-29T00:00:00.000Z",
  "2024-03-05T09:07:03.045Z",
  "2024-03-10T07:00:00.000Z",
  "2024-03-31T01:00:00.000Z",
  "2023-12-31T23:59:59.999Z",
  "2024-12-31T00:00:00.000Z",
  "1999-01-31T12:00:00.000Z",
  "0001-01-01T00:00:00.000Z",
  "9999-12-31T23:59:59.999Z",
  "1969-12-31T23:59:59.500Z",
];

const words = [
  "",
  "a",
  "A",
  "abc",
  "b, c",
  " x ",
  "5",
  "-3.5",
  "1e3",
  "0",
  "ä",
  "straße",
  "👍",
  "a👍b",
  "it's",
  'say "hi"',
  "back\\slash",
  "2024-03-05",
  "2024-03-05T09:07:00Z",
  "3/5/2024",
  "2024-02-30",
  "day",
  "months",
  "M",
  "Monday",
  "W",
  "\n",
  "İ",
  "ΑΣ",
  "true",
  "NaN",
  "2024-03-06, 2024-03-07",
  "%",
  "$1",
  "'); drop table x; --",
];

const plainNumber = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -12, max: 40 }) },
  { weight: 2, arbitrary: fc.integer({ min: -10_000, max: 10_000 }).map((value) => value / 100) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      1e15,
      1e21,
      -1e308,
      1.7e308,
      5e-324,
      1e-7,
      0.1,
      2 ** 53,
      123_456_789.123,
    ),
  },
);
const anyNumber = fc.oneof(
  { weight: 8, arbitrary: plainNumber },
  { weight: 1, arbitrary: fc.constantFrom(Number.NaN, Infinity, -Infinity) },
);
/** Letters whose case every version of Unicode in use agrees on, and characters that take two UTF-16 units. */
const letter = fc.constantFrom(
  ..."abcXYZ019 .,;-_%$\"'\\/()[]{}äÖßéñçşğÅœΑΣςωЖщ漢字かな👍🏽é\u00a0\u200b\u{10400}\uffee\u{1f1e9}",
);
const anyText = fc.oneof(fc.constantFrom(...words), fc.string({ unit: letter, maxLength: 8 }));
const anyInstant = fc.oneof(
  fc.constantFrom(...instants).map((text) => Date.parse(text)),
  fc.integer({ min: Date.parse("2020-01-01"), max: Date.parse("2028-01-01") }),
);
const anyDay = anyInstant.map((instant) => Math.floor(instant / 86_400_000) * 86_400_000);

function cellOf(field: FormulaField): fc.Arbitrary<Value> {
  const value = valueOf(field);
  const extra: { weight: number; arbitrary: fc.Arbitrary<Value> }[] = [];
  if (field.canBeBlank !== false) {
    extra.push({ weight: 2, arbitrary: fc.constant(null) });
  }
  if (field.canFail === true) {
    extra.push({ weight: 1, arbitrary: fc.constant(errorValue) });
  }
  return fc.oneof({ weight: 6, arbitrary: value }, ...extra);
}

function valueOf({ kind }: FormulaField): fc.Arbitrary<Value> {
  switch (kind.type) {
    case "number":
      return kind.special
        ? anyNumber
        : kind.precision === 0
          ? fc.integer({ min: -5, max: 50 })
          : plainNumber;
    case "boolean":
      return fc.boolean();
    case "text":
      return anyText;
    case "date":
      return (kind.dateOnly ? anyDay : anyInstant).map((date) => ({
        date,
        dateOnly: kind.dateOnly,
      }));
    case "array": {
      const of: FormulaField = { id: "", name: "", kind: kind.of };
      const element = fc.oneof(
        { weight: 5, arbitrary: valueOf(of) },
        { weight: 1, arbitrary: fc.constant(null) },
      );
      return fc.array(element, { maxLength: 4 });
    }
  }
}

/** A record with a value, a blank or an error in each field. */
export const generatedRecord: fc.Arbitrary<FormulaRecord> = fc.record(
  Object.fromEntries(generatedFields.map((field) => [field.id, cellOf(field)])),
);

const leaf: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      ...generatedFields.map(({ id }) => (id === "values" ? id : `{${id}}`)),
    ),
  },
  { weight: 2, arbitrary: plainNumber.map(numberLiteral) },
  { weight: 2, arbitrary: fc.constantFrom(...words).map(printText) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "BLANK()",
      "TRUE",
      "FALSE()",
      "NOW()",
      "TODAY()",
      "RECORD_ID()",
      "ERROR()",
      "CREATED_TIME()",
      "LAST_MODIFIED_TIME()",
      "LAST_MODIFIED_TIME({fldName})",
    ),
  },
);

/** Numbers as the language writes them: no exponents, the sign in front. */
function numberLiteral(value: number): string {
  const text = String(Math.abs(value));
  const digits = text.includes("e") ? Math.abs(value).toFixed(Math.abs(value) < 1 ? 20 : 0) : text;
  const plain = digits.includes("e") ? BigInt(Math.abs(value)).toString() : digits;
  return value < 0 ? `-${plain}` : plain;
}

const unit = fc.constantFrom(
  '"day"',
  '"days"',
  '"month"',
  '"M"',
  '"hours"',
  '"week"',
  '"quarter"',
  '"year"',
  '"ms"',
  '"fortnight"',
  "{fldName}",
);
/** Arguments that have to be something particular to be of interest, by function and position. */
const particular: Readonly<Record<string, Readonly<Record<number, fc.Arbitrary<string>>>>> = {
  DATEADD: { 2: unit },
  DATETIME_DIFF: { 2: unit },
  IS_SAME: { 2: unit },
  WEEKDAY: { 1: fc.constantFrom('"Monday"', '"sunday"', '"Tuesday"') },
  WEEKNUM: { 1: fc.constantFrom('"Monday"', '"sunday"', "{fldName}") },
  REGEX_MATCH: { 1: patterns() },
  REGEX_EXTRACT: { 1: patterns() },
  REGEX_REPLACE: {
    1: patterns(),
    2: fc.constantFrom('"<$1>"', '"$$"', '"-"', '"$2 $1"', "{fldName}"),
  },
  DATETIME_FORMAT: {
    1: fc.constantFrom(
      '"YYYY-MM-DD"',
      '"dddd, MMMM Do h:mm A"',
      '"[Q]Q w W gggg GGGG"',
      '"DDDo E e x"',
      '"LLLL SSS Z"',
      "{fldName}",
    ),
  },
  SET_TIMEZONE: {
    1: fc.constantFrom(
      '"America/New_York"',
      '"Asia/Kolkata"',
      '"Australia/Lord_Howe"',
      '"Nowhere"',
    ),
  },
  SET_LOCALE: { 1: fc.constantFrom('"fr"', '"de"', '"es"', '"xx"') },
  DATETIME_PARSE: {
    0: fc.constantFrom(
      '"07/04/2023"',
      '"4 Mar 2017 23:00"',
      '"20240506"',
      '"March 5, 2024 9:07 pm"',
      '"2024-03-05T09:07:03+0100"',
      "{fldName}",
      "{fldWhen}",
    ),
    1: fc.constantFrom('"DD/MM/YYYY"', '"D MMM YYYY HH:mm"', '"YYYYMMDD"', '"YYYY-MM-DD HH:mm:ss"'),
    2: fc.constantFrom('"en"', '"fr"'),
  },
};

function patterns(): fc.Arbitrary<string> {
  return fc.constantFrom(
    '"a"',
    '"\\d+"',
    '"(\\w)(.)?"',
    '"^.$"',
    '"(?i)A|b"',
    '"x*"',
    '"("',
    '"[^a-z]"',
    '"\\pL+"',
    "{fldName}",
  );
}

/** Libraries differ in the last digits of these, which must not become a text. */
function steady(name: string, called: string): string {
  return ["EXP", "LOG", "POWER"].includes(name)
    ? `IF(ABS(${called}) < 1000000, ROUND(${called}, 3), ${called} > 0)`
    : called;
}

function formulas(): fc.Arbitrary<string> {
  const { expression } = fc.letrec<{ expression: string; call: string; operators: string }>(
    (tie) => ({
      expression: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        { weight: 4, arbitrary: tie("call") },
        { weight: 2, arbitrary: tie("operators") },
      ),
      call: fc.oneof(
        ...allFunctions
          .filter(({ name }) => name !== "LAST_MODIFIED_TIME")
          .map(({ name, arity: [least, most] }) =>
            fc
              .integer({ min: least, max: Math.min(most, least + 3) })
              .chain((count) =>
                fc.tuple(
                  ...Array.from(
                    { length: count },
                    (_, index) => particular[name]?.[index] ?? tie("expression"),
                  ),
                ),
              )
              .map((given) => steady(name, `${name}(${given.join(", ")})`)),
          ),
      ),
      operators: fc
        .tuple(
          tie("expression"),
          fc.array(
            fc.tuple(
              fc.constantFrom("+", "-", "*", "/", "&", "=", "!=", "<", "<=", ">", ">="),
              tie("expression"),
            ),
            { minLength: 1, maxLength: 2 },
          ),
        )
        .map(
          ([first, rest]) =>
            `(${first}${rest.map(([operator, operand]) => ` ${operator} ${operand}`).join("")})`,
        ),
    }),
  );
  return expression;
}

/** Formula texts over the fields above, of every function. */
export const generatedFormula: fc.Arbitrary<string> = formulas();
