import { finished } from "node:stream/promises";
import pg from "pg";
import { from } from "pg-copy-streams";
import { Agent } from "undici";
import type { Instance } from "./instance.ts";
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
      http: async () => {
        const answer = await agent.request({
          origin: instance.url,
          path: "/api/v1/events",
          method: "POST",
          headers,
          body: JSON.stringify({ workspaceId, events: nextBatch() }),
        });
        const text = await answer.body.text();
        if (answer.statusCode !== 200) {
          throw new Error(text);
        }
        acknowledged += (JSON.parse(text) as { accepted: number }).accepted;
      },
      copy: async () => copyBatch(pool),
    },
    { concurrency: CONCURRENCY, seconds: 5, rounds: 4 },
  );
  const { rows } = await pool.query<{ stored: string }>(
    "select count(*) as stored from analytics.events where workspace_id = $1",
    [workspaceId],
  );
  await pool.end();
  await agent.close();
  const { http, copy } = rates;
  if (http === undefined || copy === undefined) {
    throw new Error("nothing was measured");
  }
  const stored = Number(rows[0]?.stored);
  const perSecond = http.perSecond * BATCH;
  return {
    what: "product events over HTTP in batches of 500, committed",
    figure: `${Math.round(perSecond)}/s`,
    bar: "≥ 25,000/s, none lost",
    met: perSecond >= 25_000 && stored === acknowledged,
    raw: `batches ${show(http)}; bare COPY ${show(copy)} (ratio ${(http.perSecond / copy.perSecond).toFixed(2)}); acknowledged ${acknowledged}, stored ${stored}`,
  };
}

/** The rows of a batch by COPY alone, with what a batch of the product is checked for left out. */
async function copyBatch(pool: pg.Pool): Promise<void> {
  const at = new Date().toISOString();
  const lines = nextBatch().map(
    ({ id, name, userId, sessionId, properties }) =>
      `wspBARE\tbare-${id}\t${name}\t${at}\t${at}\t${at}\t\\N\t${userId}\t\\N\t${sessionId}\t${JSON.stringify(properties)}\tusr\t\\N\n`,
  );
  const client = await pool.connect();
  try {
    const stream = client.query(
      from(
        "copy analytics.events (workspace_id, id, name, at, received_at, client_time, clock, user_id, anonymous_id, session_id, properties, sender_id, key_id) from stdin",
      ),
    );
    stream.end(lines.join(""));
    await finished(stream);
  } finally {
    client.release();
  }
}

/** What a dashboard asks of a million events over a week, each the median of five, milliseconds. */
export async function benchQuestions(instance: Instance): Promise<Finding[]> {
  const { token, workspaceId } = await workspaceOf(instance.url);
  const pool = new pg.Pool({ connectionString: instance.databaseUrl, max: 1 });
  await pool.query(FILL, [workspaceId]);
  await pool.query("vacuum analyze analytics.events");
  await pool.end();
  const day = 86_400_000;
  const range = {
    workspaceId,
    from: new Date(Date.now() - 9 * day).toISOString(),
    to: new Date(Date.now() + day).toISOString(),
  };
  const found: Finding[] = [];
  for (const [name, question] of Object.entries(questions)) {
    const times: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const beganMs = performance.now();
      const answer = await fetch(`${instance.url}/api/v1/analytics/query`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ ...range, ...question }),
      });
      const text = await answer.text();
      if (!answer.ok) {
        throw new Error(text);
      }
      times.push(performance.now() - beganMs);
    }
    const ms = times.toSorted((a, b) => a - b)[2] ?? 0;
    found.push({
      what: `1,000,000 events: ${name}`,
      figure: `${Math.round(ms)} ms`,
      bar: "< 1 s",
      met: ms < 1_000,
      raw: times.map((time) => `${Math.round(time)} ms`).join(", "),
    });
  }
  return found;
}

const step = (event: string): object => ({ event });
const questions: Readonly<Record<string, object>> = {
  "events by day": { kind: "counts" },
  "users by day": { kind: "counts", measure: "users" },
  "top 10 of a property by day": { kind: "counts", groupBy: { property: "path" } },
  "a funnel of three steps": {
    kind: "funnel",
    steps: [step("sign up"), step("view opened"), step("record created")],
  },
  "retention by day": {
    kind: "retention",
    start: step("sign up"),
    period: "day",
    periods: 7,
  },
};

/** A million events of 20,000 users over the last week. */
const FILL = `
  insert into analytics.events (workspace_id, id, name, at, received_at, user_id, session_id, properties, sender_id)
  select $1, 'e' || i, (array['page viewed','record created','view opened','search done','sign up'])[1 + (i * 7) % 5], ts, ts,
    'user-' || (i * 31 % 20000), 's' || (i / 20),
    jsonb_build_object('plan', (array['free','pro','team'])[1 + i % 3], 'ms', i % 900, 'path', '/tables/' || (i % 40)), 'usr'
  from (
    select i, date_trunc('day', now()) - interval '7 days' + (i * interval '7 days' / 1000000) as ts
    from generate_series(1, 1000000) i
  ) s`;

const run = Math.random().toString(36).slice(2);
let batches = 0;

/** As a client sends them: an id of their own, a time, a user and some properties. */
function nextBatch() {
  const turn = batches++;
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
