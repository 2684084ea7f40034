import { updateFieldOptions } from "../computed/settle.sql.ts";
import { isComputed } from "../computed/definitions.ts";
import { existingIds } from "../rows/rows.sql.ts";
import type { BaseSchema, Field } from "../schema/base-schema.ts";
import { loadSchema } from "../schema/schema-cache.ts";
import type { EmptyBase } from "./empty-base.ts";

/** A text of a formula that is the id of a record and nothing else. */
const RECORD_LITERAL = /(['"])(rec[A-Za-z0-9]{14})\1/g;

/**
 * The schema with formulas that name records of the base by their ids, as `RECORD_ID() = "rec…"`, naming them by the ids that they
 * have here. Texts that are ids of no record that came in stay as they are. To be called when the records are in.
 */
export async function carryRecordLiterals({
  tx,
  schema,
  newId,
}: Pick<EmptyBase, "tx" | "schema" | "newId">): Promise<BaseSchema> {
  const fields = schema.tables.flatMap((table) => table.fields.filter(isComputed));
  const named = new Map(
    fields.flatMap(literalsOf).flatMap((id) => {
      const here = newId("rec", id);
      return here === id ? [] : [[here, id] as const];
    }),
  );
  if (named.size === 0) {
    return schema;
  }
  const carried = new Map<string, string>();
  for (const table of schema.tables) {
    for (const [here] of await tx.text(existingIds(table, [...named.keys()]))) {
      carried.set(named.get(here ?? "") ?? "", here ?? "");
    }
  }
  const changed = fields.flatMap((field) => withLiterals(field, carried));
  if (changed.length === 0) {
    return schema;
  }
  await tx.run(updateFieldOptions(changed));
  return loadSchema({ db: tx }, schema.baseId);
}

const TEXTS = ["formula", "filterByFormula"] as const;

function literalsOf({ options }: Field): string[] {
  return TEXTS.flatMap((part) => {
    const text = options[part];
    return typeof text === "string"
      ? [...text.matchAll(RECORD_LITERAL)].map(([, , id = ""]) => id)
      : [];
  });
}

function withLiterals(field: Field, carried: ReadonlyMap<string, string>): Field[] {
  const texts = TEXTS.flatMap((part) => {
    const text = field.options[part];
    if (typeof text !== "string") {
      return [];
    }
    const now = text.replaceAll(
      RECORD_LITERAL,
      (_, quote: string, id: string) => `${quote}${carried.get(id) ?? id}${quote}`,
    );
    return now === text ? [] : [[part, now] as const];
  });
  return texts.length === 0
    ? []
    : [{ ...field, options: { ...field.options, ...Object.fromEntries(texts) } }];
}
