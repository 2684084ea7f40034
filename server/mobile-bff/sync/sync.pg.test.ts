import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { SYNC_MAX_BYTES } from "@basalt/contract";
import { sql, type Scope, type UserActor } from "#kernel";
import {
  createField,
  createRecords,
  createTable,
  deleteRecords,
  listRecords,
  schemaOf,
  updateRecords,
  type BaseSchema,
  type Table,
} from "#records";
import { changeMember, removeMember } from "#workspaces";
import { testWorld } from "../../kernel/testing/world.ts";
import { makeTestBase, textField } from "../../records/testing/test-base.ts";
import { makeMember, makeUser } from "../../workspaces/testing/people.ts";
import { Phone } from "../testing/phone.ts";
import { syncForPhone } from "./sync.ts";

const world = testWorld();
type Person = Scope & { readonly actor: UserActor };
const shape = {
  byFieldId: true,
  cellFormat: "json",
  commentCount: false,
  version: false,
} as const;
let owner: Person;
let base: BaseSchema;

/** A table of each end of a link, with a select, a formula, and a count over the link. */
beforeEach(async () => {
  owner = await makeUser(world());
  base = await makeTestBase(owner, [
    {
      name: "Tasks",
      fields: [
        textField("Name"),
        { name: "Kind", type: "singleSelect", options: { choices: [{ name: "Big" }] } },
      ],
    },
    { name: "Projects", fields: [textField("Title")] },
  ]);
  const { baseId } = base;
  const field = async (tableId: string, name: string, rest: { type: string; options: object }) =>
    createField(owner, { baseId, tableId, name, ...rest });
  await field(table("Tasks").id, "Loud", {
    type: "formula",
    options: { formula: "UPPER({Name})" },
  });
  await field(table("Tasks").id, "Project", {
    type: "multipleRecordLinks",
    options: { linkedTableId: table("Projects").id },
  });
  base = await schemaOf(owner, baseId);
  const inverse = table("Projects").fields.find(({ type }) => type === "multipleRecordLinks");
  await field(table("Projects").id, "Tasks count", {
    type: "count",
    options: { recordLinkFieldId: inverse?.id },
  });
  base = await schemaOf(owner, baseId);
});

function table(name: string): Table {
  const found = base.tables.find((one) => one.name === name);
  if (found === undefined) {
    throw new Error(`the base has no table ${name}`);
  }
  return found;
}

async function create(name: string, rows: readonly object[]): Promise<readonly string[]> {
  const made = await createRecords(owner, {
    table: table(name),
    rows: rows.map((fields) => ({ fields: { ...fields } })),
    typecast: true,
    shape,
  });
  return made.ids;
}

async function update(
  name: string,
  rows: readonly { id: string; fields: object }[],
): Promise<void> {
  await updateRecords(owner, {
    table: table(name),
    rows: rows.map(({ id, fields }) => ({ id, fields: { ...fields } })),
    typecast: true,
    shape,
    replace: false,
    single: false,
  });
}

async function remove(name: string, ids: readonly string[]): Promise<void> {
  await deleteRecords(owner, { table: table(name), ids, single: false });
}

/** The table as it is, in the form of a phone's store. */
async function truth(name: string): Promise<Map<string, unknown>> {
  const rows = new Map<string, unknown>();
  let offset: string | undefined;
  do {
    const page = await listRecords(owner, {
      table: table(name),
      shape,
      pageSize: 1_000,
      ...(offset !== undefined && { offset }),
    });
    for (const json of page.records) {
      const { id, fields } = JSON.parse(json) as { id: string; fields: unknown };
      rows.set(id, fields);
    }
    ({ offset } = page);
  } while (offset !== undefined);
  return rows;
}

async function expectSame(phone: Phone, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const stored = phone.store.get(table(name).id) ?? new Map();
    expect(Object.fromEntries(stored)).toEqual(Object.fromEntries(await truth(name)));
  }
}

