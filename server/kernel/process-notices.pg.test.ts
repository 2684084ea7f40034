import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ChangeNotices, type ChangeNotice } from "./change-notices.ts";
import { SideConnection } from "./db/side-connection.ts";
import { silentLog } from "./log.ts";
import { NOTICES_CHANNEL } from "./process-notices.sql.ts";
import { ProcessNotices } from "./process-notices.ts";
import { sql } from "./db/sql.ts";
import { testWorld } from "./testing/world.ts";

const world = testWorld();
const BASE = "appAAAAAAAAAAAAAA";
const closers: (() => Promise<void>)[] = [];

interface Process {
  readonly notices: ChangeNotices;
  readonly heard: ChangeNotice[];
  readonly side: SideConnection;
  alone: boolean;
}
let one: Process;
let two: Process;

beforeAll(async () => {
  one = await open("one");
  two = await open("two");
});

afterAll(async () => {
  for (const close of closers) {
    await close();
  }
});

async function open(processId: string): Promise<Process> {
  const side = new SideConnection({ url: world().url, log: silentLog });
  const notices = new ChangeNotices();
  const heard: ChangeNotice[] = [];
  notices.listen((notice) => heard.push(notice));
  const opened: Process = { notices, heard, side, alone: false };
  const isAlone = (): boolean => opened.alone;
  const transport = new ProcessNotices({ processId, side, log: silentLog, isAlone });
  closers.push(notices.use(transport), () => side.close());
  await side.open();
  return opened;
}

const id = (prefix: string, at: number): string => `${prefix}${String(at).padStart(14, "0")}`;
const ids = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => id(prefix, at));

/** Tells through one process; what the other one hears. */
async function told(...notices: ChangeNotice[]): Promise<readonly ChangeNotice[]> {
  two.heard.length = 0;
  notices.forEach((notice) => one.notices.tell(notice));
  await vi.waitFor(() => expect(two.heard).toHaveLength(notices.length), 5_000);
  return two.heard;
}

test("what one process tells, the other hears, and it itself only once and at once", async () => {
  const notices: ChangeNotice[] = [
    { baseId: BASE, txn: 1, tables: [{ tableId: id("tbl", 1), records: ids("rec", 3) }] },
    {
      baseId: BASE,
      txn: 2,
      tables: [{ tableId: id("tbl", 1) }, { tableId: id("tbl", 2), records: [] }],
    },
    { baseId: BASE, txn: 3, tables: "all" },
    { baseId: BASE, txn: 4, tables: [] },
  ];
  one.heard.length = 0;
  expect(await told(...notices)).toEqual(notices);
  expect(one.heard).toEqual(notices);
});

test("many are sent in as few messages as fit, all of them in order", async () => {
  const notices = Array.from({ length: 900 }, (_, at) => ({
    baseId: BASE,
    txn: at + 1,
    tables: [{ tableId: id("tbl", at), records: [id("rec", at)] }],
  }));
  expect(await told(...notices)).toEqual(notices);
});

test("what is too large for a message says less, never nothing", async () => {
  const tableId = id("tbl", 1);
  const records = ids("rec", 2_000);
  expect(await told({ baseId: BASE, txn: 1, tables: [{ tableId, records }] })).toEqual([
    { baseId: BASE, txn: 1, tables: [{ tableId }] },
  ]);
  const tables = ids("tbl", 1_000).map((table) => ({ tableId: table }));
  expect(await told({ baseId: BASE, txn: 2, tables })).toEqual([
    { baseId: BASE, txn: 2, tables: "all" },
  ]);
});

test("messages of others on the channel are passed over", async () => {
  for (const message of [
    "",
    "x",
    "null",
    "{}",
    '["x", 1]',
    '["x", null]',
    '["x", ["app", 1, 5]]',
  ]) {
    await one.side.rows(sql`select pg_notify(${NOTICES_CHANNEL}, ${message})`);
  }
  const notice: ChangeNotice = { baseId: BASE, txn: 9, tables: "all" };
  expect(await told(notice)).toContainEqual(notice);
});

test("who is alone tells nobody", async () => {
  one.alone = true;
  two.heard.length = 0;
  one.notices.tell({ baseId: BASE, txn: 10, tables: "all" });
  await new Promise((resolve) => {
    setTimeout(resolve, 50);
  });
  one.alone = false;
  expect(await told({ baseId: BASE, txn: 11, tables: "all" })).toEqual([
    { baseId: BASE, txn: 11, tables: "all" },
  ]);
});
