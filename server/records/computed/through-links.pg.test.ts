import { expect, test } from "vitest";
import { computedBase } from "./testing/computed-base.ts";

const base = computedBase();

test("counts and lookups follow links from both sides", async () => {
  const { add, create, cells, field, update, remove } = base();
  const tasks = await field("Projects", "Tasks");
  const hours = await field("Tasks", "Hours");
  const done = await field("Tasks", "Done");
  await create("Projects", [{ Name: "Empty", Budget: 5 }]);
  await add("Projects", {
    name: "How many",
    type: "count",
    options: { recordLinkFieldId: tasks.id },
  });
  await add("Projects", {
    name: "Hours",
    type: "multipleLookupValues",
    options: { recordLinkFieldId: tasks.id, fieldIdInLinkedTable: hours.id },
  });
  await add("Projects", {
    name: "Ticks",
    type: "multipleLookupValues",
    options: { recordLinkFieldId: tasks.id, fieldIdInLinkedTable: done.id },
  });
  const [p1 = "", p2 = ""] = await create("Projects", [{ Name: "One" }, { Name: "Two" }]);
  expect(await cells("Projects")).toMatchObject({
    Empty: { "How many": 0 },
    One: { "How many": 0 },
  });
  const [t1 = "", t2 = ""] = await create("Tasks", [
    { Name: "a", Hours: 1.5, Done: true, Project: [p1] },
    { Name: "b", Project: [p1, p2] },
  ]);
  expect(await cells("Projects")).toEqual({
    Empty: { Name: "Empty", Budget: 5, "How many": 0 },
    One: { Name: "One", Tasks: [t1, t2], "How many": 2, Hours: [1.5, null], Ticks: [true, null] },
    Two: { Name: "Two", Tasks: [t2], "How many": 1 },
  });
  await update("Tasks", t2, { Hours: 4 });
  expect(await cells("Projects")).toMatchObject({ One: { Hours: [1.5, 4] }, Two: { Hours: [4] } });
  const changed = await update("Projects", p2, { Tasks: [t2, t1] });
  expect(changed).toMatchObject({ "How many": 2, Hours: [4, 1.5] });
  await remove("Tasks", [t1]);
  expect(await cells("Projects")).toMatchObject({
    One: { "How many": 1, Hours: [4] },
    Two: { "How many": 1, Hours: [4] },
  });
});

test("what reads the time of a record's last change follows each change of it, also of links from the other side", async () => {
  const { add, create, cells, field, update, world } = base();
  const project = await field("Tasks", "Project");
  const changed = await add("Projects", { name: "Changed", type: "lastModifiedTime" });
  await add("Projects", { name: "Text", type: "formula", options: { formula: '{Changed} & ""' } });
  await add("Tasks", {
    name: "Changed there",
    type: "multipleLookupValues",
    options: { recordLinkFieldId: project.id, fieldIdInLinkedTable: changed.id },
  });
  const times = async (): Promise<unknown[]> => {
    const { timed } = await cells("Projects");
    const { timing } = await cells("Tasks");
    return [timed?.["Changed"], timed?.["Text"], timing?.["Changed there"]];
  };
  try {
    world.setClock(new Date("2030-01-01T00:00:00Z"));
    const [id = ""] = await create("Projects", [{ Name: "timed" }]);
    world.setClock(new Date("2030-01-02T00:00:00Z"));
    await create("Tasks", [{ Name: "timing", Project: [id] }]);
    const linked = "2030-01-02T00:00:00.000Z";
    expect(await times()).toEqual([linked, linked, [linked]]);
    world.setClock(new Date("2030-01-03T00:00:00Z"));
    await update("Projects", id, { Budget: 9 });
    const written = "2030-01-03T00:00:00.000Z";
    expect(await times()).toEqual([written, written, [written]]);
  } finally {
    world.setClock(null);
  }
});

test("a link written from the other side counts as a change of the record and of its link", async () => {
  const { add, create, cells, field, world } = base();
  const tasks = await field("Projects", "Tasks");
  await add("Projects", {
    name: "Any",
    type: "formula",
    options: { formula: "LAST_MODIFIED_TIME()" },
  });
  await add("Projects", {
    name: "Link",
    type: "formula",
    options: { formula: "LAST_MODIFIED_TIME({Tasks})" },
  });
  await add("Projects", {
    name: "Linked at",
    type: "lastModifiedTime",
    options: { referencedFieldIds: [tasks.id] },
  });
  try {
    world.setClock(new Date("2031-01-01T00:00:00Z"));
    const [id = ""] = await create("Projects", [{ Name: "linked" }]);
    world.setClock(new Date("2031-01-02T00:00:00Z"));
    await create("Tasks", [{ Name: "linking", Project: [id] }]);
    const at = "2031-01-02T00:00:00.000Z";
    expect((await cells("Projects"))["linked"]).toMatchObject({
      Any: at,
      Link: at,
      "Linked at": at,
    });
  } finally {
    world.setClock(null);
  }
});
