import { beforeAll, describe, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { openTestApi, type TestApi } from "./testing.ts";

const world = testWorld();
let api: TestApi;
let table: string;

beforeAll(async () => {
  api = await openTestApi(world());
  table = api.table.id;
});

test("create, get, list", async () => {
  const made = await api.data(table, { body: { fields: { Name: "A", Count: 0, Done: false } } });
  expect(made).toMatchObject({ status: 200, body: { fields: { Name: "A", Count: 0 } } });
  const id = made.body["id"];
  expect(Object.keys(made.body)).toEqual(["id", "createdTime", "fields"]);
  const got = await api.data(`${table}/${id}`);
  expect(got.body).toEqual(made.body);
  expect(got.headers.get("etag")).toBe(made.headers.get("etag"));
  const listed = await api.data(`${encodeURIComponent("tasks/TO DO")}/?`);
  expect(listed.body["records"]).toEqual([made.body]);
});
