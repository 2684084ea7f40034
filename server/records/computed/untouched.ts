import { isDeepStrictEqual } from "node:util";
import { fieldsOf } from "../schema/schema-cache.ts";
import type { BaseSchema, Field } from "../schema/base-schema.ts";
import { computedGraph, type ComputedNode } from "./graph.ts";
import type { Inputs } from "./definitions.ts";

/**
 * True where a computed field and all that it reads are what they were in an earlier schema: what was worked out of them still
 * holds. `now` finds a field as it is now. Fields that are as they were must be the same objects: see `loadSchema`.
 */
export function isUntouched(
  before: BaseSchema,
  node: ComputedNode,
  now: (id: string) => Field | undefined,
): boolean {
  const old = computedGraph(before).byField.get(node.field.id);
  if (old === undefined || old.field !== now(node.field.id)) {
    return false;
  }
  const earlier = fieldsOf(before);
  const names = namesOf(old.inputs);
  return (
    isDeepStrictEqual(names, namesOf(node.inputs)) &&
    names.flat(2).every((id) => earlier.get(id) === now(id))
  );
}

function namesOf({ own, linked }: Inputs): readonly (readonly (readonly string[])[])[] {
  return [[own], ...linked.map(({ path, fieldIds }) => [path.map(({ id }) => id), fieldIds])];
}
