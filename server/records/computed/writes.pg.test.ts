import { expect, test } from "vitest";
import type { Db, Scope, Sql, TextRow, Tx } from "#kernel";
import { openTestWorld } from "../../kernel/testing/world.ts";
import { createRecords } from "../rows/create-records.ts";
import { updateRecords } from "../rows/update-records.ts";
import { readChanges } from "../rows/read-changes.ts";
import { shape } from "../testing/linked-tables.ts";
import { expectRefusal } from "../testing/test-base.ts";
import { computedBase, type ComputedBase } from "./testing/computed-base.ts";
import { namedRows } from "./testing/named-rows.sql.ts";

const base = computedBase();

type Work = (tx: Tx, rows: TextRow[][]) => Promise<unknown>;

/** A scope that counts the statements of its transactions. */
function counting(scope: Scope): { readonly scope: Scope; statements(): number } {
  let count = 0;
  const wrap = <T extends Db>(db: T): T =>
    new Proxy(db, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== "function") {
          return value;
        }
        return (...args: unknown[]): unknown => {
          if (key === "transaction") {
            const [work, opening = []] = args as [Work, (readonly Sql[])?];
            count += opening.length;
            return target.transaction(async (tx, rows) => work(wrap(tx), rows), opening);
          }
          const [given] = args;
          count += Array.isArray(given)
            ? given.length
            : ["afterCommit", "attempt"].includes(String(key))
              ? 0
              : 1;
          return value.apply(target, args) as unknown;
        };
      },
    });
  // Joined by the writes: the writer's own connections are not the scope's.
  return { scope: { ...scope, db: wrap(scope.db) }, statements: () => count };
}

async function addFields({ add, field }: ComputedBase): Promise<void> {
  const [tasks, project] = [await field("Projects", "Tasks"), await field("Tasks", "Project")];
  const [hours, name] = [await field("Tasks", "Hours"), await field("Projects", "Name")];
  await add("Tasks", { name: "Twice", type: "formula", options: { formula: "{Hours} * 2" } });
  await add("Projects", {
    name: "Sum",
    type: "rollup",
    options: { recordLinkFieldId: tasks.id, fieldIdInLinkedTable: hours.id },
  });
  const sum = await field("Projects", "Sum");
  await add("Tasks", {
    name: "Of",
    type: "multipleLookupValues",
    options: { recordLinkFieldId: project.id, fieldIdInLinkedTable: sum.id },
  });
  await add("Tasks", {
    name: "In",
    type: "multipleLookupValues",
    options: { recordLinkFieldId: project.id, fieldIdInLinkedTable: name.id },
  });
}

test("a hundred records take as many statements as one", async () => {
  const made = base();
  await addFields(made);
  const [p = ""] = await made.create("Projects", [{ Name: "P" }]);
  const counts: number[] = [];
  for (const size of [1, 100]) {
    const table = await made.table("Tasks");
    const rows = Array.from({ length: size }, (_, at) => ({
      fields: { Name: `s${at}`, Hours: at, Project: [p] },
    }));
    const ids = (await createRecords(made.scope, { table, rows, typecast: false, shape })).ids;
    const { scope, statements } = counting(made.scope);
    await scope.db.transaction(async (tx) =>
      updateRecords(
        { ...scope, db: tx },
        {
          table,
          rows: ids.map((id, at) => ({ id, fields: { Hours: at + size } })),
          typecast: false,
          shape,
          replace: false,
          single: false,
        },
      ),
    );
    counts.push(statements());
  }
  expect(counts[0]).toBeGreaterThan(5);
  expect(counts[1]).toBe(counts[0]);
});

test("a write that is refused leaves computed cells alone, here and elsewhere", async () => {
  const made = base();
  const [p = ""] = await made.create("Projects", [{ Name: "Q" }]);
  const [t = ""] = await made.create("Tasks", [{ Name: "q", Hours: 5, Project: [p] }]);
  const table = await made.table("Tasks");
  const refused = updateRecords(made.scope, {
    table,
    rows: [
      { id: t, fields: { Hours: 9 } },
      { id: "recAAAAAAAAAAAAAA", fields: { Hours: 9 } },
    ],
    typecast: false,
    shape,
    replace: false,
    single: false,
  });
  await expectRefusal(refused, "records.row-does-not-exist");
  expect((await made.cells("Projects"))["Q"]).toMatchObject({ Sum: 5 });
  expect((await made.cells("Tasks"))["q"]).toMatchObject({ Twice: 10, Of: [5] });
});

