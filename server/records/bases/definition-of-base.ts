import type { BaseSchema } from "../schema/base-schema.ts";
import { definition } from "../schema/schema-events.ts";
import type { BaseDefinition } from "./base-definition.ts";

/** The definition that makes this base again: `createBaseFromDefinition` with `keepIds` gives the same schema. */
export function definitionOfBase(schema: BaseSchema, name: string): BaseDefinition {
  return { id: schema.baseId, name, tables: schema.tables.map(definition) };
}
