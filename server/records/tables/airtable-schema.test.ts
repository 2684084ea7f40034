import { expect, test } from "vitest";
import type { Field, View } from "../schema/base-schema.ts";
import { assembleSchema } from "../schema/schema-cache.ts";
import { airtableTable } from "./airtable-schema.ts";

const name: Field = {
  id: "fld1",
  tableId: "tbl1",
  name: "Name",
  type: "singleLineText",
  options: {},
  description: null,
};
const link: Field = {
  id: "fld2",
  tableId: "tbl1",
  name: "Link",
  type: "multipleRecordLinks",
  options: {
    linkedTableId: "tbl1",
    isReversed: false,
    prefersSingleRecordLink: false,
    junction: "lnk1",
    side: "a",
  },
  description: "d",
};
const views: readonly View[] = [
  {
    id: "viw1",
    tableId: "tbl1",
    name: "Grid view",
    type: "grid",
    options: {},
    personalForUserId: null,
  },
  {
    id: "viw2",
    tableId: "tbl1",
    name: "Few",
    type: "grid",
    options: { visibleFieldIds: ["fld2"] },
    personalForUserId: "usr1",
  },
  { id: "viw3", tableId: "tbl1", name: "Form", type: "form", options: {}, personalForUserId: null },
];
const [table] = assembleSchema(
  { baseId: "app1", version: 1, role: null },
  {
    tables: [{ id: "tbl1", name: "T", description: null, primaryFieldId: "fld1" }],
    fields: [link, name],
    views,
  },
).tables;

test("a table is shown with the primary field first and without what is unset or ours", () => {
  expect(table && airtableTable(table, { visibleFieldIds: false })).toStrictEqual({
    id: "tbl1",
    name: "T",
    primaryFieldId: "fld1",
    fields: [
      { id: "fld1", name: "Name", type: "singleLineText" },
      {
        id: "fld2",
        name: "Link",
        type: "multipleRecordLinks",
        description: "d",
        options: { linkedTableId: "tbl1", isReversed: false, prefersSingleRecordLink: false },
      },
    ],
    views: [
      { id: "viw1", name: "Grid view", type: "grid" },
      { id: "viw2", name: "Few", type: "grid", personalForUserId: "usr1" },
      { id: "viw3", name: "Form", type: "form" },
    ],
  });
});

test("visible fields are shown for grid views, where asked for", () => {
  const shown = table && airtableTable(table, { visibleFieldIds: true });
  expect(shown?.views.map(({ visibleFieldIds }) => visibleFieldIds)).toEqual([
    ["fld1", "fld2"],
    ["fld2"],
    undefined,
  ]);
});
