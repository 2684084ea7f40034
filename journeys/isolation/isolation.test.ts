import { beforeAll, describe, expect, test } from "vitest";
import { type Answer, call, expectOk, makeBase, makeKey, register } from "../api.ts";
import { journeyServer } from "../journey-server.ts";
import { builds, leftOut, namesUsers, orderedByIds, type Build } from "./grid.ts";
import { type Home, type Ids, madeUp, makeHome, snapshot } from "./home.ts";

/** An operation as `/openapi.json` names it. */
interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly hasBody: boolean;
}

/** Somebody who asks for what is not theirs. */
interface Asker {
  readonly name: string;
  readonly token: string | undefined;
  /** Ids that the asker may use, for the other positions of a call. */
  readonly own: Ids;
  /** Ids that must look to the asker as if they did not exist. */
  readonly foreign: Ids;
}

const running = journeyServer(() => ({ env: { BASALT_REGISTRATION: "open" } }));
const canaryOfA = `canaryA${crypto.randomUUID().slice(0, 8)}`;
const canaryOfB = `canaryB${crypto.randomUUID().slice(0, 8)}`;
let operations: Operation[];
let askers: Asker[];
let a: Home;
let b: Home;
let before: string;

beforeAll(async () => {
  const { url } = running();
  a = await makeHome(url, "a", canaryOfA);
  b = await makeHome(url, "b", canaryOfB);
  askers = await makeAskers();
  operations = await readOperations(url);
  before = await snapshot(url, b);
}, 120_000);

/** Everybody who has no right on what is B's, and a token of A that was narrowed to one other base of A. */
async function makeAskers(): Promise<Asker[]> {
  const { url } = running();
  const { session } = a.person;
  const reader = await register(url, "c");
  const removed = await makeHome(url, "r", "canaryR");
  const members = (home: Home): string =>
    `${url}/api/v1/workspaces/${home.ids.workspaceId}/members`;
  const asReader = { userId: reader.id, role: "read-only" };
  await expectOk(call(members(a), { body: asReader, token: session }));
  const asEditor = { userId: removed.person.id, role: "editor" };
  await expectOk(call(members(b), { body: asEditor, token: b.person.session }));
  const seen = await call(`${url}/v0/meta/bases/${b.ids.baseId}/tables`, { token: removed.key });
  expect(seen.text, "the one who is removed saw it before").toContain(canaryOfB);
  await expectOk(
    call(`${members(b)}/${removed.person.id}`, { method: "DELETE", token: b.person.session }),
  );
  const { id: otherBase } = await makeBase(url, session, {
    workspaceId: a.ids.workspaceId,
    name: "narrow",
    tables: [{ name: "T", fields: [{ name: "F", type: "singleLineText" }] }],
  });
  const narrow = await makeKey(url, session, { bases: [otherBase] });
  const asA = { own: a.ids, foreign: b.ids };
  return [
    { name: "A", token: session, ...asA },
    { name: "A's key", token: a.key, ...asA },
    { name: "C, a reader of A's", token: reader.session, ...asA },
    {
      name: "R, removed from B's",
      token: removed.person.session,
      own: removed.ids,
      foreign: b.ids,
    },
    { name: "R's key", token: removed.key, own: removed.ids, foreign: b.ids },
    { name: "C's key", token: (await makeKey(url, reader.session)).key, ...asA },
    { name: "nobody", token: undefined, ...asA },
    { name: "a token that is none", token: a.key.replace(/.{4}$/, "0000"), ...asA },
    {
      name: "A's key for another base",
      token: narrow.key,
      own: { ...a.ids, baseId: otherBase },
      // Who the owner is and what the owner wrote elsewhere is no secret to the owner's own key.
      foreign: { ...a.ids, userId: b.ids.userId, collaboratorId: b.ids.userId },
    },
  ];
}

async function readOperations(url: string): Promise<Operation[]> {
  const { paths } = await expectOk<{
    paths: Record<string, Record<string, { operationId: string; requestBody?: object }>>;
  }>(call(`${url}/openapi.json`));
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId: id, requestBody }]) => {
      return { id, method, path, hasBody: requestBody !== undefined };
    }),
  );
}

/** The kind of id that `{id}` stands for. */
function idsOfPath(path: string): keyof Ids {
  if (path.includes("/sessions/")) {
    return "sessionId";
  }
  return path.includes("/api-keys/") ? "keyId" : "userId";
}

function fill(path: string, ids: Ids): string {
  return path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    const kind = (name === "id" ? idsOfPath(path) : name) as keyof Ids;
    expect(ids[kind], `a home has a ${kind} for ${path}`).toBeTypeOf("string");
    return ids[kind];
  });
}

/** The kinds of ids that a call carries. */
function positionsOf(operation: Operation, build: Build, ids: Ids): (keyof Ids)[] {
  const used = new Set<keyof Ids>();
  const watched = new Proxy(ids, {
    get: (target, name) => {
      used.add(name as keyof Ids);
      return target[name as keyof Ids];
    },
  });
  fill(operation.path, watched);
  build(watched);
  return [...used];
}

/** Every choice of positions that are foreign; the others are the asker's own. */
function mixtures(positions: readonly (keyof Ids)[]): (keyof Ids)[][] {
  const chosen: (keyof Ids)[][] = [[]];
  for (const position of positions) {
    chosen.push(...chosen.map((others) => [...others, position]));
  }
  return chosen.filter(({ length }) => length > 0);
}

