import sql, { join, type Sql } from "sql-template-tag";
import { comparison } from "../types/compare.ts";
import { distributed, textOrBlank, toBoolean, toNumber, toText } from "../types/convert.ts";
import {
  blankKind,
  booleanKind,
  commonKind,
  textKind,
  type ArrayKind,
  type Kind,
} from "../types/kinds.ts";
import {
  blank,
  call,
  choice,
  constant,
  errorTest,
  switched,
  type Operation,
  type Typed,
} from "../types/typed.ts";
import { ERROR, type Element, type Inner } from "../values/inner.ts";
import { sqlCall, type FormulaFunction } from "./definition.ts";
import { example, failure } from "./example.ts";

/** Names of the operations that a backend may treat as PostgreSQL's own `and` and `or`. */
export const AND = "AND";
export const OR = "OR";

type Gathering = "all_true" | "any_true" | "odd_true";

/** An array as one truth value, by the rule of the function it is given to; a NaN in it is an error. */
function gatheredTruth(node: Typed, rule: Gathering): Typed {
  const kind = node.kind as ArrayKind;
  const operation: Operation = {
    name: rule,
    takesBlank: true,
    evaluate: ([values]) => truthOfAll((values ?? []) as readonly Element[], rule),
    sql: ([values = sql`null`]) =>
      sqlCall(rule)([node.canBeBlank ? sql`coalesce(${values}, '{}')` : values]),
  };
  return call(operation, [node], { kind: booleanKind, canFail: kind.of.type === "number" });
}

function truthOfAll(values: readonly Element[], rule: Gathering): Inner {
  if (values.some((value) => Number.isNaN(value))) {
    return ERROR;
  }
  const held = values.filter((value) => value !== null && value !== 0 && value !== "").length;
  switch (rule) {
    case "all_true":
      return held === values.length;
    case "any_true":
      return held > 0;
    case "odd_true":
      return held % 2 === 1;
  }
}

/** A function over truth values; all of them are computed, and an error in any is the result. Open point 9.7. */
function overTruths(
  name: string,
  rule: {
    readonly array: Gathering;
    readonly evaluate: (values: readonly Inner[]) => boolean;
    readonly sql: (given: readonly Sql[]) => Sql;
  },
  examples: FormulaFunction["examples"],
): FormulaFunction {
  const operation: Operation = {
    name,
    // NULL and FALSE is FALSE in SQL, so errors are told apart before the operator sees them.
    takesBlank: true,
    evaluate: rule.evaluate,
    sql: rule.sql,
  };
  return {
    name,
    family: "logic",
    usage: `${name}(condition, …)`,
    arity: [1, Infinity],
    examples,
    type: (given) =>
      call(
        operation,
        given.map((node) =>
          node.kind.type === "array" ? gatheredTruth(node, rule.array) : toBoolean(node),
        ),
        { kind: booleanKind },
      ),
  };
}

const negation: Operation = {
  name: "NOT",
  evaluate: ([value]) => value !== true,
  sql: ([value]) => sql`(not ${value})`,
};

/** The cases and the default of a SWITCH: the argument that is left over, if any, is the default. */
function switchOf(given: readonly Typed[], slot: number): Typed {
  const [value = blank(), ...rest] = given;
  const subject = subjectOf(value);
  // A constant can stand for itself, and its comparisons are decided here and now.
  const stand: Typed = subject.op === "constant" ? subject : { ...subject, op: "subject", slot };
  const pairs = Math.floor(rest.length / 2);
  const cases = Array.from({ length: pairs }, (_, index) => ({
    pattern: rest[index * 2] ?? blank(),
    result: rest[index * 2 + 1] ?? blank(),
  }));
  const otherwise = rest[pairs * 2] ?? blank();
  const kind = [...cases.map(({ result }) => result), otherwise].reduce<Kind>(
    (common, result) => commonKind(common, result.kind),
    blankKind,
  );
  return switched(kind, {
    slot,
    subject,
    cases: cases.map(({ pattern, result }) => ({
      test: comparison("=", stand, pattern),
      result: fitted(result, kind),
    })),
    otherwise: fitted(otherwise, kind),
  });
}

