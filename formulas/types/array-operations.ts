import sql, { type Sql } from "sql-template-tag";
import { isoText } from "../values/dates.ts";
import type { Element } from "../values/inner.ts";
import { numberText, textToNumber } from "../values/numbers.ts";
import { quotedInList } from "../values/texts.ts";
import type { ArrayKind, ElementKind } from "./kinds.ts";
import type { Operation } from "./typed.ts";

/** The SQL type of an array of a kind. */
export function arrayType(of: ElementKind): Sql {
  switch (of.type) {
    case "number":
      return sql`float8[]`;
    case "text":
      return sql`text[]`;
    case "date":
      return sql`timestamptz[]`;
  }
}

/** Blank as an empty array. */
export function emptyArray(of: ElementKind): Operation {
  return {
    name: "fill-array",
    takesBlank: true,
    evaluate: ([value = null]) => value ?? [],
    sql: ([value]) => sql`coalesce(${value}, '{}'::${arrayType(of)})`,
  };
}

/** A value as an array of one, blank as an empty one. */
export function arrayOfOne(of: ElementKind): Operation {
  return {
    name: "array-of-one",
    takesBlank: true,
    repeats: true,
    evaluate: ([value = null]) => (value === null ? [] : [value as Element]),
    sql: ([value]) =>
      sql`case when ${value} is null then '{}' else array[${value}] end::${arrayType(of)}`,
  };
}

/** The elements of an array as texts, as an expression and as a function. */
export function elementTexts(kind: ArrayKind): {
  readonly of: (elements: readonly Element[]) => readonly (string | null)[];
  readonly sql: (array: Sql) => Sql;
} {
  const { of, source } = kind;
  if (of.type === "number") {
    return {
      of: (elements) => elements.map((one) => (one === null ? null : numberText(one as number))),
      sql: (array) => sql`formula.number_texts(${array})`,
    };
  }
  if (of.type === "date") {
    return {
      of: (elements) => elements.map((one) => (one === null ? null : isoText(one as number))),
      sql: (array) => sql`formula.date_texts(${array})`,
    };
  }
  return source === "links"
    ? {
        of: (elements) => elements.map((one) => (one === null ? null : quotedInList(String(one)))),
        sql: (array) => sql`formula.quoted_texts(${array})`,
      }
    : { of: (elements) => elements as readonly (string | null)[], sql: (array) => array };
}

/** Joins an array; blank elements count as empty texts. */
export function joinOperation(kind: ArrayKind, separator = ", "): Operation {
  const texts = elementTexts(kind);
  return {
    name: "join",
    evaluate: ([value]) =>
      texts
        .of(value as readonly Element[])
        .map((one) => one ?? "")
        .join(separator),
    sql: ([value]) => sql`array_to_string(${texts.sql(value ?? sql`null`)}, ${separator}, '')`,
  };
}

/** The number that an array is: its only element, 0 without elements, NaN with several. */
export function singleNumber({ of }: ArrayKind): Operation {
  return {
    name: "single-number",
    evaluate: ([value]) => {
      const elements = value as readonly Element[];
      const [first = null] = elements;
      return elements.length > 1 || (of.type === "date" && first !== null)
        ? Number.NaN
        : numberOfElement(first);
    },
    sql: ([value]) => sql`formula.single_number(${value})`,
  };
}

function numberOfElement(element: Element): number {
  return typeof element === "string" ? textToNumber(element) : (element ?? 0);
}
