import { functionNamed } from "../../functions/registry.ts";
import type { Kind } from "../../types/kinds.ts";
import { applied, type Typed } from "../../types/typed.ts";
import { ERROR, type Inner, type Run } from "../../values/inner.ts";

/** What the clock shows in `evaluatorOf`. */
export const NOW_MS = Date.parse("2024-03-07T15:04:05.678Z");

const run: Run = {
  now: NOW_MS,
  recordId: "recAAAAAAAAAAAAAA",
  createdTime: NOW_MS,
  lastModified: () => NOW_MS,
  field: () => null,
  slots: [],
};

/** The evaluator's implementation of a function for arguments of some kinds: the meaning that its SQL must have. Errors come as null. */
export function evaluatorOf(
  name: string,
  kinds: readonly Kind[],
): (given: readonly unknown[]) => Inner {
  const fields = kinds.map((kind, index): Typed => ({
    op: "field",
    id: `fld${index}`,
    kind,
    canFail: false,
    canBeBlank: false,
  }));
  const typed = functionNamed(name)?.type(fields, { name, refuse: refused, newSlot: () => 0 });
  if (typed?.op !== "call") {
    throw new Error(`${name} is no call of one operation`);
  }
  return (given) => {
    const result = applied(typed.operation, given as readonly Inner[], run);
    return result === ERROR ? null : result;
  };
}

function refused(detail: string): never {
  throw new Error(detail);
}
