import { expect, test } from "vitest";
import { schemaOf } from "../schema/schema-cache.ts";
import { isComputing, untilComputed } from "./computing-state.ts";
import { explainField } from "./explain-field.ts";
import { refreshBase } from "./refresh-volatile.ts";
import { computedBase } from "./testing/computed-base.ts";
import { differingRecords } from "./testing/differing-records.ts";
import { backlogWorker } from "./work-off-backlog.ts";

const base = computedBase();
let made = 0;

/** Fields of their own for each test, in the two tables that all share. */
async function withPattern() {
  const { add } = base();
  const at = made++;
  const names = {
    pattern: `Pattern ${at}`,
    hit: `Hit ${at}`,
    part: `Part ${at}`,
    loud: `Loud ${at}`,
    sum: `Sum ${at}`,
    all: `All ${at}`,
    budget: `Over ${at}`,
  };
  await add("Tasks", { name: names.pattern, type: "singleLineText" });
  return names;
}

async function hitFields() {
  const { add, field } = base();
  const names = await withPattern();
  await add("Tasks", {
    name: names.hit,
    type: "formula",
    options: { formula: `REGEX_MATCH(Name & "", {${names.pattern}})` },
  });
  await add("Tasks", {
    name: names.part,
    type: "formula",
    options: { formula: `REGEX_EXTRACT(UPPER(Name), UPPER({${names.pattern}}))` },
  });
  await add("Tasks", {
    name: names.loud,
    type: "formula",
    options: { formula: `IF({${names.hit}}, UPPER({${names.pattern}}), "none") & Hours` },
  });
  const [tasks, hit] = [await field("Projects", "Tasks"), await field("Tasks", names.hit)];
  await add("Projects", {
    name: names.sum,
    type: "rollup",
    options: {
      recordLinkFieldId: tasks.id,
      fieldIdInLinkedTable: hit.id,
      formula: "SUM(values)",
    },
  });
  await add("Projects", {
    name: names.budget,
    type: "formula",
    options: { formula: `REGEX_REPLACE(Name, "[" & {${names.sum}} & "]", "#")` },
  });
  return names;
}

test("a pattern that stands in a field is matched by the write itself, and what reads the result follows", async () => {
  const { create, update, cells, scope, baseId, field } = base();
  const names = await hitFields();
  const [project = ""] = await create("Projects", [{ Name: "12 apples" }]);
  const [one = ""] = await create("Tasks", [
    { Name: "order 45", [names.pattern]: "\\d+", Project: [project], Hours: 2 },
    { Name: "plain", [names.pattern]: "^p(l)", Project: [project] },
    { Name: "broken", [names.pattern]: "(", Project: [] },
  ]);
  expect(await cells("Tasks")).toMatchObject({
    "order 45": { [names.hit]: 1, [names.part]: "ORDER " },
    plain: { [names.hit]: 1, [names.part]: "L", [names.loud]: "^P(L)" },
    broken: { [names.hit]: { error: "#ERROR!" }, [names.loud]: { error: "#ERROR!" } },
  });
  expect((await cells("Tasks"))["order 45"]).toMatchObject({ [names.loud]: "\\D+2" });
  expect((await cells("Projects"))["12 apples"]).toMatchObject({
    [names.sum]: 2,
    [names.budget]: "1# apples",
  });
  expect(await update("Tasks", one, { [names.pattern]: "x" })).toMatchObject({
    [names.hit]: 0,
    [names.part]: { error: "#ERROR!" },
    [names.loud]: "none2",
  });
  expect((await cells("Projects"))["12 apples"]).toMatchObject({
    [names.sum]: 1,
    [names.budget]: "#2 apples",
  });
  // What it does not read leaves it alone, and what reads it and more follows.
  expect(await update("Tasks", one, { Hours: 3 })).toMatchObject({ [names.loud]: "none3" });
  expect(await isComputing(scope, await schemaOf(scope, baseId), null)).toBe(false);
  expect(await differingRecords(base())).toBe(0);
  const explained = await explainField(scope, {
    baseId,
    tableId: (await field("Tasks", names.hit)).tableId,
    fieldId: (await field("Tasks", names.hit)).id,
  });
  expect(explained).toMatchObject({
    computedIn: "program",
    sql: expect.stringContaining("computed in the program"),
    failing: [{ reason: "The pattern is no regular expression." }],
  });
});

test("a formula that is changed, or follows the clock, is computed in the program too", async () => {
  const { create, cells, add, world, scope, baseId } = base();
  const names = await withPattern();
  await create("Tasks", [
    { Name: "y20 y26", [names.pattern]: "y2." },
    { Name: "y99", [names.pattern]: "y9." },
  ]);
  await add("Tasks", {
    name: names.hit,
    type: "formula",
    options: { formula: `REGEX_REPLACE(Name, {${names.pattern}}, DATETIME_FORMAT(NOW(), "YYYY"))` },
  });
  const year = world.now().getUTCFullYear();
  expect((await cells("Tasks"))["y20 y26"]).toMatchObject({ [names.hit]: `${year} ${year}` });
  const later = { ...scope, now: () => new Date(Date.UTC(2044, 1, 1)) };
  await refreshBase(later, baseId);
  expect((await cells("Tasks"))["y99"]).toMatchObject({ [names.hit]: "2044" });
  await refreshBase(scope, baseId);
  expect((await cells("Tasks"))["y99"]).toMatchObject({ [names.hit]: String(year) });
});