function ask(
  operation: Operation,
  build: Build,
  { token, ids }: { token: string | undefined; ids: Ids },
): Promise<Answer> {
  const { query = "", body, contentType } = build(ids);
  return call(`${running().url}${fill(operation.path, ids)}${query}`, {
    method: operation.method.toUpperCase(),
    token,
    ...(body === undefined ? {} : { body }),
    ...(contentType === undefined ? {} : { headers: { "content-type": contentType } }),
  });
}

/** An answer without what differs between any two calls: ids, moments, keys and the number of the request. */
function shown({ status, text }: Answer): string {
  const plain = text
    .replaceAll(/"(requestId|key|mask)":"[^"]*"/g, "")
    .replaceAll(/\b([a-z]{3})[A-Za-z0-9]{14}\b/g, "$1")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "");
  return `${status} ${plain}`;
}

/** Fewer would mean that the grid has shrunk. */
const requestsMin = 10_000;
let asked = 0;
const wrong: string[] = [];

async function compare(
  operation: Operation,
  build: Build,
  { asker, foreign }: { readonly asker: Asker; readonly foreign: readonly (keyof Ids)[] },
): Promise<void> {
  const invented = madeUp(asker.foreign);
  const mixed = (from: Ids): Ids => ({
    ...asker.own,
    ...Object.fromEntries(foreign.map((kind) => [kind, from[kind]])),
  });
  const { token } = asker;
  const real = await ask(operation, build, { token, ids: mixed(asker.foreign) });
  const other = await ask(operation, build, { token, ids: mixed(invented) });
  asked += 2;
  const what = `${asker.name}: ${operation.id} with foreign ${foreign.join(", ")}`;
  const canary = asker.foreign.baseId === a.ids.baseId ? canaryOfA : canaryOfB;
  if (real.text.includes(canary)) {
    wrong.push(`${what} shows the canary: ${real.status} ${real.text.slice(0, 300)}`);
  }
  if (real.status >= 500 || other.status >= 500) {
    wrong.push(`${what}: ${real.status} and ${other.status}: ${other.text.slice(0, 300)}`);
  }
  const onlyUser = foreign.length === 1 && foreign[0] === "userId" && namesUsers.has(operation.id);
  const seen = [shown(real), shown(other)];
  if (!onlyUser && !orderedByIds.has(operation.id) && seen[0] !== seen[1]) {
    wrong.push(`${what}: ${seen[0]?.slice(0, 300)} but for made-up ids ${seen[1]?.slice(0, 300)}`);
  }
}

describe("what belongs to others", () => {
  test("every operation is in the grid", () => {
    // The path alone says everything of a call without a body, unless it changes something and names nothing.
    const missing = operations.filter(
      ({ id, method, path, hasBody }) =>
        !(id in builds) &&
        !(id in leftOut) &&
        (hasBody || (method !== "get" && !path.includes("{"))),
    );
    expect(missing.map(({ id }) => id)).toEqual([]);
    const known = new Set(operations.map(({ id }) => id));
    const stale = [...Object.keys(builds), ...Object.keys(leftOut)].filter((id) => !known.has(id));
    expect(stale).toEqual([]);
  });

  test("looks as if it did not exist, in every position of every operation", async () => {
    // Whoever has let B in knows B from then on, so those calls come last.
    const tried = operations
      .filter(({ id }) => !(id in leftOut))
      .toSorted((one, two) => Number(namesUsers.has(one.id)) - Number(namesUsers.has(two.id)));
    for (const operation of tried) {
      for (const build of builds[operation.id] ?? [() => ({})]) {
        for (const asker of askers) {
          for (const foreign of mixtures(positionsOf(operation, build, asker.own))) {
            await compare(operation, build, { asker, foreign });
          }
        }
      }
    }
    process.stdout.write(`isolation: ${asked} requests, ${wrong.length} wrong\n`);
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(requestsMin);
  }, 300_000);

  test("is in no list of the others", async () => {
    const lists = operations.filter(({ method, path }) => method === "get" && !path.includes("{"));
    for (const { path } of lists) {
      for (const { name, token, foreign } of askers) {
        const canary = foreign.baseId === a.ids.baseId ? canaryOfA : canaryOfB;
        const { text } = await call(`${running().url}${path}`, { token });
        expect(text.includes(canary) && `${name} sees it in ${path}: ${text}`).toBe(false);
      }
    }
  });

  test("is in no file that is asked for without its signature, or with another one", async () => {
    expect((await call(b.fileUrl)).text).toBe(canaryOfB);
    const bare = b.fileUrl.replace(/\?.*/, "");
    const signature = new URL(a.fileUrl).search;
    const later = b.fileUrl.replace(/([?&]e=)\d+/, "$19999999999");
    for (const url of [bare, bare + signature, later, `${b.fileUrl}x`]) {
      for (const { name, token } of askers) {
        const { status, text } = await call(url, { token });
        expect([name, status], url).toEqual([
          name,
          expect.toSatisfy((code: number) => code >= 400),
        ]);
        expect(text).not.toContain(canaryOfB);
      }
    }
  });

  test("is as it was", async () => {
    expect(await snapshot(running().url, b)).toBe(before);
  });
});
