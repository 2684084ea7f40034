import { expect, test } from "vitest";
import { schemaOf } from "../schema/schema-cache.ts";
import { untilComputed } from "./computing-state.ts";
import { computedBase } from "./testing/computed-base.ts";
import { backlogWorker } from "./work-off-backlog.ts";

const base = computedBase();

/** Makes a function of the language do what none should. */
const BREAK = `create or replace function formula.upper(t text) returns text language plpgsql as $$
  begin
    if t like '%bad%' then raise exception 'broken' using errcode = '22023'; end if;
    return pg_catalog.upper(t);
  end $$`;

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
