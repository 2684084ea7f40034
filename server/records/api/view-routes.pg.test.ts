import { beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import {
  createRecord,
  openTestApi,
  withKey,
  type TestApi,
  type TestJson,
} from "./testing/test-api.ts";

const world = testWorld();
let api: TestApi;
let base: string;
let views: string;

beforeAll(async () => {
  api = await openTestApi(world());
  base = `/api/v1/bases/${api.baseId}`;
  views = `${base}/tables/${api.table.id}/views`;
  for (const fields of [
    { Name: "a", Count: 3, Done: true, State: "open" },
    { Name: "b", Count: 1, State: "closed" },
    { Name: "c", Count: 2, State: "open" },
    { Name: "d" },
  ]) {
    await createRecord(api, api.table.id, fields);
  }
});

function named(body: TestJson): unknown[] {
  return (body["records"] ?? []).map((record) => record["fields"]?.["Name"]);
}

const isOpen = (): object => ({
  conjunction: "and",
  filterSet: [{ fieldId: api.field("State").id, operator: "is", value: "open" }],
});

describe("views", () => {
  test("are made with a filter and an order, read whole, changed, and used by listings", async () => {
    const options = {
      filters: isOpen(),
      sort: [{ fieldId: api.field("Count").id, direction: "asc" }],
      color: "blue",
    };
    const made = await api.call(views, { body: { name: "Open ones", options } });
    expect(made).toMatchObject({
      status: 201,
      body: {
        tableId: api.table.id,
        name: "Open ones",
        type: "grid",
        options,
        droppedConditions: [],
      },
    });
    const id = made.body["id"] ?? "";
    expect((await api.call(`${base}/views/${id}`)).body).toEqual(made.body);
    const all = await api.call(`${base}/views`);
    expect(all.body["views"]?.map((view) => view["id"])).toContain(id);
    expect(named((await api.data(`${api.table.id}?view=Open%20ones`)).body)).toEqual(["c", "a"]);
    const post = await api.data(`${api.table.id}/listRecords`, {
      body: { view: id, filterByFormula: "{Done}", fields: ["Name"] },
    });
    expect(named(post.body)).toEqual(["a"]);
    const patched = await api.call(`${base}/views/${id}`, {
      method: "PATCH",
      body: { name: "All", options: {} },
    });
    expect(patched).toMatchObject({ status: 200, body: { name: "All", options: {} } });
    expect(named((await api.data(`${api.table.id}?view=All`)).body)).toEqual(["a", "b", "c", "d"]);
    // What Airtable's own API shows of a view stays what it was.
    const shown = await api.call(`/v0/meta/bases/${api.baseId}/views/${id}`);
    expect(shown.body).toEqual({ id, name: "All", type: "grid" });
  });

  test.each<[string, object]>([
    ["no name", {}],
    ["a filter that is none", { name: "X", options: { filters: [] } }],
    [
      "an operator that is none",
      {
        name: "X",
        options: {
          filters: {
            conjunction: "and",
            filterSet: [{ fieldId: "fldAAAAAAAAAAAAAA", operator: "~" }],
          },
        },
      },
    ],
    [
      "a field of no table",
      {
        name: "X",
        options: {
          filters: {
            conjunction: "and",
            filterSet: [{ fieldId: "fldAAAAAAAAAAAAAA", operator: "isEmpty" }],
          },
        },
      },
    ],
    [
      "a direction of its own",
      { name: "X", options: { sort: [{ fieldId: "fldAAAAAAAAAAAAAA", direction: "up" }] } },
    ],
    ["something more", { name: "X", filters: {} }],
  ])("with %s are refused", async (_what, body) => {
    expect((await api.call(views, { body })).status).toBe(422);
  });

  test("are made by editors, read by readers, hidden from strangers", async () => {
    const body = { name: "Mine" };
    const { people } = api;
    expect((await api.call(views, { body, actor: people["commenter"] })).status).toBe(403);
    expect((await api.call(views, { body, actor: people["stranger"] })).status).toBe(404);
    const made = await api.call(views, { body, actor: people["editor"] });
    expect(made.status).toBe(201);
    const path = `${base}/views/${made.body["id"]}`;
    expect((await api.call(path, { actor: people["read-only"] })).status).toBe(200);
    const change = { method: "PATCH", body: { name: "Yours" } };
    expect((await api.call(path, { ...change, actor: people["read-only"] })).status).toBe(403);
    const reader = withKey(people["owner"], ["workspacesAndBases:read"]);
    expect((await api.call(path, { ...change, actor: reader })).status).toBe(403);
    expect((await api.call(path, { actor: { kind: "anonymous" } })).status).toBe(401);
    expect((await api.call(path, { ...change, body: {} })).status).toBe(422);
    expect((await api.call(`${base}/views/viwAAAAAAAAAAAAAA`)).status).toBe(404);
    expect((await api.call(`${base}/views/nonsense`)).status).toBe(404);
  });
});

describe("groups", () => {
  const groups = async (search: string, more: object = {}) =>
    api.call(`${base}/tables/${api.table.id}/groups?${search}`, more);

  test("are counted and summed up, by names or ids", async () => {
    const { status, body } = await groups(
      `groupBy[]=State&groupBy[]=-Done&summaries[]=Count:sum&summaries[]=${api.field("Name").id}:filled`,
    );
    const sum = `${api.field("Count").id}:sum`;
    const filled = `${api.field("Name").id}:filled`;
    expect(status).toBe(200);
    expect(body).toEqual({
      count: 4,
      summaries: { [sum]: 6, [filled]: 4 },
      mightHaveMore: false,
      groups: [
        {
          value: null,
          count: 1,
          summaries: { [sum]: null, [filled]: 1 },
          groups: [{ value: null, count: 1, summaries: { [sum]: null, [filled]: 1 } }],
        },
        {
          value: "open",
          count: 2,
          summaries: { [sum]: 5, [filled]: 2 },
          groups: [
            { value: true, count: 1, summaries: { [sum]: 3, [filled]: 1 } },
            { value: null, count: 1, summaries: { [sum]: 2, [filled]: 1 } },
          ],
        },
        {
          value: "closed",
          count: 1,
          summaries: { [sum]: 1, [filled]: 1 },
          groups: [{ value: null, count: 1, summaries: { [sum]: 1, [filled]: 1 } }],
        },
      ],
    });
    const narrowed = await groups("groupBy=State&filterByFormula={Count}>1");
    expect(narrowed.body).toMatchObject({ count: 2, groups: [{ value: "open", count: 2 }] });
  });

  test.each([
    ["nothing", ""],
    ["a field that is not there", "groupBy[]=Nope"],
    ["a field twice", "groupBy[]=State&groupBy[]=-State"],
    [
      "six fields",
      "groupBy=Name&groupBy=Count&groupBy=Done&groupBy=State&groupBy=Number&groupBy=Files",
    ],
    ["files", "groupBy=Files"],
    ["instants of what has none", "groupBy[]=State:instant"],
    ["no summary", "groupBy=State&summaries=Count"],
    ["an unknown summary", "groupBy=State&summaries=Count:sum;drop"],
    ["a summary of another type", "groupBy=State&summaries=Name:sum"],
    ["too many summaries", `groupBy=State&${"summaries=Count:sum&".repeat(51)}`],
    ["an unknown view", "groupBy=State&view=Nope"],
    ["a formula that is none", "groupBy=State&filterByFormula=1%2B"],
  ])("by %s are refused", async (_what, search) => {
    const { status, body } = await groups(search);
    expect([status, typeof body["code"]]).toEqual([422, "string"]);
  });

  test("are for those who may read records", async () => {
    const search = "groupBy=State";
    expect((await groups(search, { actor: api.people["read-only"] })).status).toBe(200);
    expect((await groups(search, { actor: api.people["stranger"] })).status).toBe(404);
    const noRecords = withKey(api.people["owner"], ["schema.bases:read"]);
    expect((await groups(search, { actor: noRecords })).status).toBe(403);
    expect((await api.call(`${base}/tables/tblAAAAAAAAAAAAAA/groups?${search}`)).status).toBe(404);
  });
});

test("a formula is checked after permission, and an empty one is none", async () => {
  const search = `${api.table.id}?filterByFormula=((`;
  const stranger = await api.data(search, { actor: api.people["stranger"] });
  expect(stranger.status).toBe(403);
  expect(stranger.body["error"]?.["type"]).toBe("INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND");
  expect((await api.data(`${api.table.id}?filterByFormula=`)).body["records"]).toHaveLength(4);
  const post = { body: { filterByFormula: "" } };
  expect((await api.data(`${api.table.id}/listRecords`, post)).body["records"]).toHaveLength(4);
});
