import { describe, expect, test } from "vitest";
import { computingOrder, cycleIn } from "./dependencies.ts";
import {
  fieldIndex,
  referencedFieldIds,
  toNamedText,
  toStoredText,
  unknownFields,
} from "./names.ts";
import { parse } from "./parse.ts";
import { closestName, messageOf } from "./problems.ts";

const fields = fieldIndex([
  { id: "fldAAAAAAAAAAAAAA", name: "Name" },
  { id: "fldBBBBBBBBBBBBBB", name: "Odd } \\ name" },
  { id: "fldCCCCCCCCCCCCCC", name: "fldAAAAAAAAAAAAAA" },
  { id: "values", name: "values" },
]);

describe("references", () => {
  test("are stored by id, and everything else as it was written", () => {
    const formula = parse("IF( {name} , Name\n& {Odd \\} \\\\ name}, 'Name' )");
    expect(toStoredText(formula, fields)).toBe(
      "IF( {fldAAAAAAAAAAAAAA} , {fldAAAAAAAAAAAAAA}\n& {fldBBBBBBBBBBBBBB}, 'Name' )",
    );
    expect(referencedFieldIds(formula, fields)).toEqual(["fldAAAAAAAAAAAAAA", "fldBBBBBBBBBBBBBB"]);
  });

  test("survive a rename", () => {
    const stored = parse("LEN({fldAAAAAAAAAAAAAA}) + {fldBBBBBBBBBBBBBB}");
    const renamed = fieldIndex([
      { id: "fldAAAAAAAAAAAAAA", name: "Full name" },
      { id: "fldBBBBBBBBBBBBBB", name: "a}b" },
    ]);
    expect(toNamedText(stored, renamed)).toBe(String.raw`LEN({Full name}) + {a\}b}`);
  });

  test("go by id first, then by exact name, then by name in any case", () => {
    const found = (text: string) => fields.find(text)?.id;
    expect(found("fldAAAAAAAAAAAAAA")).toBe("fldAAAAAAAAAAAAAA");
    expect(found("Name")).toBe("fldAAAAAAAAAAAAAA");
    expect(found("NAME")).toBe("fldAAAAAAAAAAAAAA");
    expect(found(" Name")).toBeUndefined();
    expect(found("constructor")).toBeUndefined();
  });

  test("to the values of a rollup stay a word", () => {
    expect(toStoredText(parse("SUM(values)"), fields)).toBe("SUM(values)");
  });

  test("to no field are listed in lower case, each with the name that may be meant", () => {
    const problems = unknownFields(parse("{Nmae} & Foo & {BAR}"), fields);
    expect(messageOf(problems)).toBe("Unknown field names: nmae, foo, bar");
    expect(problems[0]).toMatchObject({
      at: 0,
      end: 6,
      suggestion: "Name",
      detail: "There is no field called Nmae (character 1). Did you mean Name?",
    });
    expect(problems[1]?.suggestion).toBeUndefined();
  });
});

test("suggestions are near, and absent when nothing is", () => {
  expect(closestName("CONCATINATE", ["COUNT", "CONCATENATE"])).toBe("CONCATENATE");
  expect(closestName("Q", ["A"])).toBeUndefined();
  expect(closestName("x".repeat(100_000), ["x".repeat(100_000)])).toBeUndefined();
});

describe("dependencies", () => {
  test("a cycle is told as the path that closes it", () => {
    const graph = new Map([
      ["start", ["a"]],
      ["a", ["x", "b"]],
      ["b", ["c"]],
      ["c", ["a"]],
    ]);
    expect(cycleIn(graph)).toEqual(["a", "b", "c", "a"]);
    expect(cycleIn(new Map([["a", ["a"]]]))).toEqual(["a", "a"]);
    expect(
      cycleIn(
        new Map([
          ["a", ["b"]],
          ["c", ["a", "b"]],
        ]),
      ),
    ).toBeNull();
  });

  test("what is needed comes first, however long the chain", () => {
    const chain = new Map(
      Array.from({ length: 50_000 }, (_, index) => [`f${index}`, [`f${index + 1}`]] as const),
    );
    expect(cycleIn(chain)).toBeNull();
    expect(computingOrder(chain).at(-1)).toBe("f0");
    expect(
      computingOrder(
        new Map([
          ["a", ["b", "plain"]],
          ["b", ["plain"]],
        ]),
      ),
    ).toEqual(["b", "a"]);
  });
});
