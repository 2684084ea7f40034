import { expect, test } from "vitest";
import { noteAct, sql } from "#kernel";
import { openTestWorld, type TestWorld } from "../kernel/testing/world.ts";
import { checkIntegrity } from "./check-integrity.ts";
import { keepActs } from "./keep-acts.ts";
import { sealActs } from "./seal-acts.ts";

/** A world with three sealed rounds of acts. */
async function sealedWorld(): Promise<TestWorld> {
  const world = await openTestWorld();
  for (const round of [1, 2, 3]) {
    for (const act of ["a", "b", "c"]) {
      await noteAct(world.system, { act: `test.${act}`, details: { round } });
    }
    expect(await sealActs(world.system)).toBe(3);
  }
  return world;
}

/** As whoever owns the server could: becomes the owner of the tables and takes the guards away. */
async function asIntruder(world: TestWorld, statement: string): Promise<void> {
  const { keeper, login } = await world.db.one<{ keeper: string; login: string }>(sql`
    select pg_get_userbyid(relowner) as keeper, current_user as login from pg_class where oid = 'acts.entries'::regclass`);
  await world.db.script(`begin; grant ${keeper} to ${login}; set local role ${keeper};
    alter table acts.entries disable trigger all; alter table acts.seals disable trigger all;
    ${statement}; reset role; revoke ${keeper} from ${login}; commit`);
}

test("acts that nobody touched hold, and those that came since are counted", async () => {
  const world = await sealedWorld();
  await noteAct(world.system, { act: "test.late" });
  expect(await checkIntegrity(world.system)).toMatchObject({
    ok: true,
    seals: 3,
    entries: 9,
    unsealed: 1,
    heldBy: "owner",
    problems: [],
    newestSeal: { id: 3 },
  });
  expect(await sealActs(world.system)).toBe(1);
  expect(await sealActs(world.system)).toBe(0);
  await world.close();
});

test.each([
  [
    "an act that is changed",
    "update acts.entries set actor_name = 'somebody else' where seq = 5",
    "acts-changed",
  ],
  [
    "details that are changed",
    `update acts.entries set details = '{"round": 9}' where seq = 2`,
    "acts-changed",
  ],
  [
    "a time that is changed",
    "update acts.entries set at = at + interval '1 microsecond' where seq = 2",
    "acts-changed",
  ],
  ["an act that is removed", "delete from acts.entries where seq = 5", "acts-changed"],
  ["a seal that is changed", "update acts.seals set entries = 2 where id = 2", "seal-changed"],
  ["a seal that is removed", "delete from acts.seals where id = 2", "chain-broken"],
  [
    "a seal that is removed with its acts",
    "delete from acts.entries where seq between 4 and 6; delete from acts.seals where id = 2",
    "chain-broken",
  ],
  [
    "the first seal with its acts",
    "delete from acts.entries where seq < 4; delete from acts.seals where id = 1",
    "chain-broken",
  ],
])("%s is found", async (_what, statement, finding) => {
  const world = await sealedWorld();
  await asIntruder(world, statement);
  const report = await checkIntegrity(world.system);
  expect(report.ok).toBe(false);
  expect(report.problems.map(({ what }) => what)).toContain(finding);
  await world.close();
});

test("an act that is slipped in between is found; one that commits late is sealed later", async () => {
  const world = await sealedWorld();
  const late = world.db.transaction(async (db) => {
    await noteAct({ ...world.system, db }, { act: "test.late" });
    await noteAct(world.system, { act: "test.soon" });
    expect(await sealActs(world.system)).toBe(1);
  });
  await late;
  expect(await sealActs(world.system)).toBe(1);
  expect((await checkIntegrity(world.system)).ok).toBe(true);
  await asIntruder(world, "delete from acts.entries where seq = 1");
  await asIntruder(
    world,
    `insert into acts.entries (seq, at, act, outcome, actor_kind, address, user_agent, request_id, source)
     overriding system value values (1, now(), 'test.a', 'ok', 'system', '', '', '', 'system')`,
  );
  expect((await checkIntegrity(world.system)).problems).toMatchObject([{ what: "acts-changed" }]);
  await world.close();
});

test("another secret is not taken for tampering", async () => {
  const world = await sealedWorld();
  const config = { ...world.config, secret: "another secret that is long enough too" };
  const report = await checkIntegrity({ ...world.system, config });
  expect(report.problems.map(({ what }) => what)).toEqual(Array(3).fill("other-secret"));
  await world.close();
});

test("months that are old enough go whole, and the chain of the others holds", async () => {
  const world = await openTestWorld();
  for (const month of ["2020-01-15", "2020-02-15", "2020-03-15"]) {
    await world.db.run(sql`select acts.make_month(${month}::date)`);
    world.setClock(new Date(`${month}T12:00:00Z`));
    await noteAct(world.system, { act: "test.old" });
    await sealActs(world.system);
  }
  world.setClock(null);
  await noteAct(world.system, { act: "test.new" });
  expect(await keepActs(world.system)).toEqual(["202001", "202002", "202003"]);
  expect(await keepActs(world.system)).toEqual([]);
  await sealActs(world.system);
  expect(await checkIntegrity(world.system)).toMatchObject({ ok: true, unsealed: 0, entries: 4 });
  await asIntruder(world, "delete from acts.entries where act = 'audit.month-dropped'");
  expect((await checkIntegrity(world.system)).ok).toBe(false);
  await world.close();
});
