import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { Problem, usageGate, type Scope, type UsageGate } from "#kernel";
import { listBases } from "#workspaces";
import { testWorld } from "../../kernel/testing/world.ts";
import { exportBase } from "../base-files/export-base.ts";
import { importBase } from "../base-files/import-base.ts";
import { measureBase } from "../bases/measure-base.ts";
import type { Table } from "../schema/base-schema.ts";
import { shape } from "../testing/linked-tables.ts";
import { newBase, newOwner } from "../testing/new-base.ts";
import { addAttachment } from "./add-attachment.ts";
import { createRecords } from "./create-records.ts";
import { deleteRecords } from "./delete-records.ts";
import { listRecords } from "./list-records.ts";
import { updateRecords } from "./update-records.ts";
import { upsertRecords } from "./upsert-records.ts";

const bytes = new TextEncoder().encode("a file");
const egress = {
  send: async ({ url }: { url: string }) => ({
    status: 200,
    headers: { "content-type": "text/plain" },
    url,
    bytes: async () => bytes,
    text: async () => "a file",
    body: (async function* body() {
      yield bytes;
    })(),
  }),
  close: async () => undefined,
};

const world = testWorld({ egress });
let scope: Scope;
let table: Table;
let baseId: string;
let workspaceId: string;

/** Has room for so much; what was asked of it is written down. */
const room = { records: 0, storage: 0 };
const asked: string[] = [];
const counted: string[] = [];
const gate: UsageGate = {
  require: (place, resource, amount) => {
    asked.push(`${"baseId" in place ? "base" : "workspace"} ${resource} ${amount}`);
    if (resource in room && room[resource as keyof typeof room] < Math.max(1, amount)) {
      throw new Problem("forbidden", "kernel.quota-exceeded", { message: "no room" });
    }
  },
  count: ({ place, resource, amount }) => {
    counted.push(`${"baseId" in place ? "base" : "workspace"} ${resource} ${amount}`);
  },
};

beforeAll(async () => {
  const owner = await newOwner(world());
  ({ scope, workspaceId } = owner);
  ({ baseId, table } = await newBase(scope, workspaceId, [
    { name: "Name", type: "singleLineText" },
    { name: "Files", type: "multipleAttachments" },
  ]));
  world().parts.of(usageGate).fit(gate);
});

const call = { typecast: false, shape };
const create = (...names: string[]) =>
  createRecords(scope, { ...call, table, rows: names.map((Name) => ({ fields: { Name } })) });
const full = expect.objectContaining({ code: "kernel.quota-exceeded" });

async function stored(): Promise<number> {
  return (await listRecords(scope, { table, shape, pageSize: 100 })).records.length;
}

test("records that there is no room for are not made, in whatever way they come", async () => {
  room.records = 2;
  const { ids } = await create("a", "b");
  await expect(create("c", "d", "e")).rejects.toEqual(full);
  const upsert = (...names: string[]) =>
    upsertRecords(scope, {
      ...call,
      table,
      rows: names.map((Name) => ({ fields: { Name } })),
      mergeOn: ["Name"],
      replace: false,
    });
  await expect(upsert("a", "x", "y", "z")).rejects.toEqual(full);
  expect(await stored()).toBe(2);
  room.records = 0;
  // What is there may be changed and deleted without any room.
  await upsert("a", "b");
  await updateRecords(scope, {
    ...call,
    table,
    rows: [{ id: ids[0] ?? "", fields: { Name: "changed" } }],
    replace: false,
    single: false,
  });
  await deleteRecords(scope, { table, ids: [ids[1] ?? ""], single: false });
  expect(await stored()).toBe(1);
  expect(asked).toEqual(["base records 2", "base records 3", "base records 3"]);
  expect(counted).toEqual(["base records 2"]);
  room.records = 1;
  await upsert("changed", "of two one");
  expect(counted).toEqual(["base records 2", "base records 1"]);
});

test("files that there is no room for are neither fetched nor kept", async () => {
  room.records = 10;
  room.storage = 0;
  const withFile = () =>
    createRecords(scope, {
      ...call,
      table,
      rows: [{ fields: { Name: "f", Files: [{ url: "https://fast.test/a.txt" }] } }],
    });
  await expect(withFile()).rejects.toEqual(full);
  room.storage = bytes.length - 1;
  await expect(withFile()).rejects.toEqual(full);
  const field = table.fields.find(({ name }) => name === "Files");
  const { ids } = await create("g");
  const upload = () =>
    addAttachment(scope, {
      table,
      field: { id: field?.id ?? "" },
      recordId: ids[0] ?? "",
      bytes,
      filename: "b.txt",
      contentType: "text/plain",
    });
  await expect(upload()).rejects.toEqual(full);
  room.storage = bytes.length;
  await upload();
  await withFile();
  expect(await measureBase(scope, baseId)).toMatchObject({
    records: 4,
    storage: 2 * bytes.length,
  });
});

test("a base is measured as of one of its transactions", async () => {
  room.records = 10;
  const before = await measureBase(scope, baseId);
  await create("one more");
  const after = await measureBase(scope, baseId);
  expect(after?.records).toBe((before?.records ?? 0) + 1);
  expect(after?.txn).toBe((before?.txn ?? 0) + 1);
});

test("a base that there is no room for does not come in", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "basalt-room-"));
  try {
    const { bytes: archive } = await exportBase(scope, { baseId, program: "test" });
    const file = path.join(folder, "base.zip");
    await writeFile(file, archive as AsyncIterable<Uint8Array>);
    const bases = async () => (await listBases(scope)).length;
    const before = await bases();
    const bring = () => importBase(scope, { workspaceId, keepIds: false, file });
    asked.length = 0;
    room.records = 1;
    await expect(bring()).rejects.toEqual(full);
    room.records = 100;
    room.storage = 1;
    await expect(bring()).rejects.toEqual(full);
    expect(await bases()).toBe(before);
    room.storage = 1_000;
    const { records, id } = await bring();
    expect(asked.slice(-2)).toEqual([`workspace records ${records}`, "workspace storage 6"]);
    expect((await measureBase(scope, id))?.records).toBe(records);
    expect(counted.at(-1)).toBe(`workspace records ${records}`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
