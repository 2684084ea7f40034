import sql, { join, type Sql } from "sql-template-tag";
import { distributed, toNumber } from "../types/convert.ts";
import { canBeSpecial, countKind, numberKind, textKind, type Kind } from "../types/kinds.ts";
import { blank, call, type Operation, type Typed } from "../types/typed.ts";
import type { Element, Inner } from "../values/inner.ts";
import { arithmetic } from "./operators.ts";
import { sqlCall, widest, type FormulaFunction } from "./definition.ts";
import { date, example } from "./example.ts";

/** How an argument of a function over many values takes part. */
type Part = "one" | "many" | "ignored";

/** A function over the numbers among its arguments: blanks, texts and dates do not take part. */
function overNumbers(
  name: string,
  evaluate: (values: readonly number[]) => number,
  examples: FormulaFunction["examples"],
): FormulaFunction {
  return {
    name,
    family: "number",
    usage: `${name}(number, …)`,
    arity: [1, Infinity],
    examples,
    type: (given) => numbersCall({ name, evaluate }, given),
  };
}

function numbersCall(
  { name, evaluate }: { name: string; evaluate: (values: readonly number[]) => number },
  given: readonly Typed[],
): Typed {
  const taken = given.map(asNumbers).filter((one) => part(one) !== "ignored" || one.canFail);
  const singles = taken.every((one) => part(one) === "one") && taken.length > 0;
  const direct = singles ? overSingles(name, taken) : null;
  if (direct !== null) {
    return direct;
  }
  const operation: Operation = {
    name,
    takesBlank: true,
    evaluate: (values) => evaluate(gathered(taken, values) as number[]) + 0,
    sql: (values) => sqlCall(name.toLowerCase())([gatheredSql(taken, values, "number")]),
  };
  return call(operation, taken, { kind: widest(taken) });
}

/** Single values need no array: they are added as by `+`, and the least and greatest are PostgreSQL's own. */
function overSingles(name: string, values: readonly Typed[]): Typed | null {
  const [first = blank(), ...others] = values;
  const sum = arithmetic(
    first,
    others.map((operand) => ({ operator: "+", operand })),
  );
  switch (name) {
    case "SUM":
      return sum;
    case "AVERAGE":
      return arithmetic(sum, [
        { operator: "/", operand: call(presentNumbers, values, { kind: countKind }) },
      ]);
    case "MAX":
      return call(greatest, values, { kind: widest(values) });
    default:
      // PostgreSQL holds NaN above every number, so its least would pass over it.
      return values.some(({ kind }) => canBeSpecial(kind))
        ? null
        : call(lowest, values, { kind: widest(values) });
  }
}

const presentNumbers: Operation = {
  name: "present",
  takesBlank: true,
  evaluate: (values) => values.filter((value) => value !== null).length,
  sql: (values) => sql`num_nonnulls(${join(values)})::float8`,
};

const greatest: Operation = {
  name: "MAX",
  takesBlank: true,
  evaluate: (values) => extremeOf(values, Math.max),
  sql: (values) => sql`coalesce(greatest(${join(values)}), 0::float8)`,
};

const lowest: Operation = {
  name: "MIN",
  takesBlank: true,
  evaluate: (values) => extremeOf(values, Math.min),
  sql: (values) => sql`coalesce(least(${join(values)}), 0::float8)`,
};

function extremeOf(
  values: readonly Inner[],
  better: (one: number, other: number) => number,
): number {
  const present = values.filter((value) => value !== null) as readonly number[];
  return present.length === 0 ? 0 : present.reduce((one, other) => better(one, other)) + 0;
}

/** Branches of several kinds count when their branch is a number; truth values are numbers. */
function asNumbers(node: Typed): Typed {
  if (node.kind.type === "mixed") {
    return distributed(node, numberKind(8), numbersOnly);
  }
  return node.kind.type === "boolean" ? toNumber(node) : node;
}

function numbersOnly(branch: Typed): Typed {
  switch (branch.kind.type) {
    case "mixed":
    case "boolean":
    case "number":
      return asNumbers(branch);
    default:
      return branch.canFail
        ? call(noNumber, [branch], { kind: numberKind(0), canBeBlank: true })
        : blank(numberKind(0));
  }
}

const noNumber: Operation = {
  name: "no-number",
  takesBlank: true,
  evaluate: () => null,
  sql: () => sql`null::float8`,
};

function part({ kind }: Typed, of: "number" | "date" = "number"): Part {
  if (kind.type === of) {
    return "one";
  }
  return kind.type === "array" && kind.of.type === of ? "many" : "ignored";
}

