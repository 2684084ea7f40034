import { expect, test } from "vitest";
import { computedBase } from "./testing/computed-base.ts";
import { expectRefusal } from "../testing/test-base.ts";

const base = computedBase();

test("formulas of a record are computed by the write that changes it, also over each other", async () => {
  const { add, create, cells, update } = base();
  await create("Tasks", [{ Name: "old", Hours: 3 }]);
  await add("Tasks", { name: "Twice", type: "formula", options: { formula: "{Hours} * 2" } });
  await add("Tasks", {
    name: "Label",
    type: "formula",
    options: { formula: 'Name & ": " & Twice & IF(Done, "!", "")' },
  });
  await add("Tasks", {
    name: "Size",
    type: "formula",
    options: { formula: 'IF(Kind = "Big", "large", "small")' },
  });
  await add("Tasks", { name: "Month", type: "formula", options: { formula: "MONTH(Due)" } });
  await add("Tasks", { name: "Rate", type: "formula", options: { formula: "10 / Hours" } });
  await add("Tasks", {
    name: "Day after",
    type: "formula",
    options: { formula: 'DATEADD(Due, 1, "day")' },
  });
  await add("Tasks", { name: "Id", type: "formula", options: { formula: "RECORD_ID()" } });
  expect((await cells("Tasks"))["old"]).toMatchObject({ Twice: 6, Label: "old: 6", Size: "small" });
  const [id = ""] = await create("Tasks", [
    { Name: "a", Hours: 2.5, Done: true, Kind: "Big", Due: "2024-02-28" },
  ]);
  expect((await cells("Tasks"))["a"]).toMatchObject({
    Twice: 5,
    Label: "a: 5!",
    Size: "large",
    Month: 2,
    Rate: 4,
    "Day after": "2024-02-29",
    Id: id,
  });
  const changed = await update("Tasks", id, { Hours: null, Due: null });
  expect(changed).toMatchObject({
    Twice: 0,
    Label: "a: 0!",
    Rate: { specialValue: "Infinity" },
    Month: { error: "#ERROR!" },
    "Day after": { error: "#ERROR!" },
  });
});

test("rollups compute over links, with filters, and chains go on over tables", async () => {
  const { add, create, cells, field, update } = base();
  const tasks = await field("Projects", "Tasks");
  const project = await field("Tasks", "Project");
  const hours = await field("Tasks", "Hours");
  const link = { recordLinkFieldId: tasks.id, fieldIdInLinkedTable: hours.id };
  await add("Projects", { name: "Sum", type: "rollup", options: link });
  await add("Projects", {
    name: "Mean",
    type: "rollup",
    options: { ...link, formula: "AVERAGE(values)" },
  });
  await add("Projects", {
    name: "Done hours",
    type: "rollup",
    options: { ...link, formula: "SUM(values)", filterByFormula: "{Done}" },
  });
  const sum = await field("Projects", "Sum");
  const name = await field("Projects", "Name");
  await add("Tasks", {
    name: "Project hours",
    type: "multipleLookupValues",
    options: { recordLinkFieldId: project.id, fieldIdInLinkedTable: sum.id },
  });
  await add("Tasks", {
    name: "Share",
    type: "formula",
    options: { formula: "ROUND(Hours / {Project hours} * 100, 0)" },
  });
  await add("Tasks", { name: "Where", type: "formula", options: { formula: '"in " & Project' } });
  const [p1 = ""] = await create("Projects", [{ Name: "One" }, { Name: "None" }]);
  const [t1 = ""] = await create("Tasks", [
    { Name: "x", Hours: 1, Done: true, Project: [p1] },
    { Name: "y", Hours: 3, Project: [p1] },
  ]);
  expect(await cells("Projects")).toMatchObject({
    One: { Sum: 4, Mean: 2, "Done hours": 1 },
    None: { Sum: 0, Mean: { specialValue: "NaN" }, "Done hours": 0 },
  });
  expect(await cells("Tasks")).toMatchObject({
    x: { "Project hours": [4], Share: 25, Where: "in One" },
    y: { Share: 75 },
  });
  const answer = await update("Tasks", t1, { Hours: 9 });
  expect(answer).toMatchObject({ "Project hours": [12], Share: 75 });
  expect(await cells("Tasks")).toMatchObject({ y: { Share: 25 } });
  await update("Projects", p1, { Name: "Uno" });
  expect(await cells("Tasks")).toMatchObject({ x: { Where: "in Uno" }, y: { Where: "in Uno" } });
  expect(name.name).toBe("Name");
});

