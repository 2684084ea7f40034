import sql, { join, type Sql } from "sql-template-tag";
import { canBeSpecial, countKind, type Kind, type NumberKind } from "../types/kinds.ts";
import { blank, call, type Operation, type Typed } from "../types/typed.ts";
import type { Element, Inner } from "../values/inner.ts";
import { arithmetic } from "./operators.ts";
import { sqlCall, widest, type FormulaFunction } from "./definition.ts";
import { date, example } from "./example.ts";
import { countingFunctions } from "./counting.ts";
import { asNumbers } from "./numbers-among.ts";

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
  if (singles) {
    return overSingles(name, taken);
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
function overSingles(name: string, values: readonly Typed[]): Typed {
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
      return call(greatest, values, { kind: widestFinite(values) });
    default:
      return call(lowestOf(values), values, { kind: widestFinite(values) });
  }
}

const presentNumbers: Operation = {
  name: "present",
  cheap: true,
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

/** PostgreSQL holds NaN above every number, so its least would pass over it. */
function lowestOf(nodes: readonly Typed[]): Operation {
  const special = nodes.flatMap(({ kind }, index) => (canBeSpecial(kind) ? [index] : []));
  const lowest = (values: readonly Sql[]) => sql`coalesce(least(${join(values)}), 0::float8)`;
  return {
    name: "MIN",
    takesBlank: true,
    repeats: special.length > 0,
    evaluate: (values) => extremeOf(values, Math.min),
    sql: (values) => {
      const tests = special.map((index) => sql`${values[index]} = 'NaN'`);
      return tests.length === 0
        ? lowest(values)
        : sql`case when ${join(tests, " or ")} then 'NaN'::float8 else ${lowest(values)} end`;
    },
  };
}

/** The result is one of the values, or zero. */
function widestFinite(nodes: readonly Typed[]): NumberKind {
  return { ...widest(nodes), special: nodes.some(({ kind }) => canBeSpecial(kind)) };
}

function extremeOf(
  values: readonly Inner[],
  better: (one: number, other: number) => number,
): number {
  const present = values.filter((value) => value !== null) as readonly number[];
  return present.length === 0 ? 0 : present.reduce((one, other) => better(one, other)) + 0;
}

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

/** SUM and its like, MIN and MAX, and what counts. */
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
  ...countingFunctions,
];
