import { connect } from "node:net";
import { Hono } from "hono";
import type { HotAnswer, HotCall, HttpEnv, UserActor } from "#kernel";
import { textAnswer } from "#kernel";
import { afterEach, expect, test, vi } from "vitest";
import { ada, fakeGateway, type FakeGateway, type FakeOptions } from "../testing/fake-world.ts";
import { rawRequest, type RawAnswer } from "../testing/raw-request.ts";

const BASE = "appAAAAAAAAAAAAAA";
const TARGET = `/v0/${BASE}/tblAAAAAAAAAAAAAA`;
const PATTERN = "/v0/{baseId}/{tableIdOrName}";

/** One answer in memory, as the records module keeps them. */
function answerOf(text: string): HotAnswer & { readonly forms: Map<string, unknown> } {
  const forms = new Map<string, unknown>();
  const bytes = Buffer.from(text);
  return {
    forms,
    endpoint: PATTERN,
    baseId: BASE,
    txn: "7",
    etag: '"3"',
    headers: {
      "content-type": "application/json; charset=utf-8",
      "x-basalt-txn": "7",
      etag: '"3"',
    },
    bytes,
    latin1: bytes.length < 8_192 ? bytes.toString("latin1") : undefined,
    ready: (name) => forms.get(name),
    keepReady: (name, form) => forms.set(name, form),
  };
}

let gateway: FakeGateway | undefined;
afterEach(async () => gateway?.close());

interface Opened {
  readonly gateway: FakeGateway;
  readonly port: number;
  /** Requests that came the ordinary way. */
  readonly ordinary: string[];
  readonly asked: HotCall[];
  get(more?: string, method?: string): Promise<RawAnswer>;
}

async function open(text: string, options: FakeOptions = {}): Promise<Opened> {
  const ordinary: string[] = [];
  const asked: HotCall[] = [];
  const answer = answerOf(text);
  const routes = new Hono<HttpEnv>();
  routes.get("/v0/:base/:table", (c) => {
    ordinary.push(c.req.url);
    c.set("endpoint", PATTERN);
    return textAnswer(200, text, answer.headers);
  });
  const opened = fakeGateway({
    mounts: [{ routes }],
    hot: {
      reads: {
        find: (call) => {
          asked.push(call);
          return call.target === TARGET ? answer : undefined;
        },
      },
      knownActor: (authorization) =>
        authorization === "Bearer good" ? (ada as UserActor) : undefined,
    },
    ...options,
  });
  gateway = opened;
  const { port } = await opened.listen();
  const get: Opened["get"] = (more = "", method = "GET") =>
    rawRequest(
      port,
      `${method} ${TARGET} HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer good\r\n${more}\r\n`,
      method === "HEAD",
    );
  return { gateway: opened, port, ordinary, asked, get };
}

/** Asks until the lane answers; what it says then, and what the ordinary way said before. */
async function both(opened: Opened, more = "", method = "GET"): Promise<[RawAnswer, RawAnswer]> {
  const first = await opened.get(more, method);
  return vi.waitFor(async () => {
    const before = opened.ordinary.length;
    const second = await opened.get(more, method);
    expect(opened.ordinary.length).toBe(before);
    return [first, second];
  });
}

const essence = ({
  status,
  headers: { date: _date, "x-request-id": _id, ...headers },
  body,
}: RawAnswer) => ({
  status,
  headers,
  body,
});

test.each([
  ["small", '{"a":"ä€😀"}', ""],
  ["large", `{"a":"${"ä".repeat(9_000)}"}`, ""],
  ["large, packed", `{"a":"${"b".repeat(9_000)}"}`, "Accept-Encoding: gzip\r\n"],
  ["large, not to be packed", `{"a":"${"b".repeat(9_000)}"}`, "Accept-Encoding: identity\r\n"],
])("a %s answer is the same from memory", async (_name, text, more) => {
  const opened = await open(text);
  const [ordinary, hot] = await both(opened, more);
  expect(essence(hot)).toEqual(essence(ordinary));
  expect(hot.headers["x-request-id"]).toMatch(/^req/);
  expect(hot.headers["x-request-id"]).not.toBe(ordinary.headers["x-request-id"]);
});

