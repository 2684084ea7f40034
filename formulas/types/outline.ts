import type { Kind } from "./kinds.ts";
import type { Typed } from "./typed.ts";

/** A typed tree for people and for JSON: what is computed, of which kind, and what can go wrong where. */
export interface Outline {
  /** A function, an operator, a conversion, `field`, `constant`, IF, SWITCH or ISERROR. */
  readonly what: string;
  readonly kind: string;
  readonly canFail: boolean;
  readonly canBeBlank: boolean;
  readonly fieldId?: string;
  readonly value?: string | number | boolean | null;
  readonly parts?: readonly Outline[];
}

/** Writes a typed tree out. */
export function outlineOf(node: Typed): Outline {
  const about = {
    kind: kindName(node.kind),
    canFail: node.canFail,
    canBeBlank: node.canBeBlank,
  };
  switch (node.op) {
    case "constant":
      return { what: "constant", ...about, value: shown(node.value) };
    case "field":
      return { what: "field", ...about, fieldId: node.id };
    case "subject":
      return { what: "the value of the SWITCH", ...about };
    case "call":
      return { what: node.operation.name, ...about, parts: node.arguments.map(outlineOf) };
    case "choice":
      return {
        what: "IF",
        ...about,
        parts: [node.condition, node.result, node.otherwise].map(outlineOf),
      };
    case "switch": {
      const cases = node.cases.flatMap(({ test, result }) => [test, result]);
      return {
        what: "SWITCH",
        ...about,
        parts: [node.subject, ...cases, node.otherwise].map(outlineOf),
      };
    }
    case "error-test":
      return { what: "ISERROR", ...about, parts: [outlineOf(node.argument)] };
  }
}

function kindName(kind: Kind): string {
  return kind.type === "array" ? `array of ${kind.of.type}` : kind.type;
}

/** Arrays are never written in a formula, so a constant is a single value, or an error, which has no JSON. */
function shown(value: unknown): string | number | boolean | null {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "symbol":
      return value.description ?? null;
    default:
      return null;
  }
}
