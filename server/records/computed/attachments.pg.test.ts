import { expect, test } from "vitest";
import { addAttachment } from "../rows/add-attachment.ts";
import { listRecords } from "../rows/list-records.ts";
import { shape } from "../testing/linked-tables.ts";
import { createView } from "../views/create-view.ts";
import { computedBase } from "./testing/computed-base.ts";

const base = computedBase();

test("files stand in formulas by name and address, and are counted", async () => {
  const { add, create, cells, table, field, scope, baseId } = base();
  const { id: fieldId, tableId } = await add("Tasks", {
    name: "Files",
    type: "multipleAttachments",
  });
  await add("Tasks", { name: "Text", type: "formula", options: { formula: '{Files} & "!"' } });
  await add("Tasks", { name: "How many", type: "formula", options: { formula: "COUNT({Files})" } });
  await add("Tasks", {
    name: "Found",
    type: "formula",
    options: { formula: 'FIND("b c(d).txt (", {Files}) > 0' },
  });
  const [link, files] = [await field("Projects", "Tasks"), await field("Tasks", "Files")];
  await add("Projects", {
    name: "All files",
    type: "rollup",
    options: {
      recordLinkFieldId: link.id,
      fieldIdInLinkedTable: files.id,
      formula: 'COUNTA(values) & ARRAYJOIN(values, "|")',
    },
  });
  const [project = ""] = await create("Projects", [{ Name: "P" }]);
  const [id = ""] = await create("Tasks", [{ Name: "with", Project: [project] }, { Name: "none" }]);
  for (const filename of ["a.txt", "b c(d).txt"]) {
    const bytes = new TextEncoder().encode(filename);
    const file = { table: await table("Tasks"), field: { id: fieldId }, recordId: id };
    await addAttachment(scope, { ...file, bytes, filename, contentType: "text/plain" });
  }
  const now = await cells("Tasks");
  expect(now["with"]).toMatchObject({ "How many": 2, Found: 1 });
  const address = String.raw`\(/files/att\w{14}/[0-9a-f]{64}/`;
  const both = String.raw`a\.txt ${address}a\.txt\), b c\(d\)\.txt ${address}b%20c%28d%29\.txt\)`;
  expect(now["with"]?.["Text"]).toMatch(new RegExp(`^${both}!$`));
  expect(now["none"]).toMatchObject({ Text: "!", "How many": 0, Found: 0 });
  expect((await cells("Projects"))["P"]?.["All files"]).toMatch(
    new RegExp(`^2${both.replace(", ", String.raw`\|`)}$`),
  );
  // A filter of a view asks for names alone.
  const names = async (value: string): Promise<number> => {
    const filters = { conjunction: "and", filterSet: [{ fieldId, operator: "filename", value }] };
    const view = await createView(scope, {
      baseId,
      tableId,
      name: value,
      type: "grid",
      options: { filters },
    });
    const listing = { table: await table("Tasks"), shape, pageSize: 10, view };
    return (await listRecords(scope, listing)).records.length;
  };
  expect([await names("C(D)"), await names("files/att")]).toEqual([1, 0]);
});
