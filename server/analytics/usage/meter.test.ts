import { expect, test } from "vitest";
import type { UserActor } from "#kernel";
import { Meter, SLOTS_MAX } from "./meter.ts";

const read = {
  userId: "usr1",
  baseId: "app1",
  method: "GET",
  endpoint: "/v0/{baseId}/{table}",
  status: 200,
  bytesIn: 0,
  bytesOut: 100,
};

const by: UserActor = {
  kind: "user",
  userId: "usr1",
  email: "",
  name: "",
  admin: false,
  credential: {
    kind: "key",
    keyId: "pat1",
    scopes: new Set(),
    bases: null,
    workspaces: null,
  },
};

test("requests are told apart by caller, place and kind", () => {
  const meter = new Meter();
  meter.count(read);
  meter.count({ ...read, method: "POST", endpoint: "/v0/{baseId}/{table}/listRecords" });
  meter.count({ ...read, method: "PATCH", bytesIn: 7 });
  meter.count({ ...read, keyId: "pat1" });
  meter.count({ ...read, baseId: undefined, workspaceId: "wsp1" });
  meter.count({ ...read, userId: undefined });
  expect(meter.take().slots).toEqual([
    {
      userId: "usr1",
      keyId: "",
      place: "app1",
      reads: 2,
      writes: 1,
      failures: 0,
      counted: 3,
      bytesIn: 7,
      bytesOut: 300,
      recordsCreated: 0,
      modelTokens: 0,
    },
    expect.objectContaining({ userId: "usr1", keyId: "", place: "wsp1", reads: 1 }),
    expect.objectContaining({ userId: "usr1", keyId: "pat1", place: "app1", reads: 1 }),
  ]);
  expect(meter.take()).toEqual({ slots: [], amounts: [] });
});

test.each([
  [404, 1],
  [422, 1],
  [429, 0],
  [499, 0],
  [500, 0],
  [503, 0],
])("a failure with %i goes to no kind, and to the quota %i times", (status, counted) => {
  const meter = new Meter();
  meter.count({ ...read, status });
  expect(meter.take().slots).toEqual([
    expect.objectContaining({ reads: 0, writes: 0, failures: 1, counted }),
  ]);
});

test("what could not be written is added to what came meanwhile", () => {
  const meter = new Meter();
  meter.count({ ...read, keyId: "pat1" });
  const place = { baseId: "app1" };
  const tokens = { place, resource: "model-tokens", by } as const;
  meter.add({ ...tokens, amount: 5 });
  meter.add({ ...tokens, amount: 7, resource: "records" });
  meter.add({ place: { workspaceId: "wsp1" }, resource: "events", amount: 2, by });
  const taken = meter.take();
  meter.count({ ...read, keyId: "pat1" });
  meter.add({ ...tokens, amount: 1 });
  meter.putBack(taken);
  const { slots, amounts } = meter.take();
  expect(slots).toEqual([
    expect.objectContaining({
      reads: 2,
      counted: 2,
      bytesOut: 200,
      recordsCreated: 7,
      modelTokens: 6,
    }),
  ]);
  expect(amounts).toEqual([
    { place: "app1", resource: "model-tokens", amount: 6 },
    { place: "wsp1", resource: "events", amount: 2 },
  ]);
});

test("callers beyond the bound are counted together", () => {
  const meter = new Meter();
  for (let at = 0; at < SLOTS_MAX + 10; at += 1) {
    meter.count({ ...read, baseId: `app${at}` });
  }
  meter.count({ ...read, baseId: "app0" });
  const { slots } = meter.take();
  expect(slots).toHaveLength(SLOTS_MAX + 1);
  expect(slots.find(({ userId }) => userId === "others")).toMatchObject({ reads: 10, place: "" });
  expect(slots.find(({ place }) => place === "app0")).toMatchObject({ reads: 2 });
});
