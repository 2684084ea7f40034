import type { Scope } from "#kernel";
import { createField } from "../../fields/create-field.ts";
import type { FieldInput } from "../../fields/plan-fields.ts";
import { createRecords } from "../../rows/create-records.ts";
import { updateRecords } from "../../rows/update-records.ts";
import type { Field, Table } from "../../schema/base-schema.ts";
import { shape } from "../../testing/linked-tables.ts";
import { addTable, fieldNamed, newBase, tableNow } from "../../testing/new-base.ts";
import { createView } from "../../views/create-view.ts";
import { linkFormulas, ownFormulas, rollups } from "./formula-texts.ts";

const hardName = `A } name, 'hard' to "write" \\ 😀`;

const moment = { timeZone: "utc", dateFormat: { name: "iso" }, timeFormat: { name: "24hour" } };
const choices = { choices: [{ name: "red" }, { name: "blue" }, { name: "it's" }] };
const written: readonly FieldInput[] = [
  { name: "Text", type: "singleLineText" },
  { name: "Long", type: "multilineText" },
  { name: "Mail", type: "email" },
  { name: "Web", type: "url" },
  { name: "Phone", type: "phoneNumber" },
  { name: "Number", type: "number", options: { precision: 2 } },
  { name: "Price", type: "currency", options: { precision: 2, symbol: "€" } },
  { name: "Part", type: "percent", options: { precision: 1 } },
  { name: "Time", type: "duration", options: { durationFormat: "h:mm:ss" } },
  { name: "Stars", type: "rating", options: { icon: "star", max: 5, color: "yellowBright" } },
  { name: "Done", type: "checkbox", options: { icon: "check", color: "greenBright" } },
  { name: "One", type: "singleSelect", options: choices },
  { name: "Some", type: "multipleSelects", options: choices },
  { name: "Day", type: "date", options: { dateFormat: { name: "iso" } } },
  { name: "Moment", type: "dateTime", options: moment },
  { name: "Who", type: "singleCollaborator" },
  { name: "Files", type: "multipleAttachments" },
  { name: "Code", type: "barcode" },
  { name: "No", type: "autoNumber" },
  { name: "Made", type: "createdTime" },
  { name: "Changed", type: "lastModifiedTime" },
  { name: "Maker", type: "createdBy" },
  { name: hardName, type: "singleLineText" },
];

const ROWS = 12;

/**
 * Three tables in a row, each linked to the next and the last one to itself, with more than 200 computed fields: formulas
 * of every kind, rollups, lookups and counts over links, some of fields that are computed over links themselves, buttons,
 * times and authors of chosen fields; and views whose filters name fields, choices, persons and records.
 */
export async function formulaBase(scope: Scope, workspaceId: string): Promise<string> {
  const half = Math.ceil(ownFormulas.length / 2);
  const first = await newBase(scope, workspaceId, [
    ...written,
    ...formulas(ownFormulas.slice(0, half)),
  ]);
  const { baseId } = first;
  const tables = [first.table];
  for (const [name, texts] of [
    ["Second", ownFormulas],
    ["Third", ownFormulas.slice(0, half)],
  ] as const) {
    tables.push(await addTable(scope, { baseId, name, fields: [...written, ...formulas(texts)] }));
  }
  const ids: (readonly string[])[] = [];
  for (const table of tables) {
    ids.push(await fill(scope, table));
  }
  // From the end, because each reads what its linked table computes.
  for (const [place, table] of [...tables.entries()].toReversed()) {
    const to = tables[place + 1] ?? table;
    await link(scope, table, to);
    await connect(scope, await tableNow(scope, baseId, table.id), {
      from: ids[place] ?? [],
      to: ids[place + 1] ?? ids[place] ?? [],
    });
    await addThroughLink(scope, table, to);
  }
  await addViews(scope, await tableNow(scope, baseId, first.table.id), ids[1] ?? []);
  return baseId;
}

function formulas(texts: readonly string[]): FieldInput[] {
  return texts.map((formula, place) => ({
    name: `Formula ${place}`,
    type: "formula",
    options: { formula },
  }));
}

async function fill(scope: Scope, table: Table): Promise<readonly string[]> {
  const userId = scope.actor.kind === "user" ? scope.actor.userId : "";
  const rows = Array.from({ length: ROWS }, (_, row) => ({
    fields:
      row === ROWS - 1
        ? {}
        : {
            Text: row === 3 ? "2024-02-29" : `alpha ${row}`,
            Long: ` "a" 😀\nB ${row} `,
            Mail: `a${row}@b.c`,
            Web: "https://a.b/c?d=e",
            Phone: "+1 234",
            Number: row * 3.25 - 5,
            Price: row % 4 === 0 ? 0 : row / 3,
            Part: row / 100,
            Time: row * 1_000,
            ...(row > 0 && { Stars: 1 + (row % 5) }),
            Done: row % 2 === 0,
            One: ["red", "blue", "it's", null][row % 4],
            Some: row % 3 === 0 ? ["it's", "red"] : [],
            Day: `20${20 + (row % 7)}-0${1 + (row % 9)}-28`,
            Moment: `2026-03-0${1 + (row % 9)}T0${row % 10}:30:15.500Z`,
            ...(row % 3 === 1 && { Who: { id: userId } }),
            Code: { text: `code ${row}` },
            [hardName]: `hard ${row}`,
          },
  }));
  const { ids } = await createRecords(scope, { table, rows, typecast: false, shape });
  return ids;
}