/** What is compared with the patterns: of one kind, whatever they are. */
function subjectOf(value: Typed): Typed {
  if (value.kind.type === "mixed") {
    return toText(value);
  }
  return value.kind.type === "blank" && value.op !== "constant" ? textOrBlank(value) : value;
}

/** A branch of the kind that all branches have in common. */
function fitted(branch: Typed, kind: Kind): Typed {
  return kind.type === "number" && branch.kind.type === "boolean" ? toNumber(branch) : branch;
}

/** A choice between two branches, which stay apart when they have no kind in common. */
function branching(condition: Typed, result: Typed, otherwise: Typed): Typed {
  const kind = commonKind(result.kind, otherwise.kind);
  return choice(kind, {
    condition: toBoolean(condition),
    result: fitted(result, kind),
    otherwise: fitted(otherwise, kind),
  });
}

/** What ISERROR looks at: branches of several kinds become texts that fail where the branch is an error or no finite number. */
function probed(value: Typed): Typed {
  if (value.kind.type === "mixed") {
    return distributed(value, textKind, probed);
  }
  return value.kind.type === "number" && value.kind.special
    ? call(finiteText, [toNumber(value)], { kind: textKind, canFail: true })
    : toText(value);
}

const finiteText: Operation = {
  name: "finite",
  repeats: true,
  evaluate: ([value]) => (Number.isFinite(value) ? "" : ERROR),
  sql: ([value]) => sql`case when ${value} > '-Infinity' and ${value} < 'Infinity' then '' end`,
};

