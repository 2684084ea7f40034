import { beforeAll, expect, test } from "vitest";
import { Problem, readEvents, type Egress, type EgressAnswer } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import type { Table } from "../schema/base-schema.ts";
import { fieldsOf, shape } from "../testing/linked-tables.ts";
import { newBase, newOwner } from "../testing/new-base.ts";
import type { Scope } from "#kernel";
import { createRecords } from "./create-records.ts";
import { getRecord } from "./get-record.ts";
import { updateRecords } from "./update-records.ts";

/** Answers by host: `fast` at once, `slow` when the test lets it, `gone` never well, `private` is refused. */
const gate = Promise.withResolvers<void>();
const egress: Egress = {
  send: async ({ url }) => {
    const { hostname } = new URL(url);
    if (hostname === "private.test") {
      throw new Problem("invalid", "kernel.egress-address", { message: "address not allowed" });
    }
    if (hostname !== "fast.test") {
      await gate.promise;
    }
    if (hostname === "gone.test") {
      throw new Problem("invalid", "kernel.egress-failed", { message: "no" });
    }
    return answer(url, `bytes of ${hostname}`);
  },
  close: async () => undefined,
};

function answer(url: string, text: string): EgressAnswer {
  const bytes = new TextEncoder().encode(text);
  return {
    status: 200,
    headers: { "content-type": "text/plain" },
    url,
    bytes: async () => bytes,
    text: async () => text,
    body: (async function* body() {
      yield bytes;
    })(),
  };
}

const world = testWorld({ egress });
let scope: Scope;
let table: Table;
let baseId: string;

beforeAll(async () => {
  const owner = await newOwner(world());
  scope = owner.scope;
  ({ baseId, table } = await newBase(scope, owner.workspaceId, [
    { name: "Name", type: "singleLineText" },
    { name: "Files", type: "multipleAttachments" },
  ]));
});

const filesOf = async (recordId: string): Promise<Record<string, unknown>[]> =>
  (fieldsOf((await getRecord(scope, { table, recordId, shape })).record)["Files"] ?? []) as Record<
    string,
    unknown
  >[];

test("a write waits five seconds at most; what comes later takes its place, what fails disappears", async () => {
  const { ids, txn } = await createRecords(scope, {
    table,
    rows: [
      {
        fields: {
          Files: ["fast", "slow", "gone"].map((host) => ({ url: `https://${host}.test/a.txt` })),
        },
      },
    ],
    typecast: false,
    shape,
  });
  const [id = ""] = ids;
  const first = await filesOf(id);
  expect(first.map(({ filename, size }) => [filename, size])).toEqual([
    ["a.txt", 18],
    ["a.txt", undefined],
    ["a.txt", undefined],
  ]);
  expect(first[1]?.["url"]).toBe("https://slow.test/a.txt");
  await updateRecords(scope, {
    table,
    rows: [{ id, fields: { Files: first.map((file) => ({ id: file["id"] })) } }],
    replace: false,
    single: true,
    typecast: false,
    shape,
  });
  gate.resolve();
  await expect.poll(async () => (await filesOf(id)).map(({ size }) => size)).toEqual([18, 18]);
  const now = await filesOf(id);
  expect(now.map((file) => file["id"])).toEqual([first[0]?.["id"], first[1]?.["id"]]);
  const log = await readEvents(world().db, { baseId, after: txn, limit: 100 });
  expect(log.map(({ name }) => name)).toContain("records.updated");
});

test("an address that may not be asked is refused, and nothing is written", async () => {
  await expect(
    createRecords(scope, {
      table,
      rows: [{ fields: { Name: "never", Files: [{ url: "http://private.test/x" }] } }],
      typecast: false,
      shape,
    }),
  ).rejects.toMatchObject({ details: { airtable: { type: "INVALID_ATTACHMENT_OBJECT" } } });
});
