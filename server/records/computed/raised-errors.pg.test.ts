import { expect, test } from "vitest";
import { addAttachment } from "../rows/add-attachment.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { untilComputed } from "./computing-state.ts";
import { refreshBase } from "./refresh-volatile.ts";
import { computedBase } from "./testing/computed-base.ts";
import { differingRecords } from "./testing/differing-records.ts";
import { backlogWorker } from "./work-off-backlog.ts";

const base = computedBase();

const MEND = `create or replace function formula.upper(t text) returns text language sql immutable strict as $$
  select pg_catalog.upper(t) $$`;

/** Makes a function of the language do what none should. */
const BREAK = `create or replace function formula.upper(t text) returns text language plpgsql as $$
  begin
    if t like '%bad%' then raise exception 'broken' using errcode = '22023'; end if;
    return pg_catalog.upper(t);
  end $$`;

test("it blocks no file and no refreshing either", async () => {
  const { add, create, cells, table, field, world, scope, baseId } = base();
  await add("Tasks", { name: "Papers", type: "multipleAttachments" });
  await add("Tasks", { name: "Names", type: "formula", options: { formula: "UPPER({Papers})" } });
  await add("Tasks", {
    name: "Since",
    type: "formula",
    options: { formula: "UPPER(Name & DATESTR(NOW()))" },
  });
  await add("Tasks", { name: "Year", type: "formula", options: { formula: "YEAR(NOW())" } });
  const [id = ""] = await create("Tasks", [{ Name: "with files" }]);
  await world.db.script(BREAK);
  const papers = await field("Tasks", "Papers");
  const file = { bytes: new TextEncoder().encode("x"), contentType: "text/plain" };
  const attached = async (filename: string): Promise<void> => {
    const place = { table: await table("Tasks"), field: papers, recordId: id };
    await addAttachment(scope, { ...place, ...file, filename });
  };
  await attached("fine.txt");
  await attached("bad.txt");
  expect((await cells("Tasks"))["with files"]).toMatchObject({
    Papers: [{ filename: "fine.txt" }, { filename: "bad.txt" }],
  });
  await create("Tasks", [{ Name: "bad day" }]);
  const worker = world.parts.of(backlogWorker);
  await worker.start();
  world.setClock(new Date(Date.UTC(2055, 5, 1)));
  await refreshBase(world.system, baseId);
  await untilComputed(scope, await schemaOf(scope, baseId));
  await worker.idle();
  world.setClock(null);
  const now = await cells("Tasks");
  expect(now["with files"]).toMatchObject({ Year: 2055, Since: "WITH FILES2055-06-01" });
  expect(now["with files"]).not.toHaveProperty("Names");
  expect(now["bad day"]).toMatchObject({ Year: 2055 });
  expect(now["bad day"]).not.toHaveProperty("Since");
  // Neither does it keep a base from being computed as a whole, nor a field from being made.
  await differingRecords({ scope, baseId });
  expect((await cells("Tasks"))["with files"]).toMatchObject({ Papers: [{}, {}] });
  await add("Tasks", { name: "Loud name", type: "formula", options: { formula: "UPPER(Name)" } });
  await untilComputed(scope, await schemaOf(scope, baseId));
  await worker.idle();
  expect(await cells("Tasks")).toMatchObject({ "with files": { "Loud name": "WITH FILES" } });
  expect((await cells("Tasks"))["bad day"]).not.toHaveProperty("Loud name");
  await world.db.script(MEND);
});

test("a computed field that raises an error blocks no write; only the rows that raise it become errors", async () => {
  const { add, create, cells, update, remove, field, world, scope, baseId } = base();
  await add("Tasks", { name: "Loud", type: "formula", options: { formula: "UPPER(Name)" } });
  await add("Tasks", {
    name: "Day",
    type: "formula",
    options: { formula: "DATETIME_PARSE(UPPER(Name))" },
  });
  const [tasks, loud] = [await field("Projects", "Tasks"), await field("Tasks", "Loud")];
  await add("Projects", {
    name: "All",
    type: "rollup",
    options: {
      recordLinkFieldId: tasks.id,
      fieldIdInLinkedTable: loud.id,
      formula: "ARRAYJOIN(values)",
    },
  });
  const [p = ""] = await create("Projects", [{ Name: "P" }]);
  await world.db.script(BREAK);
  const [bad = "", good = ""] = await create("Tasks", [
    { Name: "bad", Project: [p] },
    { Name: "2024-01-02", Project: [p] },
  ]);
  const [plain = ""] = await create("Tasks", [{ Name: "bad too" }]);
  expect((await cells("Tasks"))["bad"]).toMatchObject({ Name: "bad", Day: { error: "#ERROR!" } });
  const worker = world.parts.of(backlogWorker);
  await worker.start();
  expect(await untilComputed(scope, await schemaOf(scope, baseId))).toBe(true);
  await worker.idle();
  expect(await cells("Tasks")).toMatchObject({
    bad: { Day: { error: "#ERROR!" } },
    "2024-01-02": { Loud: "2024-01-02", Day: "2024-01-02T00:00:00.000Z" },
    "bad too": { Day: { error: "#ERROR!" } },
  });
  expect((await cells("Projects"))["P"]).toMatchObject({ All: ", 2024-01-02" });
  expect(await update("Tasks", good, { Name: "bad now" })).toMatchObject({ Name: "bad now" });
  expect(await update("Tasks", bad, { Name: "fine" })).toMatchObject({ Loud: "FINE" });
  await remove("Tasks", [plain]);
  await untilComputed(scope, await schemaOf(scope, baseId));
  await worker.idle();
  expect((await cells("Projects"))["P"]?.["All"]).toContain("FINE");
  await worker.stop();
});
