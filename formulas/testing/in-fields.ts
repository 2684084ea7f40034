import type { ExampleCase } from "../functions/example-case.ts";
import { parse } from "../language/parse.ts";
import { childrenOf, printField, type Node } from "../language/tree.ts";
import { numberKind, textKind } from "../types/kinds.ts";
import type { FormulaField } from "../types/type-of.ts";

type Written = Extract<Node, { type: "number" | "text" }>;

/** A formula with the fields and the record that it is computed for. */
export interface MovedExample extends Pick<ExampleCase, "fields" | "record" | "purpose"> {
  readonly text: string;
}

/**
 * An example with what stands in its formula moved to fields: all of its numbers and texts, and each alone. What is constant is computed
 * before SQL is made, so only this shows what PostgreSQL itself makes of the functions.
 */
export function movedToFields(text: string, prepared: ExampleCase): readonly MovedExample[] {
  const { tree } = parse(text);
  const written = tree === null ? [] : writtenIn(tree);
  const alone = written.length > 1 ? written.map((one) => [one]) : [];
  return [written, ...alone].map((moving) => moved(text, prepared, moving));
}

function moved(text: string, prepared: ExampleCase, moving: readonly Written[]): MovedExample {
  const cells = moving.map(({ type, value }, place): [FormulaField, string | number] => [
    {
      id: `fldMoved${place}`,
      name: `Moved ${place}`,
      kind: type === "number" ? { ...numberKind(8), special: false } : textKind,
    },
    value,
  ]);
  const pieces = moving.map(
    ({ at }, place) => text.slice(moving[place - 1]?.end ?? 0, at) + printField(`Moved ${place}`),
  );
  return {
    text: pieces.join("") + text.slice(moving.at(-1)?.end ?? 0),
    purpose: prepared.purpose,
    fields: [...prepared.fields, ...cells.map(([field]) => field)],
    record: {
      ...prepared.record,
      ...Object.fromEntries(cells.map(([{ id }, value]) => [id, value])),
    },
  };
}

function writtenIn(node: Node): readonly Written[] {
  return node.type === "number" || node.type === "text"
    ? [node]
    : childrenOf(node).flatMap(writtenIn);
}
