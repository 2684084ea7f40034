import type { Typed } from "@basalt/formulas";
import type { Table } from "../schema/base-schema.ts";

/** Parts of a formula that are looked at in a record at most. */
const PARTS_MAX = 60;

/** A part of a formula that can be an error, and the parts that it is made from. */
export interface FailingPart {
  readonly node: Typed;
  /** Places of its own parts in the list. */
  readonly parts: readonly number[];
  /** It counts only where this condition has come out so. */
  readonly when?: Branch;
}

/** The branch of a choice. */
export interface Branch {
  readonly condition: Typed;
  readonly taken: boolean;
}

/** The parts of a formula that can be errors, the whole first. */
export function failingParts(root: Typed): readonly FailingPart[] {
  const found: (FailingPart & { readonly parts: number[] })[] = [];
  const open: (Part & { readonly of: number | undefined })[] = [{ node: root, of: undefined }];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { node, of, when } = next;
    if (!node.canFail || found.length >= PARTS_MAX) {
      continue;
    }
    const at = found.push({ node, parts: [], ...(when !== undefined && { when }) }) - 1;
    if (of !== undefined) {
      found[of]?.parts.push(at);
    }
    open.push(...partsOf(node).map((part) => ({ ...part, of: at })));
  }
  return found;
}

interface Part {
  readonly node: Typed;
  readonly when?: Branch;
}

/** What is looked into: cases of a switch stand on a value that is nowhere else. */
function partsOf(node: Typed): readonly Part[] {
  switch (node.op) {
    case "call":
      return node.arguments.map((argument) => ({ node: argument }));
    case "choice": {
      const { condition } = node;
      return [
        { node: condition },
        { node: node.result, when: { condition, taken: true } },
        { node: node.otherwise, when: { condition, taken: false } },
      ];
    }
    case "switch":
      return [{ node: node.subject }];
    default:
      return [];
  }
}

/**
 * Why a formula is an error in a record, as one sentence: the innermost part that is one. `failed` says it of each part, in the
 * order of `failingParts`.
 */
export function failureReason(
  parts: readonly FailingPart[],
  failed: readonly boolean[],
  table: Pick<Table, "fieldsById">,
): string {
  return sentence(innermost(parts, failed)?.node, table);
}

/** The innermost part that is an error. */
export function innermost(
  parts: readonly FailingPart[],
  failed: readonly boolean[],
): FailingPart | undefined {
  let part = parts[0];
  for (;;) {
    const inner: number | undefined = part?.parts.find((at) => failed[at] === true);
    if (inner === undefined) {
      return part;
    }
    part = parts[inner];
  }
}

function sentence(node: Typed | undefined, table: Pick<Table, "fieldsById">): string {
  switch (node?.op) {
    case "field": {
      const name = table.fieldsById.get(node.id)?.name ?? node.id;
      return `${JSON.stringify(name)} is an error itself, or holds one.`;
    }
    case "call":
      return (
        conversions[node.operation.name] ?? `${node.operation.name} has no result for these values.`
      );
    case "switch":
      return "A case of SWITCH is an error.";
    case "constant":
      return "ERROR() was reached.";
    default:
      return "The formula is an error.";
  }
}

/** Steps that nobody wrote: values are brought to the type that a function takes. */
const conversions: Readonly<Record<string, string>> = {
  "text-date": "A text stands where a date is needed, and is none.",
  "single-text-date": "A list stands where a date is needed, and is not one date.",
  "single-date": "A list stands where a date is needed, and holds none or several.",
  "required-date": "A date is blank.",
  present: "A value is blank.",
  "truth-of-number": "NaN stands where yes or no is asked.",
  "truth-of-array": "A list with NaN in it stands where yes or no is asked.",
};