async function link(scope: Scope, from: Table, to: Table): Promise<Field> {
  return createField(scope, {
    baseId: from.baseId,
    tableId: from.id,
    name: "Link",
    type: "multipleRecordLinks",
    options: { linkedTableId: to.id },
  });
}

async function connect(
  scope: Scope,
  table: Table,
  { from, to }: { readonly from: readonly string[]; readonly to: readonly string[] },
): Promise<void> {
  const rows = from.map((id, row) => ({
    id,
    fields: { Link: to.filter((_, other) => row > 0 && (other * 5 + row) % 4 === 0) },
  }));
  const how = { typecast: false, shape, replace: false, single: false };
  await updateRecords(scope, { table, rows: rows.slice(0, 10), ...how });
  await updateRecords(scope, { table, rows: rows.slice(10), ...how });
}

async function addThroughLink(scope: Scope, table: Table, to: Table): Promise<void> {
  const { baseId } = table;
  const add = async (name: string, type: string, options: object): Promise<Field> =>
    createField(scope, { baseId, tableId: table.id, name, type, options });
  const linked = await tableNow(scope, baseId, to.id);
  const own = fieldNamed(await tableNow(scope, baseId, table.id), "Link").id;
  const at = (name: string): object => ({
    recordLinkFieldId: own,
    fieldIdInLinkedTable: fieldNamed(linked, name).id,
  });
  await add("Count", "count", { recordLinkFieldId: own });
  await add("Count done", "count", { recordLinkFieldId: own, filterByFormula: "{Done}" });
  for (const [name, field, formula, filterByFormula] of rollups) {
    await add(name === "Some" ? "Some numbers" : name, "rollup", {
      ...at(field),
      formula,
      ...(filterByFormula !== undefined && { filterByFormula }),
    });
  }
  await add("Rollup that says nothing", "rollup", at("Price"));
  for (const name of ["Numbers", "Names", "Looked up"]) {
    const field = { Numbers: "Number", Names: "Text", "Looked up": "Formula 40" }[name] ?? "";
    await add(name, "multipleLookupValues", at(field));
  }
  const more = ["Link", "Count", "Sum", "Names", "Some", "Moment", "Who", "Files", "Done"];
  for (const name of more.filter((one) => linked.fieldsByName.has(one) && linked.id !== table.id)) {
    await add(`Lookup of ${name}`, "multipleLookupValues", {
      ...at(name),
      ...(name === "Names" && { filterByFormula: "{Number} > 0" }),
    });
  }
  const result = { type: "currency", options: { precision: 2, symbol: "$" } };
  await add("As money", "formula", { formula: "{Sum} * 2", result });
  for (const [place, formula] of linkFormulas.entries()) {
    await add(`Of links ${place}`, "formula", { formula });
  }
  const watched = [fieldNamed(table, "Number").id, fieldNamed(table, "Done").id];
  await add("Number changed", "lastModifiedTime", { referencedFieldIds: watched });
  await add("Number changer", "lastModifiedBy", { referencedFieldIds: watched });
  await add("Open", "button", { label: "Go", formula: "'https://a.b/' & {Text}" });
  await add("Closed", "button", { label: "No" });
}

async function addViews(scope: Scope, table: Table, linked: readonly string[]): Promise<void> {
  const id = (name: string): string => fieldNamed(table, name).id;
  const choice = (fieldNamed(table, "One").options["choices"] as { readonly id: string }[])[0]?.id;
  const userId = scope.actor.kind === "user" ? scope.actor.userId : "";
  await createView(scope, {
    baseId: table.baseId,
    tableId: table.id,
    name: "Filtered",
    type: "grid",
    options: {
      sort: [{ fieldId: id("Sum"), direction: "desc" }],
      filters: {
        conjunction: "or",
        filterSet: [
          { fieldId: id("One"), operator: "isAnyOf", value: [choice ?? ""] },
          { fieldId: id("Sum"), operator: ">", value: 3 },
          {
            type: "nested",
            conjunction: "and",
            filterSet: [
              { fieldId: id("Link"), operator: "hasAnyOf", value: [linked[0] ?? ""] },
              { fieldId: id("Who"), operator: "isAnyOf", value: [userId] },
            ],
          },
        ],
      },
    },
  });
}