/** The values that take part, without blanks, in the order of the arguments. */
function gathered(
  nodes: readonly Typed[],
  values: readonly Inner[],
  of: "number" | "date" = "number",
): readonly Element[] {
  return nodes.flatMap((node, index) => {
    const value = values[index] ?? null;
    switch (part(node, of)) {
      case "one":
        return value === null ? [] : [value as Element];
      case "many":
        return ((value ?? []) as readonly Element[]).filter((element) => element !== null);
      case "ignored":
        return [];
    }
  });
}

/** The same as one SQL array; neighbouring single values share one constructor. */
function gatheredSql(nodes: readonly Typed[], values: readonly Sql[], of: "number" | "date"): Sql {
  const type = of === "number" ? sql`float8` : sql`timestamptz`;
  const arrays: Sql[] = [];
  let singles: Sql[] = [];
  const close = () => {
    if (singles.length > 0) {
      arrays.push(sql`array[${join(singles)}]::${type}[]`);
    }
    singles = [];
  };
  for (const [index, node] of nodes.entries()) {
    const value = values[index];
    const how = part(node, of);
    if (value !== undefined && how === "one") {
      singles.push(value);
    } else if (value !== undefined && how === "many") {
      close();
      arrays.push(node.canBeBlank ? sql`coalesce(${value}, '{}')` : value);
    }
  }
  close();
  return arrays.length === 0 ? sql`'{}'::${type}[]` : sql`(${join(arrays, " || ")})`;
}

/** The least or the greatest: of dates when there is nothing but dates, otherwise of numbers. */
function extreme(name: "MIN" | "MAX", examples: FormulaFunction["examples"]): FormulaFunction {
  const better = name === "MIN" ? Math.min : Math.max;
  const best = (values: readonly number[]) =>
    values.reduce((one, other) => better(one, other), name === "MIN" ? Infinity : -Infinity);
  return {
    name,
    family: "number",
    usage: `${name}(number, …)`,
    arity: [1, Infinity],
    examples,
    type: (given) => {
      const valued = given.filter(({ kind }) => kind.type !== "blank");
      if (valued.length === 0 || !valued.every((node) => part(node, "date") !== "ignored")) {
        return numbersCall(
          { name, evaluate: (values) => (values.length === 0 ? 0 : best(values)) },
          given,
        );
      }
      const operation: Operation = {
        name,
        takesBlank: true,
        evaluate: (values) => {
          const dates = gathered(valued, values, "date") as number[];
          return dates.length === 0 ? null : best(dates);
        },
        sql: (values) => sqlCall(name.toLowerCase())([gatheredSql(valued, values, "date")]),
      };
      return call(operation, valued, { kind: datesOf(valued), canBeBlank: true });
    },
  };
}

function datesOf(nodes: readonly Typed[]): Kind {
  const dateOnly = nodes.every(({ kind }) =>
    kind.type === "array"
      ? kind.of.type === "date" && kind.of.dateOnly
      : kind.type === "date" && kind.dateOnly,
  );
  return { type: "date", dateOnly };
}

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

export const aggregateFunctions: readonly FormulaFunction[] = [
  overNumbers("SUM", (values) => values.reduce((sum, value) => sum + value, 0), [
    example("SUM(8, 1.5)", 9.5, "a"),
    example("SUM(values)", 7, { mark: "a", record: { values: [3, null, 4] } }),
    example("SUM(values)", 0, { mark: "b", record: { values: [] } }),
    example('SUM(2, "text")', 2, "b"),
    example("SUM({Lookup of numbers})", 4, {
      mark: "b",
      record: { "Lookup of numbers": [1.5, 2.5] },
    }),
    example('SUM(IF({A}, 5, ""), 1)', 6, { mark: "c", record: { A: 1 } }),
  ]),
  overNumbers(
    "AVERAGE",
    (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
    [
      example("AVERAGE(2, 4, 9)", 5, "a"),
      example("AVERAGE(10, BLANK())", 10, "b"),
      example("AVERAGE(values)", Number.NaN, { mark: "a", record: { values: [] } }),
    ],
  ),
  extreme("MAX", [
    example("MAX(4, 19, -2)", 19, "a"),
    example("MAX(5, BLANK())", 5, "b"),
    example('MAX("a")', 0, "b"),
    example("MAX(values)", date("2024-03-07"), {
      mark: "a",
      record: { values: [date("2024-03-05"), date("2024-03-07"), date("2024-01-01")] },
    }),
  ]),
  extreme("MIN", [
    example("MIN(4, 19, -2)", -2, "a"),
    example("MIN(5, BLANK())", 5, "c"),
    example("MIN({D}, {DT})", date("2024-03-05"), "c"),
  ]),
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