test("errors stand in lookups at their place, and make rollups errors", async () => {
  const { add, create, cells, field, update } = base();
  await add("Tasks", {
    name: "Parsed",
    type: "formula",
    options: { formula: 'DATETIME_PARSE(Name, "YYYY-MM-DD")' },
  });
  const tasks = await field("Projects", "Tasks");
  const parsed = await field("Tasks", "Parsed");
  const link = { recordLinkFieldId: tasks.id, fieldIdInLinkedTable: parsed.id };
  await add("Projects", { name: "Days", type: "multipleLookupValues", options: link });
  await add("Projects", {
    name: "Last",
    type: "rollup",
    options: { ...link, formula: "MAX(values)" },
  });
  const [p = ""] = await create("Projects", [{ Name: "Errors" }]);
  const [, t2 = ""] = await create("Tasks", [
    { Name: "2024-01-02", Project: [p] },
    { Name: "zzz", Project: [p] },
  ]);
  expect((await cells("Projects"))["Errors"]).toMatchObject({
    Days: ["2024-01-02T00:00:00.000Z", { error: "#ERROR!" }],
    Last: { error: "#ERROR!" },
  });
  await update("Tasks", t2, { Name: "2024-05-06" });
  expect((await cells("Projects"))["Errors"]).toMatchObject({
    Days: ["2024-01-02T00:00:00.000Z", "2024-05-06T00:00:00.000Z"],
    Last: "2024-05-06T00:00:00.000Z",
  });
});

test("formulas that cannot be are refused with the reason", async () => {
  const { add, field } = base();
  const tasks = await field("Projects", "Tasks");
  const hours = await field("Tasks", "Hours");
  const formula = (text: string) =>
    add("Tasks", { name: `F ${text}`, type: "formula", options: { formula: text } });
  await expectRefusal(
    formula("{Nope} + 1"),
    "records.bad-field-options",
    "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
  );
  await expectRefusal(formula("1 +"), "records.bad-field-options");
  await expectRefusal(formula("FROBNICATE(1)"), "records.bad-field-options");
  await expectRefusal(formula("LEFT()"), "records.bad-field-options");
  await expectRefusal(add("Tasks", { name: "Q", type: "formula" }), "records.bad-field-options");
  const count = (recordLinkFieldId: string) =>
    add("Projects", { name: "C", type: "count", options: { recordLinkFieldId } });
  await expectRefusal(count("fldAAAAAAAAAAAAAA"), "records.bad-field-options");
  await expectRefusal(count((await field("Projects", "Name")).id), "records.bad-field-options");
  await expectRefusal(count("nonsense"), "records.bad-field-options");
  await expectRefusal(
    add("Projects", {
      name: "L",
      type: "multipleLookupValues",
      options: { recordLinkFieldId: tasks.id, fieldIdInLinkedTable: tasks.id },
    }),
    "records.bad-field-options",
  );
  await expectRefusal(
    add("Projects", {
      name: "R",
      type: "rollup",
      options: {
        recordLinkFieldId: tasks.id,
        fieldIdInLinkedTable: hours.id,
        formula: "SUM(other)",
      },
    }),
    "records.bad-field-options",
  );
});

test("a button is there in each record, with an address or without", async () => {
  const { add, create, cells } = base();
  await add("Tasks", { name: "Closed", type: "button", options: { label: "No" } });
  const formula = '"https://a.b/" & Name';
  await add("Tasks", { name: "Open", type: "button", options: { label: "Go", formula } });
  await create("Tasks", [{ Name: "pushed" }]);
  expect((await cells("Tasks"))["pushed"]).toMatchObject({
    Closed: { label: "No", url: null },
    Open: { label: "Go", url: "https://a.b/pushed" },
  });
});
