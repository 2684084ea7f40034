import type { Typed } from "@basalt/formulas";

export type TypedCall = Extract<Typed, { readonly op: "call" }>;

/** The same tree with its calls replaced, the innermost first. */
export function mapCalls(node: Typed, change: (call: TypedCall) => Typed): Typed {
  const map = (part: Typed): Typed => mapCalls(part, change);
  switch (node.op) {
    case "call":
      return change({ ...node, arguments: node.arguments.map(map) });
    case "choice":
      return {
        ...node,
        condition: map(node.condition),
        result: map(node.result),
        otherwise: map(node.otherwise),
      };
    case "switch":
      return {
        ...node,
        subject: map(node.subject),
        cases: node.cases.map(({ test, result }) => ({ test: map(test), result: map(result) })),
        otherwise: map(node.otherwise),
      };
    case "error-test":
      return { ...node, argument: map(node.argument) };
    default:
      return node;
  }
}
