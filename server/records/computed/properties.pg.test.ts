import fc from "fast-check";
import { expect, test } from "vitest";
import { deleteField } from "../fields/delete-field.ts";
import { updateField } from "../fields/update-field.ts";
import { openTestWorld } from "../../kernel/testing/world.ts";
import { differingDefinitions, differingRecords } from "./testing/differing-records.ts";
import { makeComputedBase, type ComputedBase } from "./testing/computed-base.ts";

type TableName = "Projects" | "Tasks";

const taskFormulas = [
  "{Hours} * 2",
  "10 / {Hours}",
  'Name & "-" & Kind',
  'IF(Done, Hours, "none")',
  "DATETIME_DIFF(Due, '2024-01-01', 'days')",
  "LEN(Name & Project)",
  "DATEADD(Due, Hours, 'days')",
  "SUM({Project budget}) + 1",
  "LEFT(Name, Hours - 1)",
  "{Project total}",
  "COUNTALL({Project names})",
  "LAST_MODIFIED_TIME({Hours})",
  'REGEX_REPLACE(Name & Hours, Name & "|" & Kind, "#")',
  'REGEX_MATCH({Early} & "", Name & "")',
  "IF({Early}, {Early} & 'x', 1)",
];
const projectFormulas = [
  "{Budget} - {Total}",
  "COUNTA({Task names})",
  'ARRAYJOIN({Task names}, "/") & {Count}',
  "{Latest}",
  "IF({Errors}, 1, 2)",
  "Tasks & ''",
  "IF(REGEX_MATCH({Latest} & '', Name & ''), {Errors}, {Budget})",
];
const rollups = [
  "SUM(values)",
  "MAX(values)",
  "ARRAYJOIN(values)",
  "COUNTALL(values)",
  "ARRAYUNIQUE(values)",
  "AND(values)",
  "REGEX_MATCH(ARRAYJOIN(values), LEFT(ARRAYJOIN(values), 1))",
];
const taskSources = ["Name", "Hours", "Done", "Kind", "Due", "Early", "Late"];
const projectSources = ["Name", "Budget", "Total", "Middle"];

const text = fc.constantFrom("a", "b,c", "", 'x"y', "2024-05-06", "17");
const cells = {
  Tasks: (projects: readonly string[]) =>
    fc.record(
      {
        Name: text,
        Hours: fc.constantFrom(0, 1, 2.5, -3, null),
        Done: fc.constantFrom(true, null),
        Kind: fc.constantFrom("Big", "Small", null),
        Due: fc.constantFrom("2024-02-29", "2023-12-31", null),
        Project: fc.uniqueArray(fc.constantFrom(...projects), { maxLength: 3 }),
      },
      { requiredKeys: [] },
    ),
  Projects: (tasks: readonly string[]) =>
    fc.record(
      {
        Name: text,
        Budget: fc.constantFrom(0, 100, -1, null),
        ...(tasks.length > 0 && {
          Tasks: fc.uniqueArray(fc.constantFrom(...tasks), { maxLength: 4 }),
        }),
      },
      { requiredKeys: [] },
    ),
};

const RUNS = Number(process.env["PROPERTY_RUNS"] ?? 6);

