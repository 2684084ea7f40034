import sql, { join, type Sql } from "sql-template-tag";
import { textOrBlank, toArray, toNumber, toText } from "../types/convert.ts";
import {
  arrayKind,
  commonElement,
  numberKind,
  textKind,
  type ArrayKind,
  type ElementKind,
} from "../types/kinds.ts";
import { elementTexts, joinOperation } from "../types/array-operations.ts";
import { blank, call, type Operation, type Typed } from "../types/typed.ts";
import type { Element } from "../values/inner.ts";
import { sqlCall, type FormulaFunction } from "./definition.ts";
import { example, type Example } from "./example.ts";

type Elements = readonly Element[];

/** A function that makes one array of one other. */
function ofArray(
  name: string,
  evaluate: (values: Elements) => Elements,
  examples: readonly Example[],
): FormulaFunction {
  const operation: Operation = {
    name,
    evaluate: ([values]) => evaluate(values as Elements),
    sql: sqlCall(name.toLowerCase()),
  };
  return {
    name,
    family: "array",
    usage: `${name}(values)`,
    arity: [1, 1],
    type: ([values = blank()]) => {
      const given = toArray(values);
      return call(operation, [given], { kind: given.kind });
    },
    examples,
  };
}

export const arrayFunctions: readonly FormulaFunction[] = [
  ofArray("ARRAYCOMPACT", (values) => values.filter((value) => value !== null && value !== ""), [
    example("ARRAYCOMPACT(values)", [1, 2, 0], {
      mark: "a",
      record: { values: [1, 2, null, false] },
    }),
    example("ARRAYCOMPACT(values)", ["a", " "], {
      mark: "a",
      record: { values: ["a", "", null, " "] },
    }),
    example("ARRAYCOMPACT(values)", [], { mark: "b", record: { values: ["", null] } }),
  ]),
  {
    name: "ARRAYFLATTEN",
    family: "array",
    usage: "ARRAYFLATTEN(values, …)",
    arity: [1, Infinity],
    type: (given) => flattened(given),
    examples: [
      example("ARRAYFLATTEN(values)", [1, 2, 3, 0], {
        mark: "a",
        record: { values: [[1, 2, 3], [false]] },
      }),
      example("ARRAYFLATTEN({Multi}, {Link})", "x, y, z", {
        mark: "b",
        record: { Multi: ["x"], Link: ["y", "z"] },
      }),
      example("ARRAYFLATTEN(values)", ["a", ""], {
        mark: "c",
        record: { values: ["a", "", null] },
      }),
    ],
  },
  {
    name: "ARRAYJOIN",
    family: "array",
    usage: "ARRAYJOIN(values, [separator])",
    arity: [1, 2],
    type: ([values = blank(), separator]) => joined(values, separator),
    examples: [
      example('ARRAYJOIN(values, "; ")', "1; 2; 3", { mark: "a", record: { values: [1, 2, 3] } }),
      example("ARRAYJOIN(values)", "1, 2, 3", { mark: "a", record: { values: [1, 2, 3] } }),
      example("ARRAYJOIN({N})", "0", { mark: "b", record: { N: 0 } }),
      example("ARRAYJOIN({N})", "", { mark: "b", record: {} }),
      example('ARRAYJOIN(values, "\\n")', "a\nb", { mark: "b", record: { values: ["a", "b"] } }),
    ],
  },
  ofArray("ARRAYUNIQUE", (values) => [...new Set(values.filter((value) => value !== null))], [
    example("ARRAYUNIQUE(values)", [1, 2, 3], {
      mark: "a",
      record: { values: [1, 2, 3, 3, 2, 1] },
    }),
    example("ARRAYUNIQUE(values)", ["a", "A"], {
      mark: "c",
      record: { values: ["a", "A", null, "a"] },
    }),
  ]),
  {
    name: "ARRAYSLICE",
    family: "array",
    usage: "ARRAYSLICE(values, start, [end])",
    arity: [2, 3],
    type: ([values = blank(), start = blank(), end]) => {
      const given = toArray(values);
      const limits = [toNumber(start), end === undefined ? blank(numberKind(0)) : toNumber(end)];
      return call(slicing, [given, ...limits], { kind: given.kind });
    },
    examples: [
      example("ARRAYSLICE(values, 2, 3)", [2, 3], { mark: "a", record: { values: [1, 2, 3, 4] } }),
      example("ARRAYSLICE(values, 3)", [3, 4], { mark: "a", record: { values: [1, 2, 3, 4] } }),
      example("ARRAYSLICE(values, -2)", [3, 4], { mark: "b", record: { values: [1, 2, 3, 4] } }),
      example("ARRAYSLICE(values, 9)", [], { mark: "c", record: { values: [1, 2, 3, 4] } }),
    ],
  },
];

