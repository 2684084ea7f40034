import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "./compile/compile.sql.ts";
import { withoutParameters } from "./compile/literals.sql.ts";
import { evaluatorOf } from "./evaluate.ts";
import { exampleRun } from "./functions/example.ts";
import { fieldIndex, toNamedText, toStoredText } from "./language/names.ts";
import { parse } from "./language/parse.ts";
import { childrenOf, printTree, type Node } from "./language/tree.ts";
import { generatedFields, generatedFormula, generatedRecord } from "./testing/generated.ts";
import { contextOf } from "./testing/in-postgres.sql.ts";
import { typeOf } from "./types/type-of.ts";

const run = { ...exampleRun, lastModified: () => null };
const index = fieldIndex(generatedFields);

/** A tree without positions. */
function shape(node: Node): unknown {
  const { at: _, end: __, ...rest } = node;
  return {
    ...rest,
    children: childrenOf(node).map(shape),
    arguments: 0,
    first: 0,
    rest: 0,
    operand: 0,
  };
}

function treeOf(text: string): Node {
  const { tree, problems } = parse(text);
  if (tree === null) {
    throw new Error(`${text}: ${problems[0]?.detail}`);
  }
  return tree;
}

test("a printed tree reads back as the same tree", () => {
  fc.assert(
    fc.property(generatedFormula, (text) => {
      const tree = treeOf(text);
      expect(shape(treeOf(printTree(tree)))).toEqual(shape(tree));
    }),
    { numRuns: 1000 },
  );
});

test("stored and named texts read back as formulas with the same value", () => {
  fc.assert(
    fc.property(generatedFormula, generatedRecord, (text, record) => {
      const value = (source: string) => {
        const { formula } = typeOf(parse(source), index);
        return formula === null ? "no formula" : evaluatorOf(formula)(record, run);
      };
      const stored = toStoredText(parse(text), index);
      expect(value(stored)).toEqual(value(text));
      expect(value(toNamedText(parse(stored), index))).toEqual(value(text));
      expect(toStoredText(parse(stored), index)).toBe(stored);
    }),
    { numRuns: 300 },
  );
});

test("any formula that types computes and compiles without throwing, with a value of the kind that was promised", () => {
  fc.assert(
    fc.property(
      generatedFormula,
      fc.array(generatedRecord, { minLength: 3, maxLength: 3 }),
      (text, records) => {
        const { formula } = typeOf(parse(text), index);
        if (formula === null) {
          throw new Error(`${text} does not type`);
        }
        const { root } = formula;
        const evaluator = evaluatorOf(formula);
        for (const record of records) {
          const value = evaluator(record, run);
          if (value === null) {
            expect(root.canBeBlank).toBe(true);
          } else if (typeof value === "object" && "error" in value) {
            expect(root.canFail).toBe(true);
          } else if (typeof value === "object") {
            expect(root.kind.type).toBe("date");
          } else {
            expect(typeof value === "number" ? "number" : "text").toBe(root.kind.type);
          }
          if (root.kind.type === "number" && !root.kind.special && typeof value === "number") {
            expect(value).toSatisfy(Number.isFinite);
          }
        }
        compile(formula, contextOf(generatedFields, run));
      },
    ),
    { numRuns: 1000 },
  );
});

test("no text makes the parser or the types throw", () => {
  const pieces = fc.constantFrom(
    ..."()+-*/&=<>!,{}'\"\\ 1.a".split(""),
    "IF(",
    "SUM(",
    "{Name}",
    "'x'",
    "NOW",
    "!=",
    "fld",
    "“",
    "\u0000",
    "\ud800",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(pieces).map((parts) => parts.join("")),
      ),
      (text) => {
        const { formula, problems } = typeOf(parse(text), index);
        expect(formula === null).toBe(problems.length > 0);
      },
    ),
    { numRuns: 3000 },
  );
});

test("no text of a formula stands in its SQL: it is bound, or quoted by the one function that quotes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
      const quoted = `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
      const { formula } = typeOf(parse(`{Name} & ${quoted}`), index);
      if (formula === null) {
        throw new Error("The literal does not parse");
      }
      const { value } = compile(formula, contextOf(generatedFields, run));
      expect(value.sql).toBe(`(coalesce(r."fldName", '') || ?::text)`);
      expect(value.values).toEqual([text.toWellFormed().replaceAll("\u0000", "\uFFFD")]);
      expect(withoutParameters(value)).not.toContain("?::text");
    }),
  );
});
