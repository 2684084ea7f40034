import { ERROR, type Inner } from "../values/inner.ts";
import { call, constant, type TypedCall } from "../types/typed.ts";

/**
 * A call of known values and one that has something in the place of blank: the call without that, and what it gives for blank.
 * Null where NULL could also be an error.
 */
export function bareCall(
  node: TypedCall,
): { readonly call: TypedCall; readonly blank: Inner } | null {
  const { operation } = node;
  if (
    node.canFail ||
    node.canBeBlank ||
    operation.takesBlank === true ||
    operation.nullIsError === true ||
    operation.reads !== undefined
  ) {
    return null;
  }
  const unknown = node.arguments.filter(({ op }) => op !== "constant");
  const [only] = unknown;
  if (unknown.length !== 1 || only?.op !== "call" || only.operation.fills === undefined) {
    return null;
  }
  const [inner] = only.arguments;
  const { fills } = only.operation;
  if (inner === undefined || inner.canFail) {
    return null;
  }
  const filled = constant(fills, only.kind);
  const blank = call(
    operation,
    node.arguments.map((one) => (one === only ? filled : one)),
    node,
  );
  return blank.op !== "constant" || blank.value === null || blank.value === ERROR
    ? null
    : {
        blank: blank.value,
        call: {
          ...node,
          canBeBlank: true,
          arguments: node.arguments.map((one) => (one === only ? inner : one)),
        },
      };
}
