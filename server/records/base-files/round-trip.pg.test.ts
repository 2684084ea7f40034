import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { storeAttachment } from "#files";
import { ident, readEvents, sql, type Scope } from "#kernel";
import { updateBase } from "#workspaces";
import { openTestWorld, testWorld } from "../../kernel/testing/world.ts";
import { createComment } from "../comments/create-comment.ts";
import { fieldTypes } from "../field-types/registry.ts";
import { createRecords } from "../rows/create-records.ts";
import { deleteRecords } from "../rows/delete-records.ts";
import { listRecords } from "../rows/list-records.ts";
import type { RecordShape } from "../rows/record-json.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import type { Table } from "../schema/base-schema.ts";
import { addTable, newBase, newOwner, tableNow } from "../testing/new-base.ts";
import { exportBase } from "./export-base.ts";
import { importBase } from "./import-base.ts";
import { entriesOfZip } from "./testing/zip-entries.ts";

const world = testWorld();
const shape: RecordShape = {
  byFieldId: false,
  cellFormat: "json",
  commentCount: false,
  version: false,
};
const hostile = `Robert'); drop table "x"; -- \\ "quoted" 😀 \u202e`;

let folder: string;
let scope: Scope;
let workspaceId: string;
let baseId: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "basalt-base-file-"));
  ({ scope, workspaceId } = await newOwner(world()));
  baseId = await fullBase(scope, workspaceId);
});
afterAll(() => rm(folder, { recursive: true }));

/** A base with every field type, links of each kind, a file, comments and names that are hard to write. */
async function fullBase(owner: Scope, inWorkspace: string): Promise<string> {
  const userId = owner.actor.kind === "user" ? owner.actor.userId : "";
  const moment = {
    timeZone: "utc",
    dateFormat: { name: "iso" },
    timeFormat: { name: "24hour" },
  };
  const choices = { choices: [{ name: hostile }, { name: "b", color: "redBright" }] };
  const base = await newBase(owner, inWorkspace, [
    { name: "Name", type: "singleLineText" },
    { name: hostile, type: "multilineText", description: "Says\nmore" },
    { name: "Rich", type: "richText" },
    { name: "Mail", type: "email" },
    { name: "Web", type: "url" },
    { name: "Phone", type: "phoneNumber" },
    { name: "Number", type: "number", options: { precision: 3 } },
    { name: "Price", type: "currency", options: { precision: 2, symbol: "€" } },
    { name: "Part", type: "percent", options: { precision: 1 } },
    { name: "Time", type: "duration", options: { durationFormat: "h:mm:ss.SSS" } },
    { name: "Stars", type: "rating", options: { icon: "star", max: 5, color: "yellowBright" } },
    { name: "Done", type: "checkbox", options: { icon: "check", color: "greenBright" } },
    { name: "One", type: "singleSelect", options: choices },
    { name: "Some", type: "multipleSelects", options: choices },
    { name: "Day", type: "date", options: { dateFormat: { name: "local" } } },
    { name: "Moment", type: "dateTime", options: moment },
    { name: "Who", type: "singleCollaborator" },
    { name: "All", type: "multipleCollaborators" },
    { name: "Files", type: "multipleAttachments" },
    { name: "Code", type: "barcode" },
    { name: "No", type: "autoNumber" },
    {
      name: "Made",
      type: "createdTime",
      options: { result: { type: "dateTime", options: moment } },
    },
    { name: "Changed", type: "lastModifiedTime" },
    { name: "Maker", type: "createdBy" },
    { name: "Changer", type: "lastModifiedBy" },
  ]);
  const second = await addTable(owner, {
    baseId: base.baseId,
    name: hostile,
    fields: [
      { name: "Title", type: "autoNumber" },
      { name: "Firsts", type: "multipleRecordLinks", options: { linkedTableId: base.table.id } },
    ],
  });
  const first = await tableNow(owner, base.baseId, base.table.id);
  const { ids } = await createRecords(owner, {
    table: first,
    typecast: false,
    shape,
    rows: [
      {
        fields: {
          Name: hostile,
          [hostile]: "line\nfeed\ttab\u2028",
          Rich: "**b**",
          Mail: "a@b.c",
          Web: "https://a.b",
          Phone: "+1",
          Number: 0.1 + 0.2,
          Price: -1.25e-7,
          Part: 0.5,
          Time: 3661.123,
          Stars: 5,
          Done: true,
          One: hostile,
          Some: ["b", hostile],
          Day: "0099-02-28",
          Moment: "2026-01-02T03:04:05.678Z",
          Who: { id: userId },
          All: [{ id: userId }],
          Code: { text: "123", type: "ean13" },
        },
      },
      { fields: { Name: "gone" } },
      { fields: {} },
    ],
  });
  await deleteRecords(owner, { table: first, ids: [ids[1] ?? ""], single: false });
  await attach(first, ids[0] ?? "");
  await createRecords(owner, {
    table: await tableNow(owner, base.baseId, second.id),
    typecast: false,
    shape,
    rows: [
      { fields: { Firsts: [ids[2] ?? "", ids[0] ?? ""] } },
      { fields: { Firsts: [ids[0] ?? ""] } },
    ],
  });
  const on = { table: first, recordId: ids[0] ?? "" };
  const { comment } = await createComment(owner, { ...on, text: `Hello @[${userId}] ${hostile}` });
  await createComment(owner, { ...on, text: "An answer", parentCommentId: comment.id });
  await updateBase(owner, base.baseId, { description: hostile, color: "blue", icon: "box" });
  return base.baseId;
}