test("HEAD has the same head; who has it is told so; a request id is kept", async () => {
  const opened = await open('{"a":1}');
  const [head, hotHead] = await both(opened, "", "HEAD");
  expect(essence(hotHead)).toEqual(essence(head));
  const [, unchanged] = await both(opened, 'If-None-Match: W/"3"\r\nX-Request-Id: mine\r\n');
  expect([unchanged.status, unchanged.headers["x-request-id"], unchanged.body]).toEqual([
    304,
    "mine",
    "",
  ]);
});

test("requests that come together on one connection are answered in their order, each by its own id", async () => {
  const opened = await open('{"a":1}');
  await both(opened);
  const before = opened.ordinary.length;
  const ids = ["one", "two", "three"];
  const text = ids
    .map((id, at) => {
      const more = `X-Request-Id: ${id}\r\n${at === 2 ? "Connection: close\r\n" : ""}`;
      return `GET ${TARGET} HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer good\r\n${more}\r\n`;
    })
    .join("");
  const socket = connect(opened.port, "127.0.0.1");
  socket.setEncoding("latin1").write(text);
  let answers = "";
  for await (const piece of socket) {
    answers += String(piece);
  }
  expect([...answers.matchAll(/x-request-id: (\w+)/g)].map(([, id]) => id)).toEqual(ids);
  expect(answers.match(/\r\n\r\n\{"a":1\}/g)).toHaveLength(3);
  expect(opened.ordinary.length).toBe(before);
});

test("it is counted and logged like every other", async () => {
  const opened = await open('{"a":1}', { config: { accessLog: "all" } });
  await both(opened);
  const { lines, world } = opened.gateway;
  const [ordinary, hot] = lines.filter(({ message }) => message === "request").slice(-2);
  expect(Object.keys(hot ?? {})).toEqual(Object.keys(ordinary ?? {}));
  expect(hot).toMatchObject({
    method: "GET",
    endpoint: PATTERN,
    status: 200,
    userId: "usrAAAAAAAAAAAAAA",
  });
  const { text } = await world.metrics.expose();
  const count = Number(
    /http_requests_total\{method="GET",endpoint="\/v0\/\{baseId\}\/\{tableIdOrName\}",status_code="200"\} (\d+)/.exec(
      text,
    )?.[1],
  );
  expect(count).toBeGreaterThanOrEqual(2);
  expect(text).toMatch(/^gateway_hot_answers [1-9]/m);
});

test("limits count it, and refuse it when they are used up", async () => {
  const opened = await open('{"a":1}', {
    config: {
      limits: {
        anonymous: null,
        address: null,
        key: null,
        user: { limit: 4, windowS: 60 },
        base: null,
      },
    },
  });
  const statuses: number[] = [];
  for (let at = 0; at < 6; at += 1) {
    const answer = await opened.get();
    statuses.push(answer.status);
    if (answer.status === 200) {
      expect(answer.headers["ratelimit"]).toBeDefined();
    }
  }
  expect(statuses).toEqual([200, 200, 200, 200, 429, 429]);
});

test.each([
  ["a body", "Content-Length: 2\r\n\r\n{}"],
  ["another origin", "Origin: https://elsewhere.test\r\n"],
  ["a preference", "Prefer: wait=computed\r\n"],
  ["a number that is none", "X-Basalt-Min-Txn: soon\r\n"],
])("%s goes the ordinary way", async (_name, more) => {
  const opened = await open('{"a":1}');
  await both(opened);
  const { length } = opened.asked;
  await opened.get(more);
  expect(opened.asked.length).toBe(length);
});

test("what is asked of memory: the larger limits, the number, the exact target", async () => {
  const opened = await open('{"a":1}');
  await opened.get("X-Basalt-Limits: extended\r\nX-Basalt-Min-Txn: 12\r\n");
  await opened.get("X-Basalt-Limits: more\r\n");
  expect(opened.asked).toMatchObject([
    { target: TARGET, extended: true, minTxn: 12 },
    { target: TARGET, extended: false, minTxn: 0 },
  ]);
});

test("rules for other origins that change are in the next answer", async () => {
  const opened = await open('{"a":1}');
  const [, before] = await both(opened);
  expect(before.headers["access-control-allow-origin"]).toBe("*");
  opened.gateway.applyCors([
    { paths: ["/v0"], origins: ["https://one.test"], credentials: false, maxAge: 60 },
  ]);
  const [ordinary, hot] = await both(opened);
  expect(essence(hot)).toEqual(essence(ordinary));
  expect(hot.headers["access-control-allow-origin"]).toBeUndefined();
});
