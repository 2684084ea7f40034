import { actorOf, cachedActor } from "@basalt/server/identity";
import {
  loadConfig,
  type Scope,
  silentLog,
  systemScope,
  type UserActor,
} from "@basalt/server/kernel";
import { allow, allowedFromMemory } from "@basalt/server/workspaces";
import { openWorld } from "../server/open-world.ts";
import { SESSION_TOKEN_S, SessionTokens } from "../server/identity/sessions/session-token.ts";
import { type Fixture, fixture, startInstance } from "./instance.ts";
import type { Finding } from "./measure.ts";

const WINDOWS = 7;
const WINDOW_MS = 300;
const SECRET = "a secret for this bench, long enough to be one";

/** What it costs to know who asks and whether they may: a session's JWT, an API key, and the permission on a base. */
export async function benchJwt(): Promise<readonly Finding[]> {
  const instance = await startInstance({ env: { BASALT_SECRET: SECRET } });
  try {
    const table = await fixture(instance.url);
    const session = await signedIn(instance.url);
    const env = {
      BASALT_DATA_DIR: instance.dataDir,
      BASALT_SECRET: SECRET,
      DATABASE_URL: instance.databaseUrl,
      BASALT_SAMPLE: "0",
    };
    const config = await loadConfig(env, { cwd: process.cwd() });
    const { world, close } = await openWorld(config, silentLog);
    try {
      return await measured(systemScope(world, "bench"), { table, session });
    } finally {
      await close();
    }
  } finally {
    await instance.stop();
  }
}

interface SignedIn {
  readonly token: string;
  readonly baseId: string;
}

async function measured(
  system: Scope,
  { table, session }: { readonly table: Fixture; readonly session: SignedIn },
): Promise<readonly Finding[]> {
  const tokens = new SessionTokens(Buffer.alloc(32, 7));
  const ids = { userId: "usrAAAAAAAAAAAAAA", sessionId: "sesAAAAAAAAAAAAAA" };
  const now = new Date();
  const made = Array.from({ length: 1_000 }, (_, at) =>
    tokens.issue(ids, new Date(now.getTime() - at * 100)),
  );
  const issue = perCall(() => tokens.issue(ids, now));
  const verify = perCall((turn) => {
    if (tokens.read(made[turn % made.length] ?? "", now) === undefined) {
      throw new Error("a good token was refused");
    }
  });
  const known = await knownCaller(system, `Bearer ${session.token}`, session.baseId);
  const keyed = await knownCaller(system, `Bearer ${table.key}`, table.baseId);
  return [
    micros("JWT of a session (known caller) and permission on a base, µs", known),
    micros("API key (known caller) and permission on a base, µs", keyed),
    micros("JWT with its signature (a token not seen before), then permission, µs", {
      best: verify.best + known.best,
      middle: verify.middle + known.middle,
    }),
    rate("session tokens issued a second, one core", issue),
    rate(`session tokens (${SESSION_TOKEN_S / 60} min) verified a second, one core`, verify),
  ];
}

/** As each request asks: who is behind the header, and may they read records of this base. */
async function knownCaller(system: Scope, header: string, baseId: string): Promise<Timing> {
  const actor = (await actorOf(system, header)) as UserActor;
  await allow({ ...system, actor }, "records.read", { baseId });
  const place = { baseId };
  const scope = { ...system, actor };
  return perCall(() => {
    scope.actor = cachedActor(system, header) as UserActor;
    if (allowedFromMemory(scope, "records.read", place) !== true) {
      throw new Error("memory does not know a caller who has just asked");
    }
  });
}

interface Timing {
  /** Microseconds a call: the least and the median of the windows. */
  readonly best: number;
  readonly middle: number;
}

function perCall(work: (turn: number) => unknown): Timing {
  const windows = Array.from({ length: WINDOWS }, () => {
    const fromMs = performance.now();
    let turn = 0;
    while (performance.now() - fromMs < WINDOW_MS) {
      for (let many = 0; many < 200; many += 1) {
        work(turn);
        turn += 1;
      }
    }
    return ((performance.now() - fromMs) * 1_000) / turn;
  }).toSorted((one, other) => one - other);
  return { best: windows[0] ?? 0, middle: windows[WINDOWS >> 1] ?? 0 };
}

function micros(what: string, { best, middle }: Timing): Finding {
  return {
    what,
    figure: middle.toFixed(2),
    bar: "≤ 5",
    met: middle <= 5,
    raw: `best window ${best.toFixed(2)} µs`,
  };
}

function rate(what: string, { best, middle }: Timing): Finding {
  return {
    what,
    figure: Math.round(1e6 / middle).toLocaleString("en"),
    bar: "≥ 50,000",
    met: 1e6 / middle >= 50_000,
    raw: `${middle.toFixed(2)} µs each; best window ${Math.round(1e6 / best).toLocaleString("en")}/s`,
  };
}

/** A user with a session and a base of their own. */
async function signedIn(url: string): Promise<SignedIn> {
  const send = async (
    path: string,
    body: unknown,
    token?: string,
  ): Promise<{ id: string; token: string }> => {
    const answer = await fetch(`${url}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(body),
    });
    if (!answer.ok) {
      throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    }
    return (await answer.json()) as { id: string; token: string };
  };
  const email = `jwt${Math.random()}@example.com`;
  const { token } = await send("/api/v1/register", {
    email,
    password: "a long password",
    name: "Bench",
  });
  const { id: workspaceId } = await send("/api/v1/workspaces", { name: "Bench" }, token);
  const tables = [{ name: "Things", fields: [{ name: "Name", type: "singleLineText" }] }];
  const base = await send("/v0/meta/bases", { name: "Bench", workspaceId, tables }, token);
  return { token, baseId: base.id };
}
