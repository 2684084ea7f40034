import { newId, type Problem } from "#kernel";
import type { Stored } from "../field-types/field-type.ts";
import { cellRefused } from "../field-types/refusals.ts";
import { typeOf } from "../field-types/registry.ts";
import type { Field, Table } from "../schema/base-schema.ts";
import { insertCells } from "./apply-rows.ts";
import type { BaseChange } from "./base-change.ts";
import { linkOptionsOf } from "./write-links.ts";
import { firstWithPrimary } from "./resolve-link-texts.sql.ts";

/** A stand-in in a link cell -> the record that it stands for. */
export type ResolvedTexts = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * Finds the records whose primary cell has these texts, one statement a link field; where there is none, makes it.
 * Problem: `records.cell-refused` where the primary field of the linked table cannot hold such a text.
 */
export async function resolveLinkTexts(
  change: BaseChange,
  table: Table,
  wanted: ReadonlyMap<string, ReadonlyMap<string, string>>,
): Promise<ResolvedTexts> {
  const resolved = new Map<string, Map<string, string>>();
  for (const [fieldId, texts] of wanted) {
    const field = table.fieldsById.get(fieldId);
    const linked = field && change.schema.tablesById.get(linkOptionsOf(field).linkedTableId);
    if (field !== undefined && linked !== undefined) {
      resolved.set(fieldId, await resolveField(change, { field, linked, texts }));
    }
  }
  return resolved;
}

async function resolveField(
  change: BaseChange,
  link: {
    readonly field: Field;
    readonly linked: Table;
    readonly texts: ReadonlyMap<string, string>;
  },
): Promise<Map<string, string>> {
  const primary = primaryOf(link.linked);
  const keys = [...link.texts].map(([text, standIn]) => ({
    standIn,
    value: primaryValue(link.field, primary, text),
  }));
  const found = await change.rows(
    firstWithPrimary(
      link.linked,
      primary,
      keys.map((key) => key.value),
    ),
  );
  const ids = new Map(found.map(([at, id]) => [Number(at), id ?? ""]));
  const made: { id: string; value: Stored }[] = [];
  const resolved = new Map<string, string>();
  for (const [at, key] of keys.entries()) {
    let id = ids.get(at);
    if (id === undefined) {
      if (typeOf(primary).computed) {
        throw noSuchRecord(link.field, key.value);
      }
      id = newId("rec");
      made.push({ id, value: key.value });
    }
    resolved.set(key.standIn, id);
  }
  if (made.length > 0) {
    await insertCells(change, link.linked, {
      rows: made.map(({ id, value }) => ({ id, cells: new Map([[primary, value]]) })),
    });
  }
  return resolved;
}

function primaryOf(table: Table): Field {
  const primary = table.fieldsById.get(table.primaryFieldId);
  if (primary === undefined) {
    throw new Error(`the table ${table.id} has no primary field`);
  }
  return primary;
}

/** What the text is as a value of the primary field. */
function primaryValue(link: Field, primary: Field, text: string): Stored {
  const type = typeOf(primary);
  const nobody = () => undefined;
  const value = type.computed
    ? text
    : type.typecast(text, primary, {
        creating: true,
        userById: nobody,
        userByEmail: nobody,
        userByName: nobody,
        newChoice: () => "",
        linkByText: () => "",
      });
  if (value === null) {
    throw noSuchRecord(link, text);
  }
  return value;
}

function noSuchRecord(link: Field, text: Stored): Problem {
  const shown = JSON.stringify(text).slice(0, 100);
  return cellRefused(link, `no record of the linked table can be called ${shown}`);
}
