import { isId, readEvents, type Scope, type UserActor } from "#kernel";
import { createWorkspace } from "#workspaces";
import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { loadSchema, schemaOf } from "../schema/schema-cache.ts";
import { expectRefusal, firstTable, makeTestBase, textField } from "../testing/test-base.ts";
import { createBase, type BaseInput } from "./create-base.ts";

const world = testWorld();

const stranger: UserActor = {
  kind: "user",
  userId: "usrAAAAAAAAAAAAAA",
  email: "a@example.com",
  name: "A",
  admin: false,
  credential: { kind: "session", sessionId: "sesAAAAAAAAAAAAAA" },
};

async function attempt(
  tables: BaseInput["tables"],
  { scope = world().system, name = "B" }: { scope?: Scope; name?: string } = {},
): Promise<unknown> {
  const { id: workspaceId } = await createWorkspace(world().system, { name: "W" });
  return createBase(scope, { workspaceId, name, tables });
}

test("a base comes with its tables, a grid view each, and its log begins", async () => {
  const schema = await makeTestBase(world().system, [
    {
      name: "Orders",
      description: "What was ordered",
      fields: [
        textField("Name"),
        { name: "Open", type: "checkbox", options: { icon: "check", color: "greenBright" } },
      ],
    },
    { name: "Staff", fields: [{ name: "Number", type: "autoNumber" }] },
  ]);
  expect(isId("app", schema.baseId)).toBe(true);
  expect(schema.version).toBe(1);
  expect(schema.tables.map(({ name, description }) => [name, description])).toEqual([
    ["Orders", "What was ordered"],
    ["Staff", null],
  ]);
  expect(schema.tables.map(({ views }) => views.map(({ name, type }) => [name, type]))).toEqual([
    [["Grid view", "grid"]],
    [["Grid view", "grid"]],
  ]);
  expect(firstTable(schema).primaryFieldId).toBe(firstTable(schema).fields[0]?.id);
  expect(await schemaOf(world().system, schema.baseId)).toEqual(schema);
  const events = await readEvents(world().db, { baseId: schema.baseId, after: 0, limit: 10 });
  expect(events.map(({ txn, seq, name }) => [txn, seq, name])).toEqual([
    [1, 0, "bases.created"],
    [1, 1, "tables.created"],
    [1, 2, "tables.created"],
  ]);
  expect(events[1]?.body).toMatchObject({ before: null, after: { name: "Orders" } });
});

test.each([
  ["no tables", [], "records.bad-schema"],
  ["a table without fields", [{ name: "T", fields: [] }], "records.bad-schema"],
  ["a blank table name", [{ name: " \t", fields: [textField("A")] }], "records.bad-schema"],
  ["NUL in a name", [{ name: "a\0b", fields: [textField("A")] }], "records.bad-schema"],
  ["a name too long", [{ name: "x".repeat(256), fields: [textField("A")] }], "records.bad-schema"],
  [
    "a description too long",
    [{ name: "T", description: "x".repeat(20_001), fields: [textField("A")] }],
    "records.bad-schema",
  ],
  [
    "two tables that differ in case",
    [
      { name: "Ä", fields: [textField("A")] },
      { name: "ä", fields: [textField("A")] },
    ],
    "records.duplicate-table-name",
  ],
  [
    "two fields that differ in normal form",
    [{ name: "T", fields: [textField("\u00e9"), textField("e\u0301")] }],
    "records.duplicate-or-empty-field-name",
  ],
  [
    "an empty field name",
    [{ name: "T", fields: [textField("")] }],
    "records.duplicate-or-empty-field-name",
  ],
  [
    "a primary field that cannot be one",
    [
      {
        name: "T",
        fields: [{ name: "A", type: "checkbox", options: { icon: "check", color: "redBright" } }],
      },
    ],
    "records.bad-primary-field",
  ],
  [
    "an unknown type",
    [{ name: "T", fields: [{ name: "A", type: "constructor" }] }],
    "records.unknown-field-type",
  ],
  [
    "a type that cannot be made",
    [{ name: "T", fields: [textField("A"), { name: "B", type: "aiText" }] }],
    "records.unsupported-field-type",
  ],
  [
    "a rollup of nothing",
    [{ name: "T", fields: [textField("A"), { name: "B", type: "rollup", options: {} }] }],
    "records.bad-field-options",
  ],
  [
    "options that do not fit",
    [
      {
        name: "T",
        fields: [textField("A"), { name: "B", type: "number", options: { precision: 9 } }],
      },
    ],
    "records.bad-field-options",
  ],
  [
    "options that are missing",
    [{ name: "T", fields: [textField("A"), { name: "B", type: "number" }] }],
    "records.bad-field-options",
  ],
  [
    "a link to a table that is not there",
    [
      {
        name: "T",
        fields: [
          textField("A"),
          {
            name: "B",
            type: "multipleRecordLinks",
            options: { linkedTableId: "tblAAAAAAAAAAAAAA" },
          },
        ],
      },
    ],
    "records.bad-field-options",
  ],
  [
    "501 fields",
    [{ name: "T", fields: Array.from({ length: 501 }, (_, at) => textField(`F${at}`)) }],
    "records.schema-limit",
  ],
])("%s is refused", async (_what, tables, code) => {
  await expectRefusal(attempt(tables), code);
});

test("a base without a name is refused", async () => {
  await expectRefusal(
    attempt([{ name: "T", fields: [textField("A")] }], { name: " " }),
    "records.bad-schema",
  );
});

test("somebody without a role in the workspace is told that there is none", async () => {
  const scope = world().scopeFor(stranger);
  await expectRefusal(
    attempt([{ name: "T", fields: [textField("A")] }], { scope }),
    "workspaces.not-found-or-not-allowed",
    "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
  );
});

test("where the instance is strict, types that Airtable does not make are refused", async () => {
  const strict = { ...world().system, config: { ...world().config, strictAirtable: true } };
  await expectRefusal(
    attempt([{ name: "T", fields: [textField("A"), { name: "B", type: "createdTime" }] }], {
      scope: strict,
    }),
    "records.unsupported-field-type",
    "UNSUPPORTED_FIELD_TYPE_FOR_CREATE",
  );
});

test("names that look like something else are only names", async () => {
  const names = [
    "id",
    "constructor",
    "__proto__",
    "toString",
    'a"b; drop table x;--',
    "👩‍👩‍👧",
    "שלום עולם",
    "a/b",
    "%",
    "select",
    "'; --",
    "\\",
    "$1",
    "line\nbreak",
    "x".repeat(255),
    "\ud800",
  ];
  const schema = await makeTestBase(
    world().system,
    names.map((name) => ({ name, fields: names.map(textField) })),
  );
  const kept = names.map((name) => name.toWellFormed());
  const again = await loadSchema(world(), schema.baseId);
  expect(again.tables.map(({ name }) => name)).toEqual(kept);
  expect(again.tables.map(({ fields }) => fields.map(({ name }) => name))).toEqual(
    names.map(() => kept),
  );
  expect(
    again.tables.every(({ fieldsByName }) => kept.every((name) => fieldsByName.has(name))),
  ).toBe(true);
});

test("500 fields of every shape fit into a table", async () => {
  const schema = await makeTestBase(world().system, [
    {
      name: "Wide",
      fields: [
        textField("F0"),
        ...Array.from({ length: 499 }, (_, at) =>
          at % 2 === 0
            ? textField(`F${at + 1}`)
            : { name: `F${at + 1}`, type: "number", options: { precision: 8 } },
        ),
      ],
    },
  ]);
  expect(firstTable(schema).fields).toHaveLength(500);
});
