import { analyticsOperations, EVENTS_BODY_MAX_BYTES, problemBody } from "@basalt/contract";
import { Hono } from "hono";
import { beforeAll, describe, expect, test } from "vitest";
import { renderProblem, type HttpEnv, type Scope } from "#kernel";
import { testWorld } from "../kernel/testing/world.ts";
import { makeHouse, makeUser } from "../workspaces/testing/people.ts";
import { analyticsRoutes } from "./routes.ts";
import { openCounting } from "./testing/counting.ts";

const world = testWorld();
let owner: Scope;
let admin: Scope;
let workspaceId: string;

beforeAll(async () => {
  ({ owner, workspaceId } = await makeHouse(world()));
  admin = await makeUser(world(), { admin: true });
  await openCounting(world());
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Asks the routes; an answer that the contract does not describe fails the test. */
async function ask(
  scope: Scope,
  line: string,
  { body, headers = {} }: { readonly body?: string; readonly headers?: HeadersInit } = {},
): Promise<Answer> {
  const [method = "GET", path = "/"] = line.split(" ");
  const app = new Hono<HttpEnv>();
  app.use(async (c, next) => {
    c.set("scope", scope);
    await next();
  });
  app.route("/", analyticsRoutes());
  app.onError((error) => renderProblem(error, "problem", "req1"));
  const init = body === undefined ? { method } : { method, body };
  const response = await app.request(
    new Request(`http://basalt.test${path}`, {
      ...init,
      headers: { "content-type": "application/json", ...headers },
    }),
  );
  const answer: unknown = await response.json();
  const bare = (path.split("?")[0] ?? "").replace(/wsp[A-Za-z0-9]{14}/, "{workspaceId}");
  const operation = analyticsOperations.find(
    (one) => one.method === method.toLowerCase() && one.path === bare,
  );
  const schema = { 400: problemBody, ...operation?.answers }[response.status];
  expect(schema, `${line} says what ${response.status} looks like`).toBeDefined();
  expect(schema?.safeParse(answer).error).toBeUndefined();
  return { status: response.status, headers: response.headers, body: answer as Answer["body"] };
}

const post = (body: unknown, headers?: HeadersInit): Promise<Answer> =>
  ask(owner, "POST /api/v1/events", {
    body: typeof body === "string" ? body : JSON.stringify(body),
    ...(headers && { headers }),
  });

describe("events", () => {
  test("are taken, and bad ones among them named", async () => {
    expect(await post({ workspaceId, events: [{ name: "a" }, { nam: "b" }] })).toMatchObject({
      status: 200,
      body: {
        accepted: 1,
        durable: true,
        rejected: [{ index: 1, fields: { name: "is required", nam: "is not known here" } }],
      },
    });
    const none = await post({ workspaceId, events: [{ nam: "b" }] });
    expect(none).toMatchObject({
      status: 422,
      body: { code: "analytics.no-valid-event", rejected: [{ index: 0 }] },
    });
  });

  test("are answered early when that is preferred", async () => {
    const early = await post({ events: [{ name: "a" }] }, { prefer: "wait=5, respond-async" });
    expect(early.status).toBe(202);
    expect(early.body).toEqual({ accepted: 1, durable: false, rejected: [] });
    expect(early.headers.get("preference-applied")).toBe("respond-async");
    const ordinary = await post(
      { events: [{ name: "a" }] },
      { prefer: "not-respond-async-at-all" },
    );
    expect(ordinary.status).toBe(200);
  });

  const event = { name: "e" };
  test.each([
    ["no JSON", "{", 400],
    ["nothing", "", 400],
    ["a list", [event], 422],
    ["no events", { events: [] }, 422],
    ["too many", { events: Array.from({ length: 1_001 }, () => event) }, 422],
    ["an unknown key", { events: [event], extra: 1 }, 422],
    ["a workspace that is none", { workspaceId: "wsp", events: [event] }, 422],
    ["a workspace of nobody", { workspaceId: "wsp00000000000000", events: [event] }, 404],
    ["a bomb of brackets", `{"events":${"[".repeat(100_000)}`, 422],
    ["a key of the prototype", '{"__proto__":{"workspaceId":"x"},"events":[{"name":"e"}]}', 422],
    ["a byte too many", `{"events":[{"name":"e"}]${" ".repeat(EVENTS_BODY_MAX_BYTES - 23)}}`, 413],
  ])("%s is refused", async (_what, body, status) => {
    expect((await post(body)).status).toBe(status);
  });

  test("may fill the body to its last byte", async () => {
    const body = `{"events":[{"name":"e"}]${" ".repeat(EVENTS_BODY_MAX_BYTES - 25)}}`;
    expect(body.length).toBe(EVENTS_BODY_MAX_BYTES);
    expect((await post(body)).status).toBe(200);
  });
});

test("every other operation answers as the contract says", async () => {
  const place = `/api/v1/workspaces/${workspaceId}`;
  const query = {
    kind: "counts",
    workspaceId,
    from: "2026-01-01T00:00:00Z",
    to: "2026-02-01T00:00:00Z",
  };
  const asked = [
    ask(owner, "POST /api/v1/analytics/query", { body: JSON.stringify(query) }),
    ask(owner, `PUT ${place}/event-policy`, { body: '{"keepDays":30}' }),
    ask(owner, `GET ${place}/event-policy`),
    ask(admin, `PUT ${place}/quotas`, {
      body: '{"quotas":[{"resource":"records","period":"now","limit":0}]}',
    }),
    ask(owner, `GET ${place}/quotas`),
    ask(owner, `GET ${place}/usage?period=month`),
    ask(owner, `GET ${place}/alerts`),
    ask(owner, "GET /api/v1/usage"),
    ask(admin, "GET /api/v1/instance/usage?resource=events"),
  ];
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(asked.map(() => 200));
  const refused = [
    ask(owner, `GET ${place}/usage?period=year`),
    ask(owner, `GET ${place}/usage?from=tomorrow`),
    ask(owner, `GET ${place}/usage?from=2026-13-01`),
    ask(owner, `GET /api/v1/usage?to=2026-01-01&from=2026-02-01`),
    ask(owner, `PUT ${place}/event-policy`, { body: '{"keepDays":0}' }),
    ask(admin, `PUT ${place}/quotas`, { body: '{"quotas":{}}' }),
    ask(admin, "GET /api/v1/instance/usage?limit=100000"),
  ];
  expect((await Promise.all(refused)).map(({ status }) => status)).toEqual(refused.map(() => 422));
});
