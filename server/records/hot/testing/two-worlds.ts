import type { World } from "#kernel";
import type { TestWorld } from "../../../kernel/testing/world.ts";
import type { TestAnswer, TestApi, TestCall } from "../../api/testing/test-api.ts";
import { hotReads } from "../hot-reads.ts";

/** For tests: calls as another process would make them, on the same database. */
export function throughWorld(api: TestApi, world: TestWorld): TestApi {
  const scope = pick(world);
  const call = (path: string, given: TestCall = {}): Promise<TestAnswer> =>
    api.call(path, { ...given, scope: { ...scope, ...given.scope } });
  return { ...api, call, data: (path, given) => call(`/v0/${api.baseId}/${path}`, given) };
}

function pick({
  config,
  db,
  log,
  metrics,
  signals,
  egress,
  store,
  mail,
  parts,
  now,
}: World): World {
  return { config, db, log, metrics, signals, egress, store, mail, parts, now };
}

/** True where the world answers this from memory to the owner of the base. */
export function isHot(world: World, api: TestApi, path: string, minTxn = 0): boolean {
  const target = `/v0/${api.baseId}/${path}`;
  const { owner } = api.people;
  const caches = world.parts.of(hotReads);
  return caches.find({ target, actor: owner, extended: false, minTxn }) !== undefined;
}

/** The answer without what may differ from one process or minute to the next. */
export function essence({ status, text, headers }: TestAnswer): object {
  return {
    status,
    text: text.replace(/"offset":"itr\w{14}/, '"offset":"itr'),
    etag: text.includes('"offset"') ? "" : headers.get("etag"),
    computing: headers.get("x-basalt-computing"),
  };
}

/** The number that an answer shows. */
export function txnOf({ headers }: TestAnswer): number {
  return Number(headers.get("x-basalt-txn"));
}
