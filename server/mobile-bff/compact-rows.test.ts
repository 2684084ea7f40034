import { expect, test } from "vitest";
import { compactRow } from "./compact-rows.ts";

const columns = ["fldA", "fldB", "fldC"].map((id) => ({ id }));
const row = (fields: object): readonly unknown[] =>
  compactRow(JSON.stringify({ id: "rec1", createdTime: "2026-01-01T00:00:00Z", fields }), columns);

test.each([
  [{}, ["rec1"]],
  [{ fldA: "a" }, ["rec1", "a"]],
  [{ fldC: 0 }, ["rec1", null, null, 0]],
  [{ fldB: false, fldZ: "not asked for" }, ["rec1", null, false]],
  [{ fldA: ["rec2", "rec3"] }, ["rec1", ["rec2", "rec3"]]],
  [{ fldA: [] }, ["rec1", []]],
  [{ fldA: { error: "#ERROR!" } }, ["rec1", { error: "#ERROR!" }]],
])("%j is %j", (fields, expected) => {
  expect(row(fields)).toEqual(expected);
});

test("a picture is its thumbnail, another file its link", () => {
  const picture = {
    id: "att1",
    url: "/files/1",
    filename: "a.png",
    size: 9,
    type: "image/png",
    width: 1,
    height: 1,
    thumbnails: { small: { url: "/s" }, large: { url: "/l" }, full: { url: "/f" } },
  };
  const text = { id: "att2", url: "/files/2", filename: "b.txt", size: 9, type: "text/plain" };
  expect(row({ fldA: [picture, text] })).toEqual([
    "rec1",
    [
      { id: "att1", filename: "a.png", type: "image/png", thumb: "/l" },
      { id: "att2", filename: "b.txt", type: "text/plain", url: "/files/2" },
    ],
  ]);
});
