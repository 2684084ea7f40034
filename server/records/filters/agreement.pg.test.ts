import { holds, type EvaluationContext, type FormulaRecord, type Value } from "@basalt/formulas";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { createRecords } from "../rows/create-records.ts";
import { listRecords } from "../rows/list-records.ts";
import type { Table, View } from "../schema/base-schema.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { shape } from "../testing/linked-tables.ts";
import { askedTable, NOW } from "./testing/asked-table.ts";
import {
  choiceNames,
  filters,
  formulas,
  rowCells,
  type Cells,
} from "./testing/arbitrary-filters.ts";
import { typedFormulaFilter } from "./language.ts";
import { typedViewFilter } from "./view-filter.ts";

/** Filters of each kind that are tried. */
const RUNS = 250;
const ROWS = 60;
const TITLES = ["Only One", "Smith, Ann", "Third"];

const asked = askedTable();
let table: Table;
let records: readonly { readonly id: string; readonly values: FormulaRecord }[];

beforeAll(async () => {
  const { scope, ids, userId, baseId } = asked();
  table = await asked().table();
  const rows = fc.sample(rowCells, { numRuns: ROWS, seed: 7 });
  const links = TITLES.map((title) => ids.get(title) ?? "");
  const made = await createRecords(scope, {
    table,
    rows: rows.map((cells) => ({ fields: written(cells, links, userId) })),
    typecast: false,
    shape,
  });
  await schemaOf(scope, baseId);
  records = rows.map((cells, at) => ({
    id: made.ids[at] ?? "",
    values: seen(cells, links, userId),
  }));
});

/** Cells as the API takes them. */
function written(cells: Cells, links: readonly string[], userId: string): Record<string, unknown> {
  return {
    Name: cells.name,
    Notes: cells.notes,
    N: cells.n,
    Rank: cells.rank,
    Done: cells.done,
    Status: cells.status,
    Tags: cells.tags,
    Day: cells.day,
    When: cells.when,
    Owner: cells.owner ? { id: userId } : null,
    Team: cells.owner ? [{ id: userId }] : null,
    [linkOf().name]: cells.links.map((at) => links[at]),
  };
}

/** The same as formulas and filters see them. */
function seen(cells: Cells, links: readonly string[], userId: string): FormulaRecord {
  const id = (name: string): string => asked().fieldId(name);
  const idsOf = (field: string, names: readonly string[]): readonly string[] =>
    names.map((name) => asked().choice(field, name));
  const n = cells.n ?? 0;
  return {
    [id("Name")]: cells.name,
    [id("Notes")]: cells.notes,
    [id("N")]: cells.n,
    [id("Rank")]: cells.rank,
    [id("Done")]: cells.done,
    [id("Status")]: cells.status,
    [`${id("Status")}:ids`]: cells.status === null ? null : asked().choice("Status", cells.status),
    [id("Tags")]: cells.tags,
    [`${id("Tags")}:ids`]: idsOf("Tags", cells.tags),
    [id("Day")]: cells.day === null ? null : { date: Date.parse(cells.day), dateOnly: true },
    [id("When")]: cells.when === null ? null : { date: Date.parse(cells.when), dateOnly: false },
    [id("Owner")]: cells.owner ? "Ada" : null,
    [`${id("Owner")}:ids`]: cells.owner ? userId : null,
    [id("Team")]: cells.owner ? ["Ada"] : [],
    [`${id("Team")}:ids`]: cells.owner ? [userId] : [],
    [linkOf().id]: cells.links.map((at) => TITLES[at] ?? ""),
    [`${linkOf().id}:ids`]: cells.links.map((at) => links[at] ?? ""),
    [id("Double")]: n * 2,
    [id("Ratio")]: ratio(cells.n),
    [id("Label")]: `${cells.name ?? ""}!`,
    [id("Files")]: [],
    [`${id("Files")}:fileTypes`]: [],
  };
}

function ratio(n: number | null): Value {
  return n === 3 ? { error: "#ERROR!" } : 1 / ((n ?? 0) === 0 ? 0 : (n ?? 0));
}

function linkOf(): { readonly id: string; readonly name: string } {
  const link = table.fields.find(({ type }) => type === "multipleRecordLinks");
  return { id: link?.id ?? "", name: link?.name ?? "" };
}

function contextOf(recordId: string): EvaluationContext {
  const now = Date.parse(NOW);
  return { now, recordId, createdTime: now, lastModified: () => now };
}

async function found(listing: object): Promise<string[]> {
  const page = await listRecords(asked().scope, { table, shape, pageSize: 1_000, ...listing });
  const ids = page.records.map((record): string => JSON.parse(record).id);
  const ours = new Set(records.map(({ id }) => id));
  return ids.filter((id) => ours.has(id));
}

test("PostgreSQL and we keep the same records by any formula", async () => {
  let telling = 0;
  await fc.assert(
    fc.asyncProperty(formulas(linkOf().id), async (formula) => {
      const condition = typedFormulaFilter(table, formula);
      const kept = records.filter(({ id, values }) => holds(condition, values, contextOf(id)));
      expect(await found({ filterByFormula: formula })).toEqual(kept.map(({ id }) => id));
      telling += kept.length > 0 && kept.length < ROWS ? 1 : 0;
    }),
    { numRuns: RUNS },
  );
  // Most of them tell records apart; else nothing was proved.
  expect(telling).toBeGreaterThan(RUNS / 5);
});

test("PostgreSQL and we keep the same records by any filter of a view", async () => {
  const { choice, fieldId, ids, userId } = asked();
  const known = {
    fieldId: (name: string) => (name === "link" ? linkOf().id : fieldId(name)),
    choices: choiceNames.map((name) => choice("Tags", name)),
    statuses: choiceNames.map((name) => choice("Status", name)),
    records: TITLES.map((title) => ids.get(title) ?? ""),
    userId,
  };
  const [grid] = table.views;
  await fc.assert(
    fc.asyncProperty(filters(known), async (filter) => {
      const { condition, dropped } = typedViewFilter(table, filter, {
        now: new Date(NOW),
        userId: null,
      });
      expect(dropped).toEqual([]);
      const kept = records.filter(({ id, values }) => holds(condition, values, contextOf(id)));
      const view = { ...(grid as View), options: { filters: filter } };
      expect(await found({ view })).toEqual(kept.map(({ id }) => id));
    }),
    { numRuns: RUNS },
  );
});
