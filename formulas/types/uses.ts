import type { LastModified } from "../functions/record.ts";
import type { Typed } from "./typed.ts";

/** What a formula's result depends on. */
export interface Uses {
  /** Fields whose values it works on, each once. */
  readonly fieldIds: readonly string[];
  /** Its result changes with time alone. */
  readonly volatile: boolean;
  /** SQL computes it exactly. If not, `evaluate` has to: a pattern that only the record knows is such a case. */
  readonly inSql: boolean;
  /** The lists of fields that it asks the time of change for; an empty list stands for all that people can change. */
  readonly lastModified: readonly (readonly string[])[];
}

/** Looks through a typed tree, with a stack of its own. */
export function usesOf(root: Typed): Uses {
  const fieldIds = new Set<string>();
  const lastModified: (readonly string[])[] = [];
  let volatile = false;
  let inSql = true;
  const open: Typed[] = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.op === "field") {
      fieldIds.add(node.id);
    } else if (node.op === "call") {
      volatile ||= node.operation.reads === "clock";
      inSql &&= node.operation.onlyHere !== true;
      if (isLastModified(node.operation)) {
        lastModified.push(node.operation.fieldIds);
      }
    }
    open.push(...operandsOf(node));
  }
  return { fieldIds: [...fieldIds], volatile, inSql, lastModified };
}

/** The formulas that a formula is directly made of. */
export function operandsOf(node: Typed): readonly Typed[] {
  switch (node.op) {
    case "call":
      return node.arguments;
    case "choice":
      return [node.condition, node.result, node.otherwise];
    case "switch":
      return [
        node.subject,
        ...node.cases.flatMap(({ test, result }) => [test, result]),
        node.otherwise,
      ];
    case "error-test":
      return [node.argument];
    default:
      return [];
  }
}

function isLastModified(operation: object): operation is LastModified {
  return "fieldIds" in operation;
}
