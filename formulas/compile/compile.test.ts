import { describe, expect, test } from "vitest";
import { fieldIndex } from "../language/names.ts";
import { parse } from "../language/parse.ts";
import { generatedFields } from "../testing/generated.ts";
import { contextOf } from "../testing/in-postgres.sql.ts";
import { exampleRun } from "../functions/example.ts";
import { typeOf, type Purpose, type TypedFormula } from "../types/type-of.ts";
import {
  compile,
  compileCondition,
  compileTogether,
  type CompiledFormulas,
} from "./compile.sql.ts";
import { quoteLiteral, withoutParameters } from "./literals.sql.ts";

const index = fieldIndex(generatedFields);
const context = contextOf(generatedFields, { ...exampleRun, lastModified: () => null });

function typed(text: string, purpose: Purpose = "field", fields = index): TypedFormula {
  const { formula, problems } = typeOf(parse(text), fields, purpose);
  if (formula === null) {
    throw new Error(problems[0]?.detail);
  }
  return formula;
}

function statement(text: string): { steps: string[]; value: string; fails: string | null } {
  const { steps, value, fails } = compile(typed(text), context);
  return {
    steps: steps.map(withoutParameters),
    value: withoutParameters(value),
    fails: fails === null ? null : withoutParameters(fails),
  };
}

describe("the SQL of a formula", () => {
  test("is one expression without guards when nothing can fail", () => {
    expect(statement("IF({Count} > 5, {Name} & 'x', 'few')")).toEqual({
      steps: [],
      value: `case when (r."fldCount" > '5'::float8) then (coalesce(r."fldName", '') || 'x'::text) else 'few'::text end`,
      fails: null,
    });
  });

  test("binds what it must mention twice", () => {
    expect(statement("REPLACE({Name}, 1, {Count}, '')")).toEqual({
      steps: [
        `cross join lateral (select formula.replace(coalesce(r."fldName", ''),'1'::float8,coalesce(r."fldCount", 0::float8),''::text) as v1 offset 0) step1`,
      ],
      value: "step1.v1",
      fails: "(step1.v1 is null)",
    });
  });

  test("tells an error from a blank where a value can be both", () => {
    const { value, fails } = statement("IF({Done}, LEFT({Name}, {Count}))");
    expect(value).toBe(`case when r."fldDone" then step1.v1 else null::text end`);
    expect(fails).toBe("step2.v2");
  });

  test("grows in proportion to the formula, for choices and switches that can fail and nested ones", () => {
    const lengthOf = (text: string) => {
      const { steps, value, fails } = statement(text);
      return [...steps, value, fails].join("").length;
    };
    const shapes: ((inner: string, index: number) => string)[] = [
      (inner, place) => `IF({Count} > ${place}, 'a', ${inner})`,
      (inner, place) =>
        `IF(LEFT({Name}, {Count}) = '${place}', DATEADD({Day}, 1, {Name}), ${inner})`,
      (inner) => `SWITCH(${inner}, 1, LEFT({Name}, {Count}), 2)`,
      (inner) => `ISERROR({Ratio} / ${inner})`,
      (inner) => `(${inner} >= {Ratio})`,
      (inner) => `REGEX_REPLACE(${inner}, {Name}, 'x')`,
    ];
    for (const shape of shapes) {
      const nested = (depth: number) => {
        let text = "{Ratio}";
        for (let place = 0; place < depth; place += 1) {
          text = shape(text, place);
        }
        return text;
      };
      expect(lengthOf(nested(80)) / lengthOf(nested(40))).toBeLessThan(2.3);
    }
  });
});

describe("formulas of one record", () => {
  /** Formulas, each of which mentions the one before three times. */
  function chain(depth: number): CompiledFormulas {
    const links = Array.from({ length: depth }, (_, place) => ({
      id: `fldF${place}`,
      name: `F${place}`,
      kind: { type: "number", precision: 0, special: true } as const,
    }));
    const fields = fieldIndex([...generatedFields, ...links]);
    const formulas = links.map(({ id }, place) => ({
      fieldId: id,
      formula: typed(
        place === 0 ? "{Count} + 1" : `{F${place - 1}} * {F${place - 1}} + {F${place - 1}}`,
        "field",
        fields,
      ),
    }));
    return compileTogether(formulas, context);
  }

  test("that refer to each other are computed once each, however deep", () => {
    const { steps, fields } = chain(10);
    expect(steps).toHaveLength(9);
    expect(fields.get("fldF9")?.fails).toBeNull();
    const lengthOf = (depth: number) => chain(depth).steps.map(withoutParameters).join("").length;
    expect(lengthOf(40) / lengthOf(20)).toBeLessThan(2.3);
  });
});

describe("the SQL of a condition", () => {
  const condition = (text: string) => {
    const { steps, holds } = compileCondition(typed(text, "condition"), context);
    return [...steps, holds].map(withoutParameters).join("\n");
  };

  test.each([
    ["{Name}='x'", `(r."fldName" = 'x'::text)`],
    ["{Name}=''", `(coalesce(r."fldName", '') = ''::text)`],
    ["{Name}", `(r."fldName" <> '')`],
    ["{Done}=TRUE()", `(coalesce(r."fldDone", false) = true)`],
    ["{Done}", `r."fldDone"`],
    ["AND({Name}='x',{Count}>=1)", `((r."fldName" = 'x'::text) and (r."fldCount" >= '1'::float8))`],
    ["RECORD_ID()='recA'", `('recAAAAAAAAAAAAAA'::text = 'recA'::text)`],
    [
      "OR(RECORD_ID()='recA',RECORD_ID()='recB',{Name}='x')",
      `(('recAAAAAAAAAAAAAA'::text = any(array['recA', 'recB']::text[])) or (r."fldName" = any(array['x']::text[])))`,
    ],
    ["IS_AFTER({Day}, '2024-03-05T09:00Z')", `(r."fldDay" > '2024-03-05'::date)`],
    ["{Day} >= '2024-03-05'", `(r."fldDay" >= '2024-03-05'::date)`],
    ["{Count} = '12'", `(r."fldCount" = '12'::float8)`],
    ["{Ratio} > 1", `(r."fldRatio" > '1'::float8 and r."fldRatio" <> 'NaN')`],
    [
      "IS_SAME({Day}, '2024-03-05', 'month')",
      `((r."fldDay" >= '2024-03-01'::date) and (r."fldDay" < '2024-04-01'::date))`,
    ],
    [
      "IS_AFTER({Made}, DATEADD(TODAY(), -7, 'days'))",
      `(r."fldMade" > case when date_trunc('day', '2024-03-07T15:04:05.678Z'::timestamptz, 'UTC') between '0001-01-08T00:00:00.000Z'::timestamptz and '9999-12-31T23:59:59.999Z'::timestamptz then date_trunc('day', '2024-03-07T15:04:05.678Z'::timestamptz, 'UTC') + '-604800 seconds'::interval end)`,
    ],
  ])("%s is a comparison of bare columns", (text, expected) => {
    expect(condition(text)).toBe(expected);
  });
});

test("the function that quotes leaves no text unquoted", () => {
  expect(quoteLiteral("it's")).toBe("'it''s'");
  expect(quoteLiteral(String.raw`\' or 1=1 --`)).toBe(String.raw` E'\\'' or 1=1 --'`);
  expect(quoteLiteral(["a", "'"])).toBe("array['a', '''']");
});
