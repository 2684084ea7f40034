import type { Typed } from "@basalt/formulas";
import { sql } from "#kernel";
import type { TypedCall } from "./map-tree.ts";

/**
 * FIND and SEARCH of a known text as a question whether it is there at all, where nothing more is asked of the position: as a
 * condition, or compared with 0. PostgreSQL answers that several times faster than where.
 */
export function foundAnywhere(node: TypedCall): Typed {
  const [position, wanted] = node.arguments;
  if (position?.op !== "call" || !asksWhether(node.operation.name, wanted)) {
    return node;
  }
  const [needle, hay, start] = position.arguments;
  const ignoresCase = position.operation.name === "SEARCH";
  if (
    (!ignoresCase && position.operation.name !== "FIND") ||
    needle?.op !== "constant" ||
    typeof needle.value !== "string" ||
    needle.value === "" ||
    hay === undefined ||
    start?.op !== "constant" ||
    typeof start.value !== "number" ||
    start.value >= 2
  ) {
    return node;
  }
  return {
    ...node,
    operation: ignoresCase && !isLower(hay) ? inAnyCase : asItIs,
    arguments: [ignoresCase ? { ...needle, value: needle.value.toLowerCase() } : needle, hay],
    canFail: hay.canFail,
    canBeBlank: false,
  };
}

function asksWhether(name: string, wanted: Typed | undefined): boolean {
  if (wanted === undefined) {
    return name === "truth-of-number";
  }
  const value = wanted.op === "constant" ? wanted.value : undefined;
  return (
    ((name === "number >" || name === "number !=") && value === 0) ||
    (name === "number >=" && value === 1)
  );
}

function isLower(hay: Typed): boolean {
  return hay.op === "call" && hay.operation.name === "LOWER";
}

type Operation = TypedCall["operation"];

const asItIs: Operation = {
  name: "found",
  evaluate: ([needle, hay]) => (hay as string).includes(needle as string),
  sql: ([needle, hay]) => sql`(strpos(${hay}, ${needle}) > 0)`,
};
/** The needle is in lower case. */
const inAnyCase: Operation = {
  name: "found-in-any-case",
  evaluate: ([needle, hay]) => (hay as string).toLowerCase().includes(needle as string),
  sql: ([needle, hay]) => sql`(strpos(formula.lower(${hay}), ${needle}) > 0)`,
};