export const logicFunctions: readonly FormulaFunction[] = [
  {
    name: "IF",
    family: "logic",
    usage: "IF(condition, then, [otherwise])",
    arity: [2, 3],
    type: ([condition = blank(), result = blank(), otherwise = blank()]) =>
      branching(condition, result, otherwise),
    examples: [
      example('IF({Score} >= 60, "pass", "fail")', "pass", { mark: "a", record: { Score: 75 } }),
      example('IF("", 1, 2)', 2, "a"),
      example('IF(1=2, "x")', null, "a"),
      example('IF("0", "t", "f")', "t", "c"),
      example("IF(0/0, 1, 2)", failure, "c"),
      example("IF({N} < 0, ERROR(), {N})", 4, { mark: "a", record: { N: 4 } }),
      example("IF({A}, {A}, {Name})", null, { mark: "b", record: { A: 0 } }),
      example('IF({Done}, {A}, "none")', null, { mark: "c", record: { Done: true, A: 0 } }),
      example('IF({Done}, {A}, "none") & ""', "0", { mark: "c", record: { Done: true, A: 0 } }),
      example('IF({Done}, {A}, "none")', "7", { mark: "a", record: { Done: true, A: 7 } }),
      example('IF({Done}, {D}, "none")', "2024-03-05T00:00:00.000Z", {
        mark: "a",
        record: { Done: true },
      }),
    ],
  },
  overTruths(
    AND,
    {
      array: "all_true",
      evaluate: (values) => values.every((value) => value === true),
      sql: (given) => sql`(${join(given, " and ")})`,
    },
    [
      example('AND(5 > 3, "text")', 1, "a"),
      example("AND(1, BLANK())", 0, "a"),
      example("AND(values)", 1, { mark: "c", record: { values: [] } }),
      example("AND(0, ERROR())", failure, "c"),
    ],
  ),
  overTruths(
    OR,
    {
      array: "any_true",
      evaluate: (values) => values.includes(true),
      sql: (given) => sql`(${join(given, " or ")})`,
    },
    [
      example('OR("", 0, BLANK())', 0, "a"),
      example("OR(2 > 9, 7)", 1, "a"),
      example("OR(values)", 0, { mark: "c", record: { values: [] } }),
      example("OR(1, ERROR())", failure, "c"),
      example('IF(OR(values), "some", "none")', "some", {
        mark: "a",
        record: { values: [0, 0, 1] },
      }),
    ],
  ),
  overTruths(
    "XOR",
    {
      array: "odd_true",
      evaluate: (values) => values.filter((value) => value === true).length % 2 === 1,
      sql: (given) => sql`formula.xor(array[${join(given)}])`,
    },
    [
      example("XOR(TRUE(), TRUE())", 0, "a"),
      example("XOR(TRUE(), TRUE(), TRUE())", 1, "a"),
      example("XOR(3 > 2, 2 > 3)", 1, "a"),
    ],
  ),
  {
    name: "NOT",
    family: "logic",
    usage: "NOT(condition)",
    arity: [1, 1],
    type: ([condition = blank()]) => call(negation, [toBoolean(condition)], { kind: booleanKind }),
    examples: [
      example("NOT(5 < 4)", 1, "a"),
      example('NOT("")', 1, "a"),
      example('NOT("yes")', 0, "a"),
    ],
  },
  {
    name: "SWITCH",
    family: "logic",
    usage: "SWITCH(value, pattern, result, …, [otherwise])",
    arity: [3, Infinity],
    type: (given, { newSlot }) => switchOf(given, newSlot()),
    examples: [
      example('SWITCH({Size}, "S", 1, "M", 2, 0)', 2, { mark: "a", record: { Size: "M" } }),
      example('SWITCH({Size}, "S", 1, "M", 2, 0)', 0, { mark: "a", record: { Size: "XL" } }),
      example('SWITCH(3, 1, "one", 2, "two")', null, "a"),
      example('SWITCH(2+2, 4, "four", "other")', "four", "a"),
      example('SWITCH({A}, 1, "one", 2, ERROR(), "more")', "one", { mark: "b", record: { A: 1 } }),
    ],
  },
  {
    name: "BLANK",
    family: "logic",
    usage: "BLANK()",
    arity: [0, 0],
    type: () => blank(),
    examples: [
      example("BLANK()", null, "a"),
      example('BLANK() & "x"', "x", "a"),
      example("BLANK() * 5", 0, "b"),
      example("BLANK() = 0", 1, "a"),
      example('BLANK() = ""', 1, "a"),
      example("0 = BLANK()", 1, "a"),
      example('0 = ""', 0, "c"),
      example("{N} = BLANK()", 1, { mark: "b", record: { N: 0 } }),
    ],
  },
  {
    name: "TRUE",
    family: "logic",
    usage: "TRUE()",
    arity: [0, 0],
    type: () => constant(true, booleanKind),
    examples: [
      example("TRUE()", 1, "a"),
      example("TRUE() + TRUE()", 2, "b"),
      example("TRUE = 1", 1, "b"),
      example("{Done} = TRUE()", 1, { mark: "a", record: { Done: true } }),
      example("{Done} = 0", 1, { mark: "a", record: {} }),
    ],
  },
  {
    name: "FALSE",
    family: "logic",
    usage: "FALSE()",
    arity: [0, 0],
    type: () => constant(false, booleanKind),
    examples: [
      example("FALSE()", 0, "a"),
      example("{Done} = FALSE()", 1, { mark: "a", record: {} }),
    ],
  },
  {
    name: "ERROR",
    family: "logic",
    usage: "ERROR([text])",
    arity: [0, 1],
    type: () => constant(ERROR, blankKind),
    examples: [example("ERROR()", failure, "a"), example('ERROR("why")', failure, "c")],
  },
  {
    name: "ISERROR",
    family: "logic",
    usage: "ISERROR(value)",
    arity: [1, 1],
    type: ([value = blank()]) => errorTest(value.kind.type === "mixed" ? probed(value) : value),
    examples: [
      example("ISERROR(2/0)", 1, "a"),
      example("ISERROR(2/4)", 0, "a"),
      example("ISERROR(ERROR())", 1, "a"),
      example("IF(ISERROR({A}/{B}), 0, {A}/{B})", 0, { mark: "a", record: { A: 6 } }),
      example('ISERROR(DATETIME_PARSE("nonsense"))', 1, "b"),
    ],
  },
];
