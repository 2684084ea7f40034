import { expect, test } from "vitest";
import { type CountedRequest, Problem } from "#kernel";
import { ada, fakeGateway } from "./testing/fake-world.ts";

const signedIn = { authorization: "Bearer good" };
const base = "app00000000000001";
const workspace = "wsp00000000000001";

const quotaExceeded = new Problem("too-many-requests", "kernel.quota-exceeded", {
  message: "The quota of 10 requests a day is used up.",
  retryAfterS: 3_600.2,
  extra: { quota: { resource: "requests", limit: 10 } },
  airtable: { type: "PUBLIC_API_BILLING_LIMIT_EXCEEDED", message: "used up" },
});

test("each exchange of somebody who is signed in is counted once, with its place and its outcome", async () => {
  const counted: CountedRequest[] = [];
  const gateway = fakeGateway({ meter: (one) => void counted.push(one) });
  const call = (path: string, init: RequestInit = { headers: signedIn }): Promise<Response> =>
    gateway.fetch(new Request(`http://basalt.test${path}`, init));
  await call("/api/v1/me");
  await call(`/v0/${base}/T?x=1`);
  await call(`/api/v1/workspaces/${workspace}/members`);
  await call("/api/v1/workspaces/not-an-id");
  await call("/api/v1/bug");
  await call("/api/v1/me", {});
  await call("/api/v1/me", { headers: { authorization: "Bearer bad" } });
  await call("/health", { headers: signedIn });
  expect(
    counted.map(({ userId, baseId, workspaceId, method, status }) => [
      userId === (ada.kind === "user" ? ada.userId : "") ? "ada" : userId,
      baseId ?? workspaceId ?? null,
      method,
      status,
    ]),
  ).toEqual([
    ["ada", null, "GET", 200],
    ["ada", base, "GET", 404],
    ["ada", workspace, "GET", 404],
    ["ada", null, "GET", 404],
    ["ada", null, "GET", 500],
  ]);
  await gateway.close();
});

test("a quota that is used up is answered on both surfaces, and the refusal is counted too", async () => {
  const counted: number[] = [];
  const asked: unknown[] = [];
  const gateway = fakeGateway({
    meter: ({ status }) => void counted.push(status),
    quota: ({ path, baseId, workspaceId }) => {
      asked.push([path, baseId, workspaceId]);
      return path === "/api/v1/me" ? undefined : quotaExceeded;
    },
  });
  const call = (path: string): Promise<Response> =>
    gateway.fetch(new Request(`http://basalt.test${path}`, { headers: signedIn }));
  const airtable = await call(`/v0/${base}/T`);
  expect(airtable.status).toBe(429);
  expect(airtable.headers.get("retry-after")).toBe("3601");
  expect(await airtable.json()).toEqual({
    error: { type: "PUBLIC_API_BILLING_LIMIT_EXCEEDED", message: "used up" },
    quota: { resource: "requests", limit: 10 },
  });
  const own = await call(`/api/v1/workspaces/${workspace}`);
  expect(own.status).toBe(429);
  expect(await own.json()).toMatchObject({
    code: "kernel.quota-exceeded",
    quota: { resource: "requests", limit: 10 },
  });
  expect((await call("/api/v1/me")).status).toBe(200);
  expect(asked).toEqual([
    [`/v0/${base}/T`, base, undefined],
    [`/api/v1/workspaces/${workspace}`, undefined, workspace],
    ["/api/v1/me", undefined, undefined],
  ]);
  expect(counted).toEqual([429, 429, 200]);
  await gateway.close();
});