describe("a copy", () => {
  test("is the table, and then follows it", async () => {
    const ids = await create(
      "Tasks",
      Array.from({ length: 700 }, (_, at) => ({ Name: `t${at}` })),
    );
    const phone = new Phone(owner, { baseId: base.baseId });
    await phone.catchUp();
    expect(phone.calls).toBeGreaterThan(2);
    await expectSame(phone, ["Tasks", "Projects"]);
    const [project = ""] = await create("Projects", [{ Title: "P" }]);
    await update("Tasks", [{ id: ids[3] ?? "", fields: { Project: [project], Name: "new" } }]);
    await remove("Tasks", ids.slice(10, 20));
    const before = phone.calls;
    await phone.catchUp();
    expect(phone.calls - before).toBe(1);
    await expectSame(phone, ["Tasks", "Projects"]);
    expect(phone.resyncs).toEqual([]);
  });

  test("of chosen tables and fields holds nothing else", async () => {
    const [name = ""] = table("Tasks").fields.map(({ id }) => id);
    await create("Tasks", [{ Name: "a", Kind: "Big" }]);
    await create("Projects", [{ Title: "P" }]);
    const question = { baseId: base.baseId, tables: [table("Tasks").id], fields: [name] };
    const phone = new Phone(owner, question);
    await phone.catchUp();
    await create("Projects", [{ Title: "Q" }]);
    await create("Tasks", [{ Name: "b", Kind: "Big" }]);
    await phone.catchUp();
    expect([...phone.store.keys()]).toEqual([table("Tasks").id]);
    const stored = [...(phone.store.get(table("Tasks").id)?.values() ?? [])];
    expect(stored).toEqual([{ [name]: "a" }, { [name]: "b" }]);
  });

  test("of large records comes in pages of a bounded size", async () => {
    const long = "x".repeat(100_000);
    await create(
      "Tasks",
      Array.from({ length: 30 }, () => ({ Name: long })),
    );
    const sizes: number[] = [];
    let cursor: string | undefined;
    for (;;) {
      const answer = await syncForPhone(owner, { baseId: base.baseId, cursor });
      if ("resync" in answer) {
        throw new Error(answer.resync);
      }
      sizes.push(JSON.stringify(answer).length);
      cursor = answer.cursor;
      if (!answer.more) {
        break;
      }
    }
    expect(Math.max(...sizes)).toBeLessThan(SYNC_MAX_BYTES * 1.5);
  });

  test("of one transaction larger than a page is resumed inside it", async () => {
    const phone = new Phone(owner, { baseId: base.baseId });
    await phone.catchUp();
    const before = phone.calls;
    await create(
      "Tasks",
      Array.from({ length: 1_000 }, (_, at) => ({ Name: `t${at}` })),
    );
    while (await phone.step({ lost: phone.calls % 2 === 0 })) {
      // Every other answer is lost.
    }
    expect(phone.calls - before).toBeGreaterThan(3);
    await expectSame(phone, ["Tasks"]);
  });
});

describe("it begins anew", () => {
  test.each([
    [
      "a field is added",
      async () => {
        const { baseId } = base;
        const { id } = table("Tasks");
        await createField(owner, { baseId, tableId: id, ...textField("More") });
      },
      "schema-changed",
    ],
    [
      "a table is added to a copy of the whole base",
      async () => {
        const { baseId } = base;
        await createTable(owner, { baseId, name: "More", fields: [textField("Name")] });
      },
      "schema-changed",
    ],
    [
      "the log does not reach back",
      async () => {
        await create("Tasks", [{ Name: "a" }, { Name: "b" }]);
        await create("Tasks", [{ Name: "c" }]);
        await world().db.run(
          sql`delete from kernel.events where base_id = ${base.baseId} and txn < (select max(txn) from kernel.events where base_id = ${base.baseId})`,
        );
      },
      "log-gone",
    ],
    [
      "the log is gone whole",
      async () => {
        await create("Tasks", [{ Name: "a" }]);
        await world().db.run(sql`delete from kernel.events where base_id = ${base.baseId}`);
      },
      "log-gone",
    ],
    [
      "the base went back to an earlier state",
      async () => {
        const { baseId } = base;
        await world().db.run(sql`
          delete from kernel.events e using records.bases b where b.id = ${baseId} and e.base_id = b.id and e.txn = b.txn`);
        await world().db.run(sql`update records.bases set txn = txn - 1 where id = ${baseId}`);
      },
      "log-gone",
    ],
  ] as const)("when %s", async (_what, happen, reason) => {
    const phone = new Phone(owner, { baseId: base.baseId });
    await phone.catchUp();
    await happen();
    base = await schemaOf(owner, base.baseId);
    await phone.step();
    expect(phone.resyncs).toEqual([reason]);
    await phone.catchUp();
    await expectSame(phone, ["Tasks", "Projects"]);
  });

  test("not for a new choice, a view or a comment", async () => {
    const phone = new Phone(owner, { baseId: base.baseId });
    await phone.catchUp();
    await create("Tasks", [{ Name: "a", Kind: "Brand new" }]);
    await phone.catchUp();
    expect(phone.resyncs).toEqual([]);
    await expectSame(phone, ["Tasks"]);
  });

  test("when the caller's rights are others; and who lost them gets nothing", async () => {
    const member = await makeMember(world(), { baseId: base.baseId }, "editor");
    const { userId } = member.actor;
    const phone = new Phone(member, { baseId: base.baseId });
    await phone.catchUp();
    await changeMember(owner, { baseId: base.baseId }, { userId, role: "read-only" });
    await phone.step();
    expect(phone.resyncs).toEqual(["rights-changed"]);
    await phone.catchUp();
    await removeMember(owner, { baseId: base.baseId }, userId);
    await expect(phone.step()).rejects.toMatchObject({
      code: "workspaces.not-found-or-not-allowed",
    });
  });

  test("when the cursor is somebody else's", async () => {
    const answer = await syncForPhone(owner, { baseId: base.baseId });
    const member = await makeMember(world(), { baseId: base.baseId }, "owner");
    const cursor = "cursor" in answer ? answer.cursor : "";
    expect(await syncForPhone(member, { baseId: base.baseId, cursor })).toEqual({
      resync: "rights-changed",
    });
  });
});