/** Several arrays as one, of the kind that they have in common or of texts. */
function flattened(given: readonly Typed[]): Typed {
  const arrays = given.map(toArray);
  const of = arrays
    .map(({ kind }) => kind.of as ElementKind | null)
    .reduce((one, other) => (one === null || other === null ? null : commonElement(one, other)));
  const same = of === null ? arrays.map(asTexts) : arrays;
  const sources = new Set(arrays.map(({ kind }) => kind.source));
  const [only = "plain"] = sources;
  return call(flattening, same, {
    kind: arrayKind(of ?? textKind, sources.size === 1 ? only : "plain"),
  });
}

const flattening: Operation = {
  name: "ARRAYFLATTEN",
  // In SQL an array joined with NULL is the array: errors must not reach the operator.
  takesBlank: true,
  evaluate: (given) => (given as readonly Elements[]).flat().filter((value) => value !== null),
  sql: (given) => sql`formula.arrayflatten(${join(given, " || ")})`,
};

function asTexts(node: Typed & { readonly kind: ArrayKind }): Typed {
  const texts = elementTexts({ ...node.kind, source: "plain" });
  const operation: Operation = {
    name: "element-texts",
    evaluate: ([values]) => texts.of(values as Elements),
    sql: ([values = sql`null`]) => texts.sql(values),
  };
  return call(operation, [node], { kind: arrayKind(textKind, node.kind.source) });
}

/** Joins what the elements are, without the quotes that a list of links has as text. */
function joined(values: Typed, separator: Typed | undefined): Typed {
  const { kind } = values;
  if (kind.type !== "array") {
    const text = toText(textOrBlank(values));
    const unused = separator === undefined ? null : toText(separator);
    return unused?.canFail === true ? call(firstOf, [text, unused], { kind: textKind }) : text;
  }
  const given = toArray(values);
  if (separator === undefined) {
    return call(joinOperation({ ...kind, source: "plain" }), [given], { kind: textKind });
  }
  const texts = elementTexts({ ...kind, source: "plain" });
  const operation: Operation = {
    name: "ARRAYJOIN",
    evaluate: ([elements, between]) =>
      texts
        .of(elements as Elements)
        .map((one) => one ?? "")
        .join(between as string),
    sql: ([elements = sql`null`, between]) =>
      sql`array_to_string(${texts.sql(elements)}, ${between}, '')`,
  };
  return call(operation, [given, toText(separator)], { kind: textKind });
}

const firstOf: Operation = {
  name: "first",
  evaluate: ([first = null]) => first,
  sql: ([first, second]) => sql`case when ${second} is not null then ${first} end`,
};

const slicing: Operation = {
  name: "ARRAYSLICE",
  takesBlank: true,
  evaluate: ([values, start, end = null]) =>
    sliced(values as Elements, start as number, end as number | null),
  sql: (given: readonly Sql[]) => sqlCall("arrayslice")(given),
};

/** From the first position to the last, both from 1 and both included; negative ones count from the end. */
function sliced(values: Elements, start: number, end: number | null): Elements {
  const place = (position: number) => {
    const whole = Math.trunc(position);
    return whole < 0 ? values.length + whole + 1 : whole;
  };
  const from = Math.max(1, place(start));
  const to = end === null ? values.length : place(end);
  return Number.isNaN(from) || Number.isNaN(to) ? [] : values.slice(from - 1, Math.max(0, to));
}
