import sql, { join, type Sql } from "sql-template-tag";
import { distributed } from "../types/convert.ts";
import { countKind, textKind } from "../types/kinds.ts";
import { blank, call, type Operation, type Typed } from "../types/typed.ts";
import type { Element, Inner } from "../values/inner.ts";
import type { FormulaFunction } from "./definition.ts";
import { example } from "./example.ts";
import { asNumbers } from "./numbers-among.ts";

interface Counting {
  /** What a single value counts as. */
  readonly one: (node: Typed, value: Inner) => number;
  readonly oneSql: (node: Typed, value: Sql) => Sql;
  readonly many: (node: Typed, values: readonly Element[]) => number;
  readonly manySql: (node: Typed, values: Sql) => Sql;
}

function counting(
  name: string,
  rule: Counting,
  examples: FormulaFunction["examples"],
): FormulaFunction {
  return {
    name,
    family: "number",
    usage: `${name}(value, …)`,
    arity: [1, Infinity],
    examples,
    type: (given) => {
      const taken = given.map((node) => settledMixed(node, name));
      const isMany = ({ kind }: Typed) => kind.type === "array";
      const operation: Operation = {
        name,
        takesBlank: true,
        repeats: true,
        evaluate: (values) =>
          taken
            .map((node, index) =>
              isMany(node)
                ? rule.many(node, (values[index] ?? []) as readonly Element[])
                : rule.one(node, values[index] ?? null),
            )
            .reduce((sum, count) => sum + count, 0),
        sql: (values) =>
          sql`(${join(
            values.map((value, index) => {
              const node = taken[index] ?? blank();
              return isMany(node) ? rule.manySql(node, value) : rule.oneSql(node, value);
            }),
            " + ",
          )})::float8`,
      };
      return call(operation, taken, { kind: countKind });
    },
  };
}

/** To COUNT, a branch that is no number is none; to the others, what a branch holds matters and not its kind. */
function settledMixed(node: Typed, name: string): Typed {
  if (node.kind.type !== "mixed") {
    return node;
  }
  return name === "COUNT" ? asNumbers(node) : distributed(node, textKind, presence);
}

/** A text that is blank or empty exactly where the branch is. */
function presence(branch: Typed): Typed {
  if (branch.kind.type === "mixed") {
    return distributed(branch, textKind, presence);
  }
  return branch.kind.type === "text" || branch.kind.type === "blank"
    ? { ...branch, kind: textKind }
    : call(presenceText, [branch], { kind: textKind });
}

const presenceText: Operation = {
  name: "presence",
  evaluate: () => "1",
  sql: ([value]) => sql`case when ${value} is not null then '1' end`,
};

function isCounted({ kind }: Typed): boolean {
  return kind.type === "array" && (kind.source === "links" || kind.source === "files");
}

const isNumber = ({ kind }: Typed): boolean => kind.type === "number" || kind.type === "boolean";
const holdsNumbers = ({ kind }: Typed): boolean =>
  kind.type === "array" && kind.of.type === "number";

/** COUNT, COUNTA and COUNTALL. */
export const countingFunctions: readonly FormulaFunction[] = [
  counting(
    "COUNT",
    {
      one: (node, value) => (isNumber(node) && value !== null ? 1 : 0),
      oneSql: (node, value) => (isNumber(node) ? sql`(${value} is not null)::int` : sql`0`),
      many: (node, values) => {
        if (isCounted(node)) {
          return values.length;
        }
        return holdsNumbers(node) ? values.filter((value) => value !== null).length : 0;
      },
      manySql: (node, values) => {
        if (isCounted(node)) {
          return sql`coalesce(cardinality(${values}), 0)`;
        }
        return holdsNumbers(node) ? sql`coalesce(formula.count_numbers(${values}), 0)` : sql`0`;
      },
    },
    [
      example('COUNT(4, "x", "", 8)', 2, "a"),
      example("COUNT({Attachments})", 2, {
        mark: "c",
        record: { Attachments: ["a.png (https://x.test/a)", "b.png (https://x.test/b)"] },
      }),
      example("COUNT({D})", 0, "c"),
    ],
  ),
  counting(
    "COUNTA",
    {
      one: (_, value) => (value === null || value === "" ? 0 : 1),
      oneSql: ({ kind }, value) =>
        kind.type === "text" || kind.type === "blank"
          ? sql`(coalesce(${value}, '') <> '')::int`
          : sql`(${value} is not null)::int`,
      many: (_, values) => values.filter((value) => value !== null && value !== "").length,
      manySql: (_, values) => sql`coalesce(formula.count_filled(${values}), 0)`,
    },
    [example('COUNTA(4, "x", "", 8)', 3, "a"), example("COUNTA({D}, {No Date})", 1, "c")],
  ),
  counting(
    "COUNTALL",
    {
      one: () => 1,
      oneSql: () => sql`1`,
      many: (_, values) => values.length,
      manySql: (_, values) => sql`coalesce(cardinality(${values}), 0)`,
    },
    [
      example('COUNTALL(4, "x", "", 8)', 4, "a"),
      example("COUNTALL(values)", 3, { mark: "b", record: { values: ["a", null, "c"] } }),
    ],
  ),
];
