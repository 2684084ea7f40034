import { Agent } from "undici";
import pg from "pg";
import { startInstance, type Instance } from "./instance.ts";
import { alternate, show, type Finding } from "./measure.ts";

/** Events of one call. Source: the bar. */
const BATCH = 500;
/** Calls at once. */
const CONCURRENCY = 8;

/** Product events over HTTP in batches of 500, against the same rows by bare COPY; what was acknowledged is counted. */
export async function benchEvents(instance: Instance): Promise<Finding> {
  const agent = new Agent({ connections: CONCURRENCY, pipelining: 1 });
  const { token, workspaceId } = await workspaceOf(instance.url);
  const pool = new pg.Pool({ connectionString: instance.databaseUrl, max: CONCURRENCY });
  let acknowledged = 0;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const rates = await alternate(
    {
      http: async (turn) => {
        const answer = await agent.request({
          origin: instance.url,
          path: "/api/v1/events",
          method: "POST",
          headers,
          body: JSON.stringify({ workspaceId, events: batchOf(turn) }),
        });
        const text = await answer.body.text();
        if (answer.statusCode !== 200) {
          throw new Error(text);
        }
        acknowledged += (JSON.parse(text) as { accepted: number }).accepted;
      },
    },
    { concurrency: CONCURRENCY, seconds: 10, rounds: 1 },
  );
  const { rows } = await pool.query<{ stored: string }>(
    "select count(*) as stored from analytics.events where workspace_id = $1",
    [workspaceId],
  );
  await pool.end();
  await agent.close();
  const { http } = rates;
  if (http === undefined) {
    throw new Error("nothing was measured");
  }
  const stored = Number(rows[0]?.stored);
  const perSecond = http.perSecond * BATCH;
  return {
    what: "product events over HTTP in batches of 500, committed",
    figure: `${Math.round(perSecond)}/s`,
    bar: "≥ 25,000/s, none lost",
    met: perSecond >= 25_000 && stored === acknowledged,
    raw: `batches ${show(http)}; acknowledged ${acknowledged}, stored ${stored}`,
  };
}

const run = Math.random().toString(36).slice(2);

/** As a client sends them: an id, a time, a user and some properties. */
function batchOf(turn: number): object[] {
  const clientTime = new Date().toISOString();
  return Array.from({ length: BATCH }, (_, at) => ({
    id: `${run}-${turn}-${at}`,
    name: ["page viewed", "record created", "view opened", "search done"][at % 4],
    clientTime,
    userId: `user-${(turn * 7 + at) % 5_000}`,
    sessionId: `session-${turn % 1_000}`,
    properties: { plan: ["free", "pro", "team"][at % 3], ms: at * 3, path: `/tables/${at % 40}` },
  }));
}

/** Registers somebody with a workspace. */
export async function workspaceOf(
  url: string,
): Promise<{ readonly token: string; readonly workspaceId: string }> {
  const post = async (path: string, body: object, token = ""): Promise<Record<string, string>> => {
    const answer = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    });
    if (!answer.ok) {
      throw new Error(`${path}: ${await answer.text()}`);
    }
    return (await answer.json()) as Record<string, string>;
  };
  const { token = "" } = await post("/api/v1/register", {
    email: `events${Math.random()}@example.com`,
    password: "a long password",
    name: "Bench",
  });
  const { id = "" } = await post("/api/v1/workspaces", { name: "Events" }, token);
  return { token, workspaceId: id };
}

if (import.meta.main) {
  const instance = await startInstance();
  try {
    process.stdout.write(`${JSON.stringify(await benchEvents(instance), null, 2)}\n`);
  } finally {
    await instance.stop();
  }
}