test("two processes that change tasks of one project at once lose nothing", async () => {
  const made = base();
  const [p = ""] = await made.create("Projects", [{ Name: "R" }]);
  const ids = await made.create(
    "Tasks",
    Array.from({ length: 20 }, (_, at) => ({ Name: `r${at}`, Hours: 1, Project: [p] })),
  );
  const other = await openTestWorld({ url: made.world.url });
  try {
    const there = other.scopeFor(made.scope.actor);
    const table = await made.table("Tasks");
    await Promise.all(
      ids.map(async (id, at) =>
        updateRecords(at % 2 === 0 ? made.scope : there, {
          table,
          rows: [{ id, fields: { Hours: 10 + at } }],
          typecast: false,
          shape,
          replace: false,
          single: true,
        }),
      ),
    );
  } finally {
    await other.close();
  }
  const sum = 20 * 10 + (19 * 20) / 2;
  expect((await made.cells("Projects"))["R"]).toMatchObject({ Sum: sum });
  expect((await made.cells("Tasks"))["r3"]).toMatchObject({ Of: [sum], Twice: 26 });
});

test("the log tells which computed cells changed, and the readable view shows them", async () => {
  const made = base();
  const [p = ""] = await made.create("Projects", [{ Name: "S" }]);
  const [t = ""] = await made.create("Tasks", [{ Name: "s", Hours: 1, Project: [p] }]);
  const { cursor } = await readChanges(made.scope, { baseId: made.baseId, after: 0, limit: 1_000 });
  await made.update("Tasks", t, { Hours: 3 });
  const { changes } = await readChanges(made.scope, {
    baseId: made.baseId,
    after: cursor,
    limit: 100,
  });
  const [twice, sum, of] = [
    await made.field("Tasks", "Twice"),
    await made.field("Projects", "Sum"),
    await made.field("Tasks", "Of"),
  ];
  expect(changes.map(({ name, recordIds, fieldIds }) => ({ name, recordIds, fieldIds }))).toEqual([
    expect.objectContaining({ name: "records.computed", recordIds: [t], fieldIds: [twice.id] }),
    expect.objectContaining({ name: "records.updated", recordIds: [t] }),
    { name: "records.computed", recordIds: [p], fieldIds: [sum.id] },
    { name: "records.computed", recordIds: [t], fieldIds: [of.id] },
  ]);
  const rows = await made.world.db.all<Record<string, unknown>>(
    namedRows(made.baseId, "Tasks", "s"),
  );
  expect(rows).toEqual([expect.objectContaining({ Name: "s", Twice: 6, Of: [3] })]);
});

test("a formula can be the first field: links find it by its text and do not make it", async () => {
  const { add, create, cells, scope, baseId, table, field } = base();
  const { createTable } = await import("../tables/create-table.ts");
  const named = await createTable(scope, {
    baseId,
    name: "Named",
    fields: [
      { name: "Label", type: "formula", options: { formula: '"N" & {Number}' } },
      { name: "Number", type: "number", options: { precision: 0 } },
    ],
  });
  const made = await createRecords(scope, {
    table: named,
    rows: [{ fields: { Number: 7 } }],
    typecast: false,
    shape,
  });
  await add("Tasks", {
    name: "Labels",
    type: "multipleRecordLinks",
    options: { linkedTableId: named.id },
  });
  await add("Tasks", { name: "Text", type: "formula", options: { formula: '"=" & Labels' } });
  const link = async (text: string) =>
    createRecords(scope, {
      table: await table("Tasks"),
      rows: [{ fields: { Name: `to ${text}`, Labels: text } }],
      typecast: true,
      shape,
    });
  await link("N7");
  expect((await cells("Tasks"))["to N7"]).toMatchObject({ Labels: made.ids, Text: "=N7" });
  await expectRefusal(link("N8"), "records.cell-refused");
  await create("Projects", [{ Name: "T" }]);
  expect((await field("Tasks", "Labels")).type).toBe("multipleRecordLinks");
});
