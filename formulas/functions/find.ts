import sql, { type Sql } from "sql-template-tag";
import { constantNumber, constantText } from "../types/convert.ts";
import { countKind } from "../types/kinds.ts";
import { positionOf } from "../values/texts.ts";
import { plain, type FormulaFunction } from "./definition.ts";
import { example } from "./example.ts";
import { isAscii } from "./units.sql.ts";

const text = { as: "text" } as const;
const ASCII = /^[\0-\x7f]*$/;

/**
 * Looking for a text that is known from the beginning on is what most filters do; in texts of ASCII it needs no function of the library.
 * `quick` gets what is looked for and where, and the call that serves all other texts.
 */
function quickWhenKnown(
  slow: FormulaFunction,
  quick: (given: readonly [needle: string, hay: Sql], otherwise: Sql) => Sql,
): FormulaFunction {
  return {
    ...slow,
    type: (given, place) => {
      const typed = slow.type(given, place);
      if (typed.op !== "call") {
        return typed;
      }
      const needle = constantText(typed.arguments[0]);
      const start = constantNumber(typed.arguments[2]);
      if (needle === null || needle === "" || start === null || !(start < 2)) {
        return typed;
      }
      const { operation } = typed;
      return {
        ...typed,
        operation: {
          ...operation,
          repeats: true,
          sql: (values, context) => {
            const [, hay = sql`null`] = values;
            return quick([needle, hay], operation.sql(values, context));
          },
        },
      };
    },
  };
}

/** FIND and SEARCH. */
export const findFunctions: readonly FormulaFunction[] = [
  quickWhenKnown(
    plain({
      name: "FIND",
      family: "text",
      usage: "FIND(needle, text, [start])",
      takes: [text, text, { as: "number", otherwise: 0 }],
      gives: countKind,
      evaluate: ([needle, hay, start]) =>
        positionOf(needle as string, hay as string, start as number),
      examples: [
        example('FIND("an", "banana")', 2, "a"),
        example('FIND("an", "banana", 3)', 4, "a"),
        example('FIND("AN", "banana")', 0, "a"),
        example('FIND("z", {Name})', 0, "b"),
        example('FIND("", "banana")', 1, "c"),
        example('FIND("Ann", ARRAYJOIN({People}))', 5, {
          mark: "a",
          record: { People: ["Bo", "Ann"] },
        }),
        example('FIND("Ann", {People})', 5, { mark: "c", record: { People: ["Bo", "Ann"] } }),
      ],
    }),
    ([needle, hay], otherwise) =>
      sql`case when ${isAscii(hay)} then strpos(${hay} collate "C", ${needle}::text)::float8 else ${otherwise} end`,
  ),
  quickWhenKnown(
    plain({
      name: "SEARCH",
      family: "text",
      usage: "SEARCH(needle, text, [start])",
      takes: [text, text, { as: "number", otherwise: 0 }],
      gives: countKind,
      canBeBlank: true,
      evaluate: ([needle, hay, start]) =>
        positionOf(
          (needle as string).toLowerCase(),
          (hay as string).toLowerCase(),
          start as number,
        ) || null,
      examples: [
        example('SEARCH("AN", "banana")', 2, "a"),
        example('SEARCH("z", "banana")', null, "a"),
        example('IF(SEARCH("pro", {Plan}), "p", "f")', "p", {
          mark: "a",
          record: { Plan: "Pro Max" },
        }),
        example('SEARCH(LOWER("TERM"), LOWER({Name}))', 3, {
          mark: "a",
          record: { Name: "A Term" },
        }),
      ],
    }),
    ([needle, hay], otherwise) =>
      ASCII.test(needle)
        ? sql`case when ${isAscii(hay)}
          then nullif(strpos(lower(${hay} collate "C"), ${needle.toLowerCase()}::text), 0)::float8
          else ${otherwise} end`
        : otherwise,
  ),
];
