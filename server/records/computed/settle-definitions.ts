import { isDeepStrictEqual } from "node:util";
import { Problem, type Tx } from "#kernel";
import type { ComputedState } from "../field-types/computed.ts";
import type { BaseSchema, Field } from "../schema/base-schema.ts";
import { assembleSchema, fieldsOf } from "../schema/schema-cache.ts";
import { isComputed } from "./definitions.ts";
import { computedGraph, cycleOf } from "./graph.ts";
import { withDeletedNames } from "./deleted-inputs.ts";
import { settledField } from "./settle-field.ts";
import { updateFieldOptions } from "./settle.sql.ts";
import { isUntouched } from "./untouched.ts";

/** True where the base has any computed field. */
export function hasComputed(schema: BaseSchema): boolean {
  return schema.tables.some(({ fields }) => fields.some(isComputed));
}

/**
 * Works out what every computed field gives, each after those that it reads, and keeps what is new. What a schema that is settled
 * has in common with it is taken from there.
 * Problems: `records.bad-field-options` for a new definition that cannot be computed, `records.formula-cycle`.
 */
export async function settleDefinitions(
  tx: Tx,
  schema: BaseSchema,
  before: BaseSchema,
): Promise<BaseSchema> {
  const cycle = cycleOf(schema);
  if (cycle !== null) {
    throw formulaCycle(schema, cycle);
  }
  let view = schema;
  const changed: Field[] = [];
  const fields = new Map(fieldsOf(schema));
  for (const node of computedGraph(schema).byField.values()) {
    const { field, table } = node;
    const now = view.tablesById.get(table.id);
    const holds = isValid(field) && isUntouched(before, node, (id) => fields.get(id));
    if (now !== undefined && !holds) {
      const settled = withDeletedNames(settledField(view, now, field), {
        earlier: field,
        before: fieldsOf(before),
        now: fields,
      });
      if (settled !== field && !isDeepStrictEqual(settled, field)) {
        changed.push(settled);
        fields.set(settled.id, settled);
        view = withField(view, settled);
      }
    }
  }
  if (changed.length === 0) {
    return schema;
  }
  await tx.run(updateFieldOptions(changed));
  return view;
}

/** One that is not may become so by a field that comes in. */
function isValid({ options }: Field): boolean {
  return (options as ComputedState).isValid === true;
}

function withField(schema: BaseSchema, field: Field): BaseSchema {
  const rows = {
    tables: schema.tables,
    fields: schema.tables.flatMap(({ fields }) =>
      fields.map((one) => (one.id === field.id ? field : one)),
    ),
    views: schema.tables.flatMap(({ views }) => views),
  };
  return assembleSchema(schema, rows, schema);
}

function formulaCycle(schema: BaseSchema, cycle: readonly Field[]): Problem {
  const names = cycle.map((field) => {
    const table = schema.tablesById.get(field.tableId);
    return table === undefined ? field.name : `${table.name}.${field.name}`;
  });
  const message = `A field cannot be computed from itself: ${names.join(" → ")}`;
  return new Problem("invalid", "records.formula-cycle", {
    message,
    fields: { options: "computed from itself" },
    airtable: { type: "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", message },
  });
}
