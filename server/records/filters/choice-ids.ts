import type { Typed } from "@basalt/formulas";
import type { ChoiceOptions } from "../field-types/choices.ts";
import type { Table } from "../schema/base-schema.ts";
import { referenceOf } from "./field-parts.ts";

/**
 * The same tree with comparisons of a select and the name of a choice made of the ids that the column holds, so that
 * they are ones of a bare column. Anything else about a select still works on names.
 */
export function withChoiceIds(node: Typed, table: Pick<Table, "fieldsById">): Typed {
  switch (node.op) {
    case "call": {
      const given = node.arguments.map((argument) => withChoiceIds(argument, table));
      return comparedById({ ...node, arguments: given }, table);
    }
    case "choice":
      return {
        ...node,
        condition: withChoiceIds(node.condition, table),
        result: withChoiceIds(node.result, table),
        otherwise: withChoiceIds(node.otherwise, table),
      };
    case "switch":
      return {
        ...node,
        subject: withChoiceIds(node.subject, table),
        cases: node.cases.map(({ test, result }) => ({
          test: withChoiceIds(test, table),
          result: withChoiceIds(result, table),
        })),
        otherwise: withChoiceIds(node.otherwise, table),
      };
    case "error-test":
      return { ...node, argument: withChoiceIds(node.argument, table) };
    default:
      return node;
  }
}

/** Only where blank was left in: then the text is one that an empty cell does not equal. */
function comparedById(
  node: Typed & { readonly op: "call" },
  { fieldsById }: Pick<Table, "fieldsById">,
): Typed {
  const [one, other] = node.arguments;
  if (node.operation.name !== "text =" || one === undefined || other === undefined) {
    return node;
  }
  const [column, name] = one.op === "constant" ? [other, one] : [one, other];
  const field = column.op === "field" ? fieldsById.get(column.id) : undefined;
  if (field?.type !== "singleSelect" || name.op !== "constant" || column.op !== "field") {
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
