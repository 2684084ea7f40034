import type { Typed } from "@basalt/formulas";
import type { ChoiceOptions } from "../field-types/choices.ts";
import type { Table } from "../schema/base-schema.ts";
import { referenceOf } from "./field-parts.ts";
import type { TypedCall } from "./map-tree.ts";

/**
 * A comparison of a select with the name of a choice as one of the ids that the column holds, so that it asks a bare column.
 * Anything else about a select still works on names. Only where blank was left in: then the name is one that an
 * empty cell does not equal.
 */
export function comparedById(node: TypedCall, { fieldsById }: Pick<Table, "fieldsById">): Typed {
  const [one, other] = node.arguments;
  if (node.operation.name !== "text =" || one === undefined || other === undefined) {
    return node;
  }
  const [column, name] = one.op === "constant" ? [other, one] : [one, other];
  if (column.op !== "field" || name.op !== "constant") {
    return node;
  }
  const field = fieldsById.get(column.id);
  if (field?.type !== "singleSelect") {
    return node;
  }
  const { choices } = field.options as unknown as ChoiceOptions;
  const choice = choices.find((known) => known.name === name.value);
  return choice === undefined
    ? node
    : {
        ...node,
        arguments: [
          { ...column, id: referenceOf(field.id, "ids") },
          { ...name, value: choice.id },
        ],
      };
}