/** A stored file, written into the cell as an upload would. */
async function attach(table: Table, recordId: string): Promise<void> {
  const field = table.fieldsByName.get("Files");
  const file = await storeAttachment(world().system, {
    bytes: new TextEncoder().encode("The content."),
    filename: `../${hostile}.txt`,
  });
  await world().db.run(
    sql`update ${ident(table.baseId, table.id)} set ${ident(field?.id ?? "")} = ${JSON.stringify([file])}::jsonb
      where id = ${recordId}`,
  );
}

async function exported(from: Scope, id: string): Promise<Buffer> {
  const { bytes } = await exportBase(from, { baseId: id, program: "test" });
  return Buffer.concat(await Array.fromAsync(bytes as AsyncIterable<Uint8Array>));
}

async function saved(bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, randomUUID());
  await writeFile(file, bytes);
  return file;
}

async function rowsOf(of: Scope, id: string): Promise<unknown[]> {
  const { tables } = await schemaOf(of, id);
  return Promise.all(
    tables.map(async (table) => {
      const page = await listRecords(of, { table, shape, pageSize: 100 });
      return page.records.map((record) => JSON.parse(record).fields);
    }),
  );
}

test("every field type that exists is in the base", async () => {
  const { tables } = await schemaOf(scope, baseId);
  const used = new Set(tables.flatMap(({ fields }) => fields.map(({ type }) => type)));
  expect([...used].toSorted()).toEqual(Object.keys(fieldTypes).toSorted());
});

test("in another instance, with the ids kept, the export is the same but for its stamp", async () => {
  const at = new Date("2026-01-01T00:00:00Z");
  world().setClock(at);
  const before = await exported(scope, baseId);
  const other = await openTestWorld();
  try {
    other.setClock(at);
    const there = await newOwner(other, "Other");
    const file = await saved(before);
    const made = await importBase(there.scope, {
      workspaceId: there.workspaceId,
      keepIds: true,
      file,
    });
    expect(made).toMatchObject({ id: baseId, tables: 2, records: 4, comments: 2, files: 1 });
    const after = await exported(there.scope, baseId);
    expect(await entriesOfZip(await saved(after))).toEqual(await entriesOfZip(file));
    expect(after.equals(before)).toBe(true);
    await expect(
      importBase(there.scope, { workspaceId: there.workspaceId, keepIds: true, file }),
    ).rejects.toMatchObject({ kind: "conflict", message: "A base with this id exists already." });
  } finally {
    world().setClock(null);
    await other.close();
  }
});