test.each([
  ["AAAA"],
  [Buffer.from("[1]").toString("base64url")],
  [Buffer.from('[1,"u","l","b",null,null,"c",-1,0,0]').toString("base64url")],
  [Buffer.from('[1,"u","l","b",null,null,"c",1e308,0,0]').toString("base64url")],
  [Buffer.from('[1,"u","l","b",null,null,"c",1,3000000000,0]').toString("base64url")],
  [Buffer.from('[1,"u","l","b",null,null,"c",1,0,3000000000]').toString("base64url")],
])("the cursor %s is refused", async (cursor) => {
  await expect(syncForPhone(owner, { baseId: base.baseId, cursor })).rejects.toMatchObject({
    code: "mobile-bff.bad-cursor",
  });
});

test("a cursor goes with its own question, and tables that are not there are refused", async () => {
  const first = await syncForPhone(owner, { baseId: base.baseId });
  const cursor = "cursor" in first ? first.cursor : "";
  const other = { baseId: base.baseId, tables: [table("Tasks").id], cursor };
  await expect(syncForPhone(owner, other)).rejects.toMatchObject({ code: "mobile-bff.bad-cursor" });
  const unknown = { baseId: base.baseId, tables: ["tblAAAAAAAAAAAAAA"] };
  await expect(syncForPhone(owner, unknown)).rejects.toMatchObject({
    code: "mobile-bff.unknown-table",
  });
  const noField = { baseId: base.baseId, fields: ["fldAAAAAAAAAAAAAA"] };
  await expect(syncForPhone(owner, noField)).rejects.toMatchObject({
    code: "mobile-bff.unknown-field",
  });
});

test("whatever is written, lost and resumed, the copy ends equal to the tables", async () => {
  const action = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant("create"), n: fc.integer({ min: 1, max: 60 }) }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("update"), n: fc.nat(1_000) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("delete"), n: fc.nat(1_000) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("link"), n: fc.nat(1_000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("project"), n: fc.nat(3) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant("sync"), n: fc.nat(3) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("lose"), n: fc.constant(0) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("both"), n: fc.nat(1_000) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 10, maxLength: 40 }), async (actions) => {
      const phone = new Phone(owner, { baseId: base.baseId });
      const tasks: string[] = [...(await truth("Tasks")).keys()];
      const projects: string[] = [...(await truth("Projects")).keys()];
      const pick = (from: readonly string[], n: number): string[] =>
        from.length === 0 ? [] : [from[n % from.length] ?? ""];
      const write = async (n: number): Promise<void> => {
        for (const id of pick(tasks, n)) {
          await update("Tasks", [{ id, fields: { Name: `n${n}`, Kind: `k${n % 5}` } }]);
        }
      };
      for (const { do: what, n } of actions) {
        if (what === "create") {
          const rows = Array.from({ length: n }, (_, at) => ({ Name: `c${at}` }));
          tasks.push(...(await create("Tasks", rows)));
        } else if (what === "update") {
          await write(n);
        } else if (what === "delete") {
          const gone = pick(tasks, n);
          await Promise.all(gone.map(async (id) => remove("Tasks", [id])));
          tasks.splice(0, tasks.length, ...tasks.filter((id) => !gone.includes(id)));
        } else if (what === "link") {
          for (const id of pick(tasks, n)) {
            await update("Tasks", [{ id, fields: { Project: pick(projects, n) } }]);
          }
        } else if (what === "project") {
          projects.push(...(await create("Projects", [{ Title: `p${n}` }])));
        } else if (what === "both") {
          await Promise.all([write(n), phone.step(), write(n + 1), phone.step({ lost: true })]);
        } else {
          await phone.step({ lost: what === "lose" });
        }
      }
      await phone.catchUp();
      await expectSame(phone, ["Tasks", "Projects"]);
    }),
    { numRuns: 40 },
  );
}, 240_000);