test("after any writes and changes of fields, every kept value is the one that computing anew gives", async () => {
  const world = await openTestWorld();
  try {
    await fc.assert(
      fc.asyncProperty(fc.gen(), async (gen) => {
        const base = await makeComputedBase(world);
        const pick = <T>(...values: readonly T[]): T => gen(() => fc.constantFrom(...values));
        await addFields(base, pick);
        const ids: Record<TableName, string[]> = {
          Projects: [...(await base.create("Projects", [{ Name: "p" }, { Name: "q" }]))],
          Tasks: [],
        };
        for (let step = 0; step < 12; step += 1) {
          const table = pick<TableName>("Tasks", "Projects");
          const arbitrary = cells[table](table === "Tasks" ? ids.Projects : ids.Tasks);
          const action = pick("create", "create", "update", "update", "update", "delete", "change");
          const id = ids[table].length === 0 ? undefined : pick(...ids[table]);
          if (action === "create" || id === undefined) {
            const rows = gen(() => fc.array(arbitrary, { minLength: 1, maxLength: 3 }));
            ids[table].push(...(await base.create(table, rows)));
          } else if (action === "update") {
            await base.update(
              table,
              id,
              gen(() => arbitrary),
            );
          } else if (action === "delete" && ids[table].length > 1) {
            await base.remove(table, [id]);
            ids[table] = ids[table].filter((one) => one !== id);
          } else {
            await changeSomeField(base, pick);
          }
          expect(await differingRecords(base), `after ${action} in ${table}`).toBe(0);
          expect(await differingDefinitions(base), `after ${action} in ${table}`).toEqual([]);
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  } finally {
    await world.close();
  }
}, 60_000);

type Pick = <T>(...values: readonly T[]) => T;

async function addFields(base: ComputedBase, pick: Pick): Promise<void> {
  const { add, field } = base;
  const [tasks, project] = [await field("Projects", "Tasks"), await field("Tasks", "Project")];
  const through = async (name: TableName, source: string) => ({
    recordLinkFieldId: (name === "Projects" ? tasks : project).id,
    fieldIdInLinkedTable: (await field(name === "Projects" ? "Tasks" : "Projects", source)).id,
  });
  const addFormula = async (
    table: TableName,
    name: string,
    texts: readonly string[],
  ): Promise<void> => {
    // What names a field that is not there, or itself, is refused; then another one is tried.
    for (let tries = 0; tries < 20; tries += 1) {
      const formula = pick(...texts);
      const made = await add(table, { name, type: "formula", options: { formula } }).catch(
        () => undefined,
      );
      if (made !== undefined) {
        return;
      }
    }
  };
  await addFormula("Tasks", "Early", taskFormulas);
  await add("Projects", {
    name: "Count",
    type: "count",
    options: {
      recordLinkFieldId: tasks.id,
      ...pick(
        {},
        { filterByFormula: "{Done}" },
        { filterByFormula: "REGEX_MATCH(Name, Kind & '')" },
      ),
    },
  });
  const source = pick(...taskSources.slice(0, 6));
  await add("Projects", {
    name: "Total",
    type: "rollup",
    options: {
      ...(await through("Projects", source)),
      formula: pick(...rollups),
      ...pick({}, { filterByFormula: "Hours > 0" }),
    },
  });
  await add("Projects", {
    name: "Errors",
    type: "multipleLookupValues",
    options: await through("Projects", "Early"),
  });
  await add("Projects", {
    name: "Task names",
    type: "multipleLookupValues",
    options: await through("Projects", "Name"),
  });
  await add("Projects", {
    name: "Latest",
    type: "rollup",
    options: { ...(await through("Projects", "Due")), formula: "MAX(values)" },
  });
  await addFormula("Projects", "Middle", projectFormulas);
  await add("Tasks", {
    name: "Project total",
    type: "multipleLookupValues",
    options: await through("Tasks", pick(...projectSources)),
  });
  await add("Tasks", {
    name: "Project names",
    type: "multipleLookupValues",
    options: await through("Tasks", "Name"),
  });
  await add("Tasks", {
    name: "Project budget",
    type: "multipleLookupValues",
    options: await through("Tasks", "Budget"),
  });
  await addFormula("Tasks", "Late", taskFormulas);
  await addFormula("Projects", "End", projectFormulas);
}

async function changeSomeField(base: ComputedBase, pick: Pick): Promise<void> {
  const table = pick<TableName>("Tasks", "Projects");
  const { fields } = await base.table(table);
  const found = fields.find(({ name }) => name === pick("Late", "Early", "End", "Middle"));
  if (found !== undefined) {
    const place = { baseId: base.baseId, tableId: found.tableId, fieldId: found.id };
    const formula = pick(...(table === "Tasks" ? taskFormulas : projectFormulas));
    await (
      pick(true, true, false)
        ? updateField(base.scope, { ...place, options: { formula } })
        : deleteField(base.scope, place)
    ).catch((error: unknown) => {
      const { code } = error as { code?: string };
      if (code !== "records.bad-field-options" && code !== "records.formula-cycle") {
        throw error;
      }
    });
  }
}
