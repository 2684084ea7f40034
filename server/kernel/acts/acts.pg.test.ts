import { expect, test } from "vitest";
import { noteAct, sql, type UserActor } from "../index.ts";
import { testWorld } from "../testing/world.ts";

const world = testWorld();

const ada: UserActor = {
  kind: "user",
  userId: "usrAAAAAAAAAAAAAA",
  email: "ada@basalt.test",
  name: "Ada",
  admin: false,
  credential: { kind: "session", sessionId: "sesAAAAAAAAAAAAAA" },
};

interface Entry {
  readonly act: string;
  readonly outcome: string;
  readonly actor_id: string | null;
  readonly actor_name: string | null;
  readonly credential_id: string | null;
  readonly target_name: string | null;
  readonly address: string;
  readonly user_agent: string;
  readonly details: unknown;
}

const entries = async (act: string): Promise<Entry[]> =>
  world().db.all<Entry>(sql`
    select act, outcome, actor_id, actor_name, credential_id, target_name, address, user_agent, details
    from acts.entries where act = ${act} order by seq`);

test("an act is written with who, from where and what changed, in the transaction of the act", async () => {
  const scope = world().scopeFor(ada, { address: "192.0.2.7", userAgent: "browser \0 one" });
  await scope.db.transaction(async (db) =>
    noteAct(
      { ...scope, db },
      {
        act: "test.renamed",
        target: { kind: "base", id: "appAAAAAAAAAAAAAA", name: "Orders\ud800" },
        details: { before: { name: "A" }, after: { name: "Orders \0" } },
      },
    ),
  );
  expect(await entries("test.renamed")).toEqual([
    {
      act: "test.renamed",
      outcome: "ok",
      actor_id: ada.userId,
      actor_name: ada.email,
      credential_id: "sesAAAAAAAAAAAAAA",
      target_name: "Orders\ufffd",
      address: "192.0.2.7",
      user_agent: "browser \ufffd one",
      details: { before: { name: "A" }, after: { name: "Orders \ufffd" } },
    },
  ]);
  const failing = scope.db.transaction(async (db) => {
    await noteAct({ ...scope, db }, { act: "test.never" });
    throw new Error("the act itself fails");
  });
  await expect(failing).rejects.toThrow(/itself fails/);
  expect(await entries("test.never")).toEqual([]);
});

test("secrets are hidden and details are bounded", async () => {
  const scope = world().scopeFor(ada);
  await noteAct(scope, {
    act: "test.secrets",
    details: { password: "hunter2", note: "Bearer abcdefghijk", after: { token: "tok-1" } },
  });
  await noteAct(scope, { act: "test.large", details: { text: "x".repeat(100_000) } });
  const [secrets] = await entries("test.secrets");
  expect(secrets?.details).toEqual({
    password: "[hidden]",
    note: "Bearer [hidden]",
    after: { token: "[hidden]" },
  });
  const [large] = await entries("test.large");
  expect(large?.details).toEqual({ leftOut: "too large", characters: 100_011 });
});

test.each([
  ["update acts.entries set outcome = 'refused'"],
  ["update acts.entries_rest set outcome = 'refused'"],
  ["delete from acts.entries"],
  ["truncate acts.entries"],
  ["drop table acts.entries_rest"],
  ["drop schema acts cascade"],
  ["drop trigger only_grows on acts.entries"],
  ["alter table acts.entries disable trigger all"],
  ["alter table acts.entries drop column actor_id"],
  ["alter table acts.entries detach partition acts.entries_rest"],
  ["create rule hide as on insert to acts.entries do instead nothing"],
  [
    "create or replace function acts.refuse_change() returns trigger language plpgsql as 'begin return null; end'",
  ],
  [
    "insert into acts.entries (seq, at, act, outcome, actor_kind, address, user_agent, request_id, source) overriding system value values (1, now(), 'a.b', 'ok', 'system', '', '', '', 'api')",
  ],
  ["update acts.seals set entries = 0"],
  ["select acts.drop_month(now()::date)"],
  ["set session_replication_role = replica"],
])("the role of the application cannot: %s", async (statement) => {
  await noteAct(world().system, { act: "test.kept" });
  const before = await entries("test.kept");
  await expect(world().db.script(statement)).rejects.toMatchObject({
    code: expect.stringMatching(/^(42501|42P16|428C9)$/) as string,
  });
  expect(await entries("test.kept")).toEqual(before);
});

test("a month is dropped whole once it lies thirty days back, and not before", async () => {
  const scope = world().system;
  await scope.db.script(
    "select acts.make_month('2020-02-10'); select acts.make_month('2020-02-10')",
  );
  await noteAct({ ...scope, now: () => new Date("2020-02-29T23:59:59Z") }, { act: "test.old" });
  await noteAct({ ...scope, now: () => new Date("2020-03-01T00:00:00Z") }, { act: "test.old" });
  const drop = async (month: string) =>
    scope.db.one<{ gone: number }>(sql`select acts.drop_month(${month}::date) as gone`);
  expect(await drop("2020-02-01")).toEqual({ gone: 1 });
  expect(await drop("2020-02-01")).toEqual({ gone: 0 });
  expect(await entries("test.old")).toHaveLength(1);
});
