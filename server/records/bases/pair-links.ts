import { isId, newId } from "#kernel";
import { nameKey, type Field, type LinkOptions } from "../schema/base-schema.ts";
import { freeName } from "../schema/names.ts";
import { badSchema } from "../schema/refusals.ts";
import type { TableDefinition } from "../schema/schema-events.ts";

/**
 * Gives the two sides of each link one junction. A link to another table whose other side is missing gets it, named as
 * its table. Problem: `records.bad-schema` where two fields do not name each other.
 */
export function pairLinks(tables: readonly TableDefinition[]): TableDefinition[] {
  const links = new Map(
    tables
      .flatMap(({ fields }) => fields)
      .filter(({ type }) => type === "multipleRecordLinks")
      .map((field) => [field.id, field]),
  );
  const junctions = new Set<string>();
  const settled = new Map<string, Field>();
  const added: Field[] = [];
  for (const field of links.values()) {
    if (settled.has(field.id)) {
      continue;
    }
    const asked = field.options as unknown as Partial<LinkOptions>;
    const side = asked.side === "b" ? "b" : "a";
    const junction = isId("lnk", asked.junction) ? asked.junction : newId("lnk");
    if (junctions.has(junction)) {
      throw badSchema("options.junction", `${junction} belongs to two links`);
    }
    junctions.add(junction);
    const other = otherSide(field, links) ?? missingSide(field, { tables, added });
    settled.set(field.id, linked(field, { other, junction, side }));
    if (other !== undefined) {
      settled.set(
        other.id,
        linked(other, { other: field, junction, side: side === "a" ? "b" : "a" }),
      );
    }
  }
  return tables.map((table) => ({
    ...table,
    fields: [...table.fields, ...added.filter(({ tableId }) => tableId === table.id)].map(
      (field) => settled.get(field.id) ?? field,
    ),
  }));
}

/** The field that this one names as its other side, or that names this one. */
function otherSide(field: Field, links: ReadonlyMap<string, Field>): Field | undefined {
  const { linkedTableId, inverseLinkFieldId } = optionsOf(field);
  const other =
    inverseLinkFieldId === undefined
      ? links.values().find((link) => optionsOf(link).inverseLinkFieldId === field.id)
      : links.get(inverseLinkFieldId);
  if (other === undefined && inverseLinkFieldId === undefined) {
    return undefined;
  }
  const back = other === undefined ? undefined : optionsOf(other);
  const agree =
    other !== undefined &&
    other.id !== field.id &&
    other.tableId === linkedTableId &&
    back?.linkedTableId === field.tableId &&
    (back.inverseLinkFieldId ?? field.id) === field.id;
  if (!agree) {
    throw badSchema(
      "options.inverseLinkFieldId",
      `the link ${field.id} and its other side do not name each other`,
    );
  }
  return other;
}

function missingSide(
  field: Field,
  { tables, added }: { readonly tables: readonly TableDefinition[]; readonly added: Field[] },
): Field | undefined {
  const { linkedTableId } = optionsOf(field);
  if (linkedTableId === field.tableId) {
    return undefined;
  }
  const own = tables.find(({ id }) => id === field.tableId);
  const linkedTable = tables.find(({ id }) => id === linkedTableId);
  const taken = [
    ...(linkedTable?.fields ?? []),
    ...added.filter(({ tableId }) => tableId === linkedTableId),
  ];
  const other: Field = {
    id: newId("fld"),
    tableId: linkedTableId ?? "",
    name: freeName(own?.name ?? "Link", new Set(taken.map(({ name }) => nameKey(name)))),
    type: "multipleRecordLinks",
    options: { linkedTableId: field.tableId, prefersSingleRecordLink: false },
    description: null,
  };
  added.push(other);
  return other;
}

function linked(
  field: Field,
  pair: { readonly other: Field | undefined; readonly junction: string; readonly side: "a" | "b" },
): Field {
  const {
    linkedTableId = "",
    isReversed,
    prefersSingleRecordLink,
    viewIdForRecordSelection,
  } = optionsOf(field);
  const options: LinkOptions = {
    linkedTableId,
    ...(pair.other !== undefined && { inverseLinkFieldId: pair.other.id }),
    isReversed: isReversed === true,
    prefersSingleRecordLink: prefersSingleRecordLink === true,
    ...(viewIdForRecordSelection !== undefined && { viewIdForRecordSelection }),
    junction: pair.junction,
    side: pair.side,
  };
  return { ...field, options: { ...options } };
}

function optionsOf(field: Field): Partial<LinkOptions> {
  return field.options;
}
