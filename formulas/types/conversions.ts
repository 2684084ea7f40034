import sql, { type Sql } from "sql-template-tag";
import { dateIn, isoText } from "../values/dates.ts";
import { ERROR, type Element } from "../values/inner.ts";
import { numberText, textToNumber } from "../values/numbers.ts";
import { textInUtc } from "./instants.sql.ts";
import type { Operation } from "./typed.ts";

const fills = new Map<number | string | boolean, Operation>();

/** Puts a value in the place of blank. */
export function fillOperation(value: number | string | boolean): Operation {
  const known = fills.get(value);
  if (known !== undefined) {
    return known;
  }
  const made: Operation = {
    name: value === false ? FILL_FALSE : "fill",
    fills: value,
    cheap: true,
    takesBlank: true,
    evaluate: ([given = null]) => given ?? value,
    sql: ([given]) => sql`coalesce(${given}, ${literalOf(value)})`,
  };
  fills.set(value, made);
  return made;
}

/** The operation that turns "no answer" into false: a filter, which keeps only what is true, can leave it out. */
export const FILL_FALSE = "fill-false";

function literalOf(value: number | string | boolean): Sql {
  if (typeof value === "boolean") {
    return value ? sql`true` : sql`false`;
  }
  return typeof value === "number" ? sql`0::float8` : sql`''`;
}

/** Names that an operation needs in SQL follow the rule: a function of schema `formula`. */
export const textOperations = {
  number: {
    name: "number-text",
    repeats: true,
    evaluate: ([value]) => numberText(value as number),
    sql: ([value = sql`null`]) => numberTextSql(value),
  },
  boolean: {
    name: "boolean-text",
    evaluate: ([value]) => booleanText(value as boolean),
    sql: ([value]) => sql`(${value})::int::text`,
  },
  date: {
    name: "date-text",
    evaluate: ([value]) => isoText(value as number),
    sql: ([value]) => textInUtc(value, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
  },
} satisfies Record<"number" | "boolean" | "date", Operation>;

/** Numbers of usual size are printed by PostgreSQL as JavaScript does. */
function numberTextSql(value: Sql): Sql {
  return sql`case when abs(${value}) >= 1e-4 and abs(${value}) < 1e15 then (${value})::text when ${value} = 0 then '0' else formula.number_text_wide(${value}) end`;
}

/** The same of a number that is whole and of ordinary size. */
export const wholeNumberText: Operation = {
  name: "number-text",
  evaluate: ([value]) => numberText(value as number),
  sql: ([value]) => sql`(${value})::bigint::text`,
};

/** The text of a ticked or unticked box. Open point 9.2. */
export function booleanText(value: boolean): string {
  return value ? "1" : "0";
}

/** A number as text, 0 as blank. */
export const zeroBlankText: Operation = {
  name: "zero-blank-text",
  repeats: true,
  evaluate: ([value = null]) => (value === 0 ? null : numberText(value as number)),
  sql: ([value = sql`null`]) => sql`nullif(${numberTextSql(value)}, '0')`,
};

/** True and false as 1 and 0. */
export const booleanNumber: Operation = {
  name: "boolean-number",
  cheap: true,
  evaluate: ([value]) => (value === true ? 1 : 0),
  sql: ([value]) => sql`(${value})::int::float8`,
};

/** A text as the number it is; NaN when it is none. */
export const textNumber: Operation = {
  name: "text-number",
  evaluate: ([value]) => textToNumber(value as string),
  sql: ([value]) => sql`formula.text_number(${value})`,
};

/** Dates have no number. Open point 9.5: a date minus a date. */
export const notANumber: Operation = {
  name: "not-a-number",
  evaluate: () => Number.NaN,
  sql: ([value]) => sql`case when ${value} is not null then 'NaN'::float8 end`,
};

/** Anything but 0 is true, and NaN an error. */
export const truthOfSpecial: Operation = {
  name: "truth-of-number",
  evaluate: ([value = null]) => (Number.isNaN(value) ? ERROR : value !== 0),
  sql: ([value]) => sql`(nullif(${value}, 'NaN') <> 0)`,
};

/** Anything but 0 is true. */
export const truthOfNumber: Operation = {
  name: "truth-of-number",
  evaluate: ([value]) => value !== 0,
  sql: ([value]) => sql`(${value} <> 0)`,
};

/** Anything but the empty text is true. */
export const truthOfText: Operation = {
  name: "truth-of-text",
  evaluate: ([value]) => value !== "",
  sql: ([value]) => sql`(${value} <> '')`,
};

/** Every date is true. */
export const truthOfDate: Operation = {
  name: "truth-of-date",
  evaluate: () => true,
  sql: ([value]) => sql`case when ${value} is not null then true end`,
};

/** Anything but an empty array is true. */
export const truthOfArray: Operation = {
  name: "truth-of-array",
  evaluate: ([value]) => (value as readonly Element[]).length > 0,
  sql: ([value]) => sql`(cardinality(${value}) > 0)`,
};

/** A date that must not be blank. */
export const requiredDate: Operation = withNullAsError({
  name: "required-date",
  cheap: true,
  evaluate: ([value = null]) => value,
  sql: ([value = sql`null`]) => value,
});

/** Blank in, error out: in SQL both are NULL, so nothing is to be done there. */
export function withNullAsError(operation: Operation): Operation {
  const { fails: _, ...rest } = operation;
  return {
    ...rest,
    takesBlank: false,
    nullIsError: true,
    evaluate: (given, run) => operation.evaluate(given, run) ?? ERROR,
  };
}

/** The date that a text is; the empty text is blank, any other text that is no date an error. */
export const textDate: Operation = {
  name: "text-date",
  takesBlank: true,
  repeats: true,
  evaluate: ([value = null]) =>
    value === null || value === "" ? null : (dateIn(value as string) ?? ERROR),
  sql: ([value]) => sql`formula.text_date(${value})`,
  fails: ([value]) => sql`(formula.text_date(${value}) is null and coalesce(${value}, '') <> '')`,
};

/** The only date of an array; none is blank, several are an error. */
export const singleDate: Operation = {
  name: "single-date",
  takesBlank: true,
  repeats: true,
  evaluate: ([value]) => {
    const dates = value as readonly Element[];
    return dates.length > 1 ? ERROR : (dates[0] ?? null);
  },
  sql: ([value]) => sql`formula.single_date(${value})`,
  fails: ([value]) => sql`(cardinality(${value}) > 1)`,
};

/** The date that the only text of an array is. */
export const singleTextDate: Operation = {
  name: "single-text-date",
  takesBlank: true,
  repeats: true,
  evaluate: ([value], run) => {
    const texts = value as readonly Element[];
    return texts.length > 1 ? ERROR : textDate.evaluate([texts[0] ?? null], run);
  },
  sql: ([value]) => sql`formula.single_date(${value})`,
  fails: ([value]) =>
    sql`(cardinality(${value}) > 1 or (formula.single_date(${value}) is null and coalesce((${value})[1], '') <> ''))`,
};
