import { beforeAll } from "vitest";
import type { Scope } from "#kernel";
import { testWorld, type TestWorld } from "../../../kernel/testing/world.ts";
import { createField } from "../../fields/create-field.ts";
import { createRecords } from "../../rows/create-records.ts";
import { listRecords } from "../../rows/list-records.ts";
import type { Table, View } from "../../schema/base-schema.ts";
import { shape } from "../../testing/linked-tables.ts";
import { addTable, newBase, newOwner, tableNow } from "../../testing/new-base.ts";
import { createView } from "../../views/create-view.ts";

/** For tests: a table with a field of nearly every type, and ways to ask it. */
export interface AskedTable {
  readonly world: TestWorld;
  readonly scope: Scope;
  readonly userId: string;
  readonly baseId: string;
  table(): Promise<Table>;
  readonly linked: Table;
  /** Ids by name of the records of both tables. */
  readonly ids: ReadonlyMap<string, string>;
  /** Names of the records that a formula keeps, in order of creation. */
  keeps(filterByFormula: string): Promise<string[]>;
  /** Names of the records that a view with this filter keeps. */
  shows(filters: unknown): Promise<string[]>;
  /** A view of the table with these options. */
  view(options: Record<string, unknown>): Promise<View>;
  fieldId(name: string): string;
  /** The id of a choice. */
  choice(field: string, name: string): string;
}

/** The instant that the clock stands at: a Tuesday. */
export const NOW = "2026-03-10T15:30:00.000Z";

export function askedTable(): () => AskedTable {
  const world = testWorld();
  let made: AskedTable | undefined;
  beforeAll(async () => {
    world().setClock(new Date(NOW));
    made = await makeTable(world());
  });
  return () => {
    if (made === undefined) {
      throw new Error("read the table inside a test or a hook");
    }
    return made;
  };
}

async function makeTable(world: TestWorld): Promise<AskedTable> {
  const { scope, userId, workspaceId } = await newOwner(world);
  const choices = [{ name: "Todo" }, { name: "Doing" }, { name: "Done, really" }];
  const iso = { name: "iso" } as const;
  const { baseId, table: first } = await newBase(scope, workspaceId, [
    { name: "Name", type: "singleLineText" },
    { name: "Notes", type: "multilineText" },
    { name: "N", type: "number", options: { precision: 2 } },
    { name: "Rank", type: "rating", options: { icon: "star", max: 5, color: "yellowBright" } },
    { name: "Done", type: "checkbox", options: { icon: "check", color: "greenBright" } },
    { name: "Status", type: "singleSelect", options: { choices } },
    { name: "Tags", type: "multipleSelects", options: { choices } },
    { name: "Day", type: "date", options: { dateFormat: iso } },
    {
      name: "When",
      type: "dateTime",
      options: { timeZone: "utc", dateFormat: iso, timeFormat: { name: "24hour" } },
    },
    { name: "Owner", type: "singleCollaborator" },
    { name: "Team", type: "multipleCollaborators" },
    { name: "Files", type: "multipleAttachments" },
    { name: 'Odd {name\\ "of" it}', type: "singleLineText" },
    { name: "Made", type: "createdTime" },
  ]);
  const linked = await addTable(scope, {
    baseId,
    name: "Linked",
    fields: [
      { name: "Title", type: "singleLineText" },
      { name: "Back", type: "multipleRecordLinks", options: { linkedTableId: first.id } },
    ],
  });
  const before = await tableNow(scope, baseId, first.id);
  const link = before.fields.find(({ type }) => type === "multipleRecordLinks");
  await createField(scope, {
    baseId,
    tableId: first.id,
    name: "Double",
    type: "formula",
    options: { formula: "{N} * 2" },
  });
  await createField(scope, {
    baseId,
    tableId: first.id,
    name: "Ratio",
    type: "formula",
    options: { formula: "IF({N} = 3, ERROR(), 1 / {N})" },
  });
  await createField(scope, {
    baseId,
    tableId: first.id,
    name: "Label",
    type: "formula",
    options: { formula: '{Name} & "!"' },
  });
  const table = async (): Promise<Table> => tableNow(scope, baseId, first.id);
  const ids = await fill({ scope, userId, table: await table(), linked, link: link?.name ?? "" });
  const now = await table();
  const fieldId = (name: string): string => now.fieldsByName.get(name)?.id ?? "";
  const names = async (listing: object): Promise<string[]> => {
    const { records } = await listRecords(scope, {
      table: first,
      shape,
      pageSize: 1_000,
      ...listing,
    });
    return records.map((record) => JSON.parse(record).fields.Name ?? "");
  };
  let views = 0;
  const view: AskedTable["view"] = async (options) => {
    views += 1;
    return createView(scope, {
      baseId,
      tableId: first.id,
      name: `V${views}`,
      type: "grid",
      options,
    });
  };
  return {
    world,
    scope,
    userId,
    baseId,
    table,
    linked,
    ids,
    keeps: async (filterByFormula) => names({ filterByFormula }),
    shows: async (filters) => names({ view: await view({ filters }) }),
    view,
    fieldId,
    choice: (field, name) => {
      const options = now.fieldsByName.get(field)?.options["choices"];
      const known = options as readonly { readonly id: string; readonly name: string }[];
      return known.find((one) => one.name === name)?.id ?? "";
    },
  };
}

async function fill({
  scope,
  userId,
  table,
  linked,
  link,
}: {
  readonly scope: Scope;
  readonly userId: string;
  readonly table: Table;
  readonly linked: Table;
  readonly link: string;
}): Promise<Map<string, string>> {
  const add = async (to: Table, rows: readonly Record<string, unknown>[]) =>
    createRecords(scope, {
      table: to,
      rows: rows.map((fields) => ({ fields })),
      typecast: false,
      shape,
    });
  const titles = ["Only One", "Smith, Ann", "Third"];
  const targets = await add(
    linked,
    titles.map((Title) => ({ Title })),
  );
  const [one = "", ann = "", third = ""] = targets.ids;
  const names = ["a", "b", "c", "d", "O'Hara"];
  const rows = await add(table, [
    {
      Name: "a",
      Notes: "The quick brown Fox",
      N: 1,
      Rank: 5,
      Done: true,
      Status: "Todo",
      Tags: ["Todo", "Doing"],
      Day: "2026-03-10",
      When: "2026-03-10T09:00:00.000Z",
      Owner: { id: userId },
      Team: [{ id: userId }],
      'Odd {name\\ "of" it}': "odd",
      [link]: [one],
    },
    {
      Name: "b",
      Notes: "lazy dog",
      N: -2.5,
      Status: "Doing",
      Tags: ["Doing"],
      Day: "2026-03-05",
      When: "2026-03-09T23:30:00.000Z",
      [link]: [one, ann],
    },
    {
      Name: "c",
      N: 3,
      Status: "Done, really",
      Tags: ["Done, really"],
      Day: "2025-03-05",
      When: "2025-01-01T00:00:00.000Z",
      [link]: [third],
    },
    { Name: "d", N: 0 },
    { Name: "O'Hara", Done: true, Rank: 1 },
  ]);
  return new Map([
    ...names.map((name, at) => [name, rows.ids[at] ?? ""] as const),
    ...titles.map((title, at) => [title, targets.ids[at] ?? ""] as const),
  ]);
}
