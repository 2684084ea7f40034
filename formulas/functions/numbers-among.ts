import sql from "sql-template-tag";
import { distributed, toNumber } from "../types/convert.ts";
import { numberKind } from "../types/kinds.ts";
import { blank, call, type Operation, type Typed } from "../types/typed.ts";

/** Branches of several kinds count when their branch is a number; truth values are numbers. */
export function asNumbers(node: Typed): Typed {
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