test("filters and rollups that match a pattern of a field are computed in the program", async () => {
  const { create, cells, update, add, field } = base();
  const names = await withPattern();
  const tasks = await field("Projects", "Tasks");
  const hours = await field("Tasks", "Hours");
  const name = await field("Tasks", "Name");
  const filterByFormula = `REGEX_MATCH(Name, {${names.pattern}})`;
  const link = { recordLinkFieldId: tasks.id };
  await add("Projects", {
    name: names.sum,
    type: "rollup",
    options: { ...link, fieldIdInLinkedTable: hours.id, formula: "SUM(values)", filterByFormula },
  });
  await add("Projects", { name: names.hit, type: "count", options: { ...link, filterByFormula } });
  await add("Projects", {
    name: names.part,
    type: "multipleLookupValues",
    options: { ...link, fieldIdInLinkedTable: name.id, filterByFormula },
  });
  await add("Projects", {
    name: names.all,
    type: "rollup",
    options: {
      ...link,
      fieldIdInLinkedTable: name.id,
      formula: "REGEX_MATCH(ARRAYJOIN(values), LEFT(ARRAYJOIN(values), 3))",
    },
  });
  const [p = ""] = await create("Projects", [{ Name: `P ${names.hit}` }]);
  const [one = ""] = await create("Tasks", [
    { Name: "abc", [names.pattern]: "b", Hours: 1, Project: [p] },
    { Name: "def", [names.pattern]: "x", Hours: 2, Project: [p] },
    { Name: "ghi", [names.pattern]: "[gh]+", Hours: 4, Project: [p] },
  ]);
  const project = async () => (await cells("Projects"))[`P ${names.hit}`];
  expect(await project()).toMatchObject({
    [names.sum]: 5,
    [names.hit]: 2,
    [names.part]: ["abc", "ghi"],
    [names.all]: 1,
  });
  await update("Tasks", one, { [names.pattern]: "z", Name: "(b" });
  expect(await project()).toMatchObject({
    [names.sum]: 4,
    [names.hit]: 1,
    [names.part]: ["ghi"],
    [names.all]: { error: "#ERROR!" },
  });
  expect(await differingRecords(base())).toBe(0);
});

test("many rows are computed behind the writes, and a dear pattern is an error with its reason", async () => {
  const { create, cells, add, world, scope, baseId, field } = base();
  const names = await withPattern();
  for (let at = 0; at < 3_000; at += 500) {
    const rows = Array.from({ length: 500 }, (_, row) => ({
      Name: `many ${names.hit} ${at + row}`,
      [names.pattern]: `${(at + row) % 10}$`,
    }));
    await create("Tasks", rows);
  }
  const long = {
    Name: `long ${names.hit} ${"a".repeat(90_000)}`,
    [names.pattern]: "(a?){300}a{300}$",
  };
  await create("Tasks", [long]);
  await add("Tasks", {
    name: names.hit,
    type: "formula",
    options: { formula: `REGEX_MATCH(Name, {${names.pattern}})` },
  });
  const schema = await schemaOf(scope, baseId);
  const { id: fieldId, tableId } = await field("Tasks", names.hit);
  expect(await isComputing(scope, schema, tableId)).toBe(true);
  const worker = world.parts.of(backlogWorker);
  await worker.start();
  expect(await untilComputed(scope, schema)).toBe(true);
  await worker.idle();
  const now = await cells("Tasks");
  expect(now[`many ${names.hit} 2999`]).toMatchObject({ [names.hit]: 1 });
  expect(now[`many ${names.hit} 17`]).toMatchObject({ [names.hit]: 1 });
  expect(now[long.Name]).toMatchObject({ [names.hit]: { error: "#ERROR!" } });
  const { failing } = await explainField(scope, { baseId, tableId, fieldId });
  expect(failing.map(({ reason }) => reason)).toContain(
    "The pattern is too large for so long a text.",
  );
  expect(await differingRecords(base())).toBe(0);
}, 60_000);

test("patterns that explode elsewhere block no write", async () => {
  const { create, cells, add, update, world, scope, baseId } = base();
  const worker = world.parts.of(backlogWorker);
  await worker.start();
  const names = await withPattern();
  for (const [name, formula] of [
    [names.hit, `REGEX_MATCH(Name, {${names.pattern}})`],
    [names.part, `LEN(REGEX_REPLACE(Name, {${names.pattern}}, "-"))`],
    [names.loud, `IF(ISERROR(REGEX_EXTRACT(Name, {${names.pattern}})), "none", "some")`],
  ] as const) {
    await add("Tasks", { name, type: "formula", options: { formula } });
  }
  const text = `${names.hit} ${"a".repeat(20_000)}!`;
  const failure = { error: "#ERROR!" };
  const patterns: readonly (readonly [string, object])[] = [
    ["(a+)+$", { [names.hit]: 0 }],
    ["(a|aa)+$", { [names.hit]: 0 }],
    ["(.*a){20}b", { [names.hit]: 0 }],
    ["(x+x+)+y", { [names.hit]: 0 }],
    ["a*b|a", { [names.hit]: 1, [names.part]: failure, [names.loud]: "some" }],
    ["((a{100}){100}){100}", { [names.hit]: failure, [names.loud]: "none" }],
    ["(".repeat(5_000), { [names.hit]: failure, [names.loud]: "none" }],
    ["(?=a)", { [names.hit]: failure }],
    ["[[:alpha:]", { [names.hit]: failure }],
    ["\\C*", { [names.hit]: failure }],
  ];
  const [id = ""] = await create("Tasks", [{ Name: text }]);
  for (const [pattern, expected] of patterns) {
    await update("Tasks", id, { [names.pattern]: pattern });
    // What there was no time for in the write comes after it.
    await untilComputed(scope, await schemaOf(scope, baseId));
    expect([pattern, (await cells("Tasks"))[text]]).toMatchObject([pattern, expected]);
  }
  await worker.idle();
  await worker.stop();
}, 60_000);
