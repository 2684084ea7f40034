import type { FieldTypeName } from "@basalt/contract";
import { constant, ident, join, type Sql, sql } from "#kernel";
import { beforeAll, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import type { Field, SortContext, Stored, StoredOptions } from "./field-type.ts";
import { compileJson, fieldTypes, typeOf } from "./registry.ts";
import { ada, bob, green, quoted, reading, red, sampleField, writing } from "./sample-fields.ts";
import { orderTerms } from "./sort-keys.sql.ts";

const world = testWorld();
const rec = "recA0000000000001";
const schema = "field_types_test";

const writable = Object.values(fieldTypes).filter((type) => !type.computed);
const fields = new Map(writable.map((type, at) => [type.name, fieldAt(type.name, at)]));

function fieldAt(type: FieldTypeName, at: number, options?: StoredOptions): Field {
  return { ...sampleField(type, options), id: `fld${String(at).padStart(14, "0")}` };
}

function fieldOf(type: FieldTypeName): Field {
  const field = fields.get(type);
  if (field === undefined) {
    throw new Error(`no field of type ${type}`);
  }
  return field;
}

function columnDefinition(field: Field): Sql {
  const column = typeOf(field).column(field);
  return sql`${ident(field.id)} ${constant(column.own ? column.sqlType : "")}`;
}

beforeAll(async () => {
  const { db } = world();
  await db.script(`create schema ${schema}`);
  const columns = join([...fields.values()].map(columnDefinition));
  await db.run(sql`create table ${ident(schema, "cells")} (place bigint primary key, ${columns})`);
});

/** Writes one value a row into the column of a type, in the order of the list. */
async function write(field: Field, values: readonly Stored[]): Promise<void> {
  const { db } = world();
  const rows = JSON.stringify(values.map((value, place) => ({ place, [field.id]: value })));
  const column = ident(field.id);
  await db.run(sql`delete from ${ident(schema, "cells")}`);
  await db.run(sql`insert into ${ident(schema, "cells")} (place, ${column})
    select place, ${column}
    from json_to_recordset(${rows}::json) as r(place bigint, ${column} ${constant(typeOf(field).recordsetType ?? "")})`);
}

async function read(field: Field): Promise<unknown[]> {
  const rows = await world().db.text(
    sql`select ${ident(field.id)} from ${ident(schema, "cells")} order by place`,
  );
  const json = compileJson(field, reading);
  return rows.map(([text = null]) => {
    const answer = json(text);
    return answer === null ? null : (JSON.parse(answer) as unknown);
  });
}

const hostile = "\u0001 '\"\\{}, NULL \u2028 \u007f 😀 \ufffd ;drop table x;-- $1 \t\n";

const roundTrips: [FieldTypeName, readonly unknown[], (readonly unknown[])?][] = [
  [
    "singleLineText",
    ["a", "", hostile, null, "x".repeat(100_000)],
    ["a", null, hostile, null, "x".repeat(100_000)],
  ],
  ["multilineText", ["a\r\nb", " "]],
  ["richText", ["* a\n* b"], ["- a\n- b\n"]],
  ["email", ["ada@example.com"]],
  ["url", ["https://example.com/?a=1&b=%20"]],
  ["phoneNumber", ["+1 (23)"]],
  ["number", [0, -1.5, 0.1, 1 / 3, 5e-324, Number.MAX_VALUE, -1e21, 123_456_789_012_345_680]],
  ["currency", [5.005, 0]],
  ["percent", [0.5, 1.07]],
  ["duration", [3723.4, -90]],
  ["rating", [1, 5, 0], [1, 5, null]],
  ["checkbox", [true, false, null], [true, null, null]],
  ["singleSelect", ["Red", 'Say "hi", you', null]],
  [
    "multipleSelects",
    [["Red"], ['Say "hi", you', "Green"], []],
    [["Red"], ['Say "hi", you', "Green"], null],
  ],
  ["date", ["2024-02-29", "0001-01-01", "9999-12-31"]],
  [
    "dateTime",
    [
      "2024-01-02T03:04:05.678Z",
      "2024-01-02T03:04:05.600Z",
      "2024-01-02T03:04:05.000Z",
      "0001-01-01T00:00:00.000Z",
      "9999-12-31T23:59:59.999Z",
      "1969-12-31T23:59:59.999Z",
    ],
  ],
  ["singleCollaborator", [{ id: ada.id }, { email: bob.email }], [ada, bob]],
  ["multipleCollaborators", [[{ id: bob.id }, ada.id], []], [[bob, ada], null]],
  [
    "multipleRecordLinks",
    [[rec, "recB0000000000002"], [{ id: rec }], []],
    [[rec, "recB0000000000002"], [rec], null],
  ],
  [
    "barcode",
    [{ text: hostile, type: "upce" }, { text: "1" }, { text: "" }],
    [{ text: hostile, type: "upce" }, { text: "1" }, null],
  ],
];

test.each(roundTrips)(
  "%s comes back from its column as it was written",
  async (type, values, expected = values) => {
    const field = fieldOf(type);
    await write(
      field,
      values.map((value) => typeOf(field).parse(value, field, writing)),
    );
    expect(await read(field)).toEqual(expected);
  },
);

test("every type that is written has a round trip here", () => {
  const tested = new Set(roundTrips.map(([type]) => type));
  expect(writable.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([
    "multipleAttachments",
  ]);
});

test("files come back with their addresses", async () => {
  const field = fieldOf("multipleAttachments");
  const file = {
    id: "attA0000000000001",
    filename: hostile,
    hash: "h",
    size: 1,
    type: "text/plain",
  };
  await write(field, [[file] as unknown as Stored, null]);
  expect(await read(field)).toMatchObject([[{ id: file.id, filename: hostile, size: 1 }], null]);
});

test("numbers that JSON cannot write are read as special values", async () => {
  const field = fieldOf("number");
  const { db } = world();
  await db.run(sql`delete from ${ident(schema, "cells")}`);
  await db.run(sql`insert into ${ident(schema, "cells")} (place, ${ident(field.id)})
    values (1, 'NaN'), (2, 'Infinity'), (3, '-Infinity')`);
  expect(await read(field)).toEqual(
    ["NaN", "Infinity", "-Infinity"].map((specialValue) => ({ specialValue })),
  );
});

const sorting: SortContext = {
  linkText: (_fieldId, column) => sql`nullif(array_to_string(${column}, ', '), '')`,
  userText: (column, shape) =>
    shape === "one"
      ? sql`(case ${column} when ${ada.id} then ${ada.name} when ${bob.id} then ${bob.name} end)`
      : sql`array_to_string(${column}, ', ')`,
};

const bare = (filename: string): Stored =>
  [{ id: "attA0000000000001", filename }] as unknown as Stored;

// What is stored, in ascending order; null is the empty cell.
const sorted: [FieldTypeName, readonly Stored[]][] = [
  ["singleLineText", [null, "1", "10", "9", "a", "A b", "B", "b c", "É", "f", "z"]],
  ["multilineText", [null, "A", "a", "B", "b"]],
  ["number", [null, -5, 0, 9, 10, 1e300]],
  ["rating", [null, 1, 5]],
  ["checkbox", [null, true]],
  ["singleSelect", [null, red, green, quoted]],
  ["multipleSelects", [null, [red], [red, green], [red, quoted], [green], [green, red]]],
  ["date", [null, "0001-01-01", "2024-01-02", "2024-02-01", "9999-12-31"]],
  [
    "dateTime",
    [null, "1969-12-31T23:59:59.999Z", "2024-01-02T03:04:05.677Z", "2024-01-02T03:04:05.678Z"],
  ],
  ["singleCollaborator", [null, ada.id, bob.id]],
  ["multipleCollaborators", [null, [ada.id], [ada.id, bob.id], [bob.id]]],
  [
    "multipleRecordLinks",
    [
      null,
      ["recA0000000000001"],
      ["recA0000000000001", "recB0000000000002"],
      ["recB0000000000002"],
    ],
  ],
  ["multipleAttachments", [null, bare("a.png"), bare("B.png"), bare("c.png")]],
  ["barcode", [null, { text: "1" }, { text: "a" }, { text: "B" }]],
];

test.each(sorted)(
  "%s sorts with the empty cell first, and exactly in reverse",
  async (type, values) => {
    const field = fieldOf(type);
    // Written in another order, so that the places are no help: the odd ones first.
    const all = values.map((_, at) => at);
    const written = [...all.filter((at) => at % 2 === 1), ...all.filter((at) => at % 2 === 0)];
    await write(
      field,
      written.map((at) => values[at] ?? null),
    );
    const order = all.map((at) => written.indexOf(at));
    const keys = typeOf(field).sortKeys(field, sql`cells.${ident(field.id)}`, sorting);
    for (const direction of ["asc", "desc"] as const) {
      const rows = await world().db.text(
        sql`select place from ${ident(schema, "cells")} as cells order by ${orderTerms(keys, direction)}`,
      );
      const expected = direction === "asc" ? order : order.toReversed();
      expect(
        rows.map(([place]) => Number(place)),
        direction,
      ).toEqual(expected);
    }
  },
);

test("a choice that is gone sorts as the empty cell that it reads as", async () => {
  const field = fieldOf("singleSelect");
  await write(field, [red, "selGone0000000009"]);
  const keys = typeOf(field).sortKeys(field, ident(field.id), sorting);
  const rows = await world().db.text(
    sql`select place from ${ident(schema, "cells")} order by ${orderTerms(keys, "asc")}`,
  );
  expect(rows).toEqual([["1"], ["0"]]);
});

test("sort keys can be compared with a cursor in their type", async () => {
  for (const field of fields.values()) {
    for (const { expression, sqlType } of typeOf(field).sortKeys(field, ident(field.id), sorting)) {
      await world().db.text(
        sql`select place from ${ident(schema, "cells")} where ${expression} > ${null}::${constant(sqlType)}`,
      );
    }
  }
});

test("types that an upsert may merge on are compared in their own type", async () => {
  const values: Partial<Record<FieldTypeName, Stored>> = {
    date: "2024-01-02",
    dateTime: "2024-01-02T00:00:00Z",
    multipleSelects: [red],
    checkbox: true,
    rating: 3,
  };
  for (const type of writable.filter(({ mergeType }) => mergeType !== null)) {
    const field = fieldOf(type.name);
    const value = values[type.name] ?? (type.recordsetType === "text" ? "a" : 1.5);
    await write(field, [value]);
    const column = ident(field.id);
    const rows = await world().db.text(sql`select c.place
      from ${ident(schema, "cells")} as c
      join json_to_recordset(${JSON.stringify([{ [field.id]: value }])}::json)
        as r(${column} ${constant(type.mergeType ?? "")}) on c.${column} = r.${column}`);
    expect(rows, type.name).toEqual([["0"]]);
  }
});
