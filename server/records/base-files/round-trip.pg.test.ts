import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createUser } from "#identity";
import { readEvents, type Scope } from "#kernel";
import { baseOf, listBases } from "#workspaces";
import { openTestWorld, testWorld } from "../../kernel/testing/world.ts";
import { listComments } from "../comments/list-comments.ts";
import { fieldTypes } from "../field-types/registry.ts";
import { createRecords } from "../rows/create-records.ts";
import { deleteRecords } from "../rows/delete-records.ts";
import { listRecords } from "../rows/list-records.ts";
import type { RecordShape } from "../rows/record-json.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { newOwner } from "../testing/new-base.ts";
import { exportBase } from "./export-base.ts";
import { importBase } from "./import-base.ts";
import { fullBase } from "./testing/full-base.ts";
import { entriesOfZip } from "./testing/zip-entries.ts";

const world = testWorld();
const shape: RecordShape = {
  byFieldId: false,
  cellFormat: "json",
  commentCount: false,
  version: false,
};

const rowsOwn: ReadonlySet<string> = new Set([
  "autoNumber",
  "createdTime",
  "lastModifiedTime",
  "createdBy",
  "lastModifiedBy",
]);

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

/** Those whose cells are written, or are the record's own number, times and authors. */
const notComputedFromOthers = Object.values(fieldTypes)
  .filter((type) => !type.computed || rowsOwn.has(type.name))
  .map(({ name }) => name)
  .toSorted();

test("every field type that exists is in the base", async () => {
  const { tables } = await schemaOf(scope, baseId);
  const used = new Set(tables.flatMap(({ fields }) => fields.map(({ type }) => type)));
  expect([...used].toSorted()).toEqual(notComputedFromOthers);
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

describe("with new ids", () => {
  let copyId: string;

  beforeAll(async () => {
    const file = await saved(await exported(scope, baseId));
    const made = await importBase(scope, { workspaceId, keepIds: false, name: "Copy", file });
    copyId = made.id;
  });

  /** Everything that is an id, replaced by where it was seen first; addresses carry ids and times. */
  const withoutIds = (value: unknown): unknown => {
    const seen = new Map<string, string>();
    const text = JSON.stringify(value)
      .replaceAll(/"url":"[^"]*"/g, '"url":""')
      .replaceAll(
        /\b(app|tbl|fld|viw|rec|sel|att|com|lnk)[A-Za-z0-9]{14}\b/g,
        (id, prefix: string) => {
          seen.set(id, seen.get(id) ?? `${prefix} ${seen.size}`);
          return seen.get(id) ?? "";
        },
      );
    return JSON.parse(text);
  };

  test("everything is the same but for the ids, of which none is shared", async () => {
    const idsOf = (text: string): Set<string> =>
      new Set(text.match(/\b(app|tbl|fld|viw|rec|sel|att|com|lnk)[A-Za-z0-9]{14}\b/g));
    const [before, after] = await Promise.all(
      [baseId, copyId].map(async (id) => [
        (await schemaOf(scope, id)).tables.map(({ name, fields, views }) => ({
          name,
          fields,
          views,
        })),
        await rowsOf(scope, id),
      ]),
    );
    expect(withoutIds(after)).toEqual(withoutIds(before));
    const shared = idsOf(JSON.stringify(before)).intersection(idsOf(JSON.stringify(after)));
    expect([...shared]).toEqual([]);
    expect(await baseOf(scope, copyId)).toMatchObject({ name: "Copy", color: "blue", icon: "box" });
  });

  test("comments and their answers are on the copied record", async () => {
    const [table] = (await schemaOf(scope, copyId)).tables;
    if (table === undefined) {
      throw new Error("the copy has no table");
    }
    const page = await listRecords(scope, { table, shape, pageSize: 1 });
    const recordId = String(JSON.parse(page.records[0] ?? "{}").id);
    const { comments } = await listComments(scope, { table, recordId, pageSize: 10 });
    const [answer, first] = comments;
    expect(comments).toHaveLength(2);
    expect(answer).toMatchObject({ text: "An answer", parentCommentId: first?.id });
    expect(Object.keys(first?.mentioned ?? {})).toHaveLength(1);
  });

  test("links work on both sides, and numbers go on where they stopped", async () => {
    const [first, second] = (await schemaOf(scope, copyId)).tables;
    if (first === undefined || second === undefined) {
      throw new Error("the copy has no tables");
    }
    const made = await createRecords(scope, {
      table: first,
      shape,
      typecast: false,
      rows: [{ fields: { Name: "new" } }],
    });
    expect(JSON.parse(made.records[0] ?? "{}").fields.No).toBe(4);
    const link = second.fieldsByName.get("Firsts");
    const linking = await createRecords(scope, {
      table: second,
      shape,
      typecast: false,
      rows: [{ fields: { [link?.name ?? ""]: [made.ids[0]] } }],
    });
    await deleteRecords(scope, { table: second, ids: [...linking.ids], single: false });
    const page = await listRecords(scope, { table: first, shape, pageSize: 10 });
    const cells = page.records.map((record) => JSON.parse(record).fields);
    const inverse = first.fields.find(({ type }) => type === "multipleRecordLinks");
    expect(cells.map((fields) => fields[inverse?.name ?? ""]?.length ?? 0)).toEqual([2, 1, 0]);
  });

  test("the log tells the import in one entry", async () => {
    const events = await readEvents(world().db, { baseId: copyId, after: 0, limit: 10 });
    const imported = events.filter(({ name }) => name === "base.imported");
    expect(imported).toMatchObject([{ txn: 2, source: "import", body: { comments: 2, files: 1 } }]);
    expect(events.filter(({ name }) => name.startsWith("records."))).toHaveLength(5);
  });
});

test("persons are found again by their address, others stay unknown and are kept", async () => {
  const other = await openTestWorld();
  try {
    const email = scope.actor.kind === "user" ? scope.actor.email : "";
    const there = await newOwner(other, "There");
    const user = await createUser(other.system, { email: email.toUpperCase(), name: "Ada there" });
    const file = await saved(await exported(scope, baseId));
    const target = { workspaceId: there.workspaceId, keepIds: false, file };
    const { id } = await importBase(there.scope, target);
    const [rows] = await rowsOf(there.scope, id);
    expect(rows).toMatchObject([{ Who: { id: user.id }, Maker: { name: "Ada there" } }, {}]);
  } finally {
    await other.close();
  }
});

test("an export whose reader goes ends, and leaves no transaction open", async () => {
  const { bytes } = await exportBase(scope, { baseId, program: "test" });
  await once(bytes, "readable");
  bytes.destroy();
  const usedConnections = (): number => world().db.usage().total - world().db.usage().idle;
  await expect.poll(usedConnections).toBe(0);
  await exported(scope, baseId);
  await exported(scope, baseId);
  await expect.poll(usedConnections).toBe(0);
});

test("those who may not make changes to the base may not export it", async () => {
  const stranger = await newOwner(world(), "Eve");
  await expect(exportBase(stranger.scope, { baseId, program: "test" })).rejects.toMatchObject({
    code: "workspaces.not-found-or-not-allowed",
  });
  const file = await saved(await exported(scope, baseId));
  await expect(
    importBase(stranger.scope, { workspaceId, keepIds: false, file }),
  ).rejects.toMatchObject({ code: "workspaces.not-found-or-not-allowed" });
  expect(await readFile(file)).not.toHaveLength(0);
  expect(await listBases(stranger.scope)).toEqual([]);
});
