import { storeAttachment } from "#files";
import { ident, sql, type Scope } from "#kernel";
import { updateBase } from "#workspaces";
import { createComment } from "../../comments/create-comment.ts";
import { createRecords } from "../../rows/create-records.ts";
import { deleteRecords } from "../../rows/delete-records.ts";
import type { RecordShape } from "../../rows/record-json.ts";
import type { Table } from "../../schema/base-schema.ts";
import { addTable, newBase, tableNow } from "../../testing/new-base.ts";

const shape: RecordShape = {
  byFieldId: false,
  cellFormat: "json",
  commentCount: false,
  version: false,
};

/** A name that is hard to write: quotes of every kind, an emoji, a mark that turns the direction. */
export const hostileName = `Robert'); drop table "x"; -- \\ "quoted" 😀 \u202e`;

/** A base with every field type, links of each kind, a file, comments and names that are hard to write. */
export async function fullBase(owner: Scope, inWorkspace: string): Promise<string> {
  const userId = owner.actor.kind === "user" ? owner.actor.userId : "";
  const moment = {
    timeZone: "utc",
    dateFormat: { name: "iso" },
    timeFormat: { name: "24hour" },
  };
  const choices = { choices: [{ name: hostileName }, { name: "b", color: "redBright" }] };
  const base = await newBase(owner, inWorkspace, [
    { name: "Name", type: "singleLineText" },
    { name: hostileName, type: "multilineText", description: "Says\nmore" },
    { name: "Rich", type: "richText" },
    { name: "Mail", type: "email" },
    { name: "Web", type: "url" },
    { name: "Phone", type: "phoneNumber" },
    { name: "Number", type: "number", options: { precision: 3 } },
    { name: "Price", type: "currency", options: { precision: 2, symbol: "€" } },
    { name: "Part", type: "percent", options: { precision: 1 } },
    { name: "Time", type: "duration", options: { durationFormat: "h:mm:ss.SSS" } },
    { name: "Stars", type: "rating", options: { icon: "star", max: 5, color: "yellowBright" } },
    { name: "Done", type: "checkbox", options: { icon: "check", color: "greenBright" } },
    { name: "One", type: "singleSelect", options: choices },
    { name: "Some", type: "multipleSelects", options: choices },
    { name: "Day", type: "date", options: { dateFormat: { name: "local" } } },
    { name: "Moment", type: "dateTime", options: moment },
    { name: "Who", type: "singleCollaborator" },
    { name: "All", type: "multipleCollaborators" },
    { name: "Files", type: "multipleAttachments" },
    { name: "Code", type: "barcode" },
    { name: "No", type: "autoNumber" },
    {
      name: "Made",
      type: "createdTime",
      options: { result: { type: "dateTime", options: moment } },
    },
    { name: "Changed", type: "lastModifiedTime" },
    { name: "Maker", type: "createdBy" },
    { name: "Changer", type: "lastModifiedBy" },
  ]);
  const second = await addTable(owner, {
    baseId: base.baseId,
    name: hostileName,
    fields: [
      { name: "Title", type: "autoNumber" },
      { name: "Firsts", type: "multipleRecordLinks", options: { linkedTableId: base.table.id } },
    ],
  });
  const first = await tableNow(owner, base.baseId, base.table.id);
  const { ids } = await createRecords(owner, {
    table: first,
    typecast: false,
    shape,
    rows: [
      {
        fields: {
          Name: hostileName,
          [hostileName]: "line\nfeed\ttab\u2028",
          Rich: "**b**",
          Mail: "a@b.c",
          Web: "https://a.b",
          Phone: "+1",
          Number: 0.1 + 0.2,
          Price: -1.25e-7,
          Part: 0.5,
          Time: 3661.123,
          Stars: 5,
          Done: true,
          One: hostileName,
          Some: ["b", hostileName],
          Day: "0099-02-28",
          Moment: "2026-01-02T03:04:05.678Z",
          Who: { id: userId },
          All: [{ id: userId }],
          Code: { text: "123", type: "ean13" },
        },
      },
      { fields: { Name: "gone" } },
      { fields: {} },
    ],
  });
  await deleteRecords(owner, { table: first, ids: [ids[1] ?? ""], single: false });
  await attach(owner, first, ids[0] ?? "");
  await createRecords(owner, {
    table: await tableNow(owner, base.baseId, second.id),
    typecast: false,
    shape,
    rows: [
      { fields: { Firsts: [ids[2] ?? "", ids[0] ?? ""] } },
      { fields: { Firsts: [ids[0] ?? ""] } },
    ],
  });
  const on = { table: first, recordId: ids[0] ?? "" };
  const { comment } = await createComment(owner, {
    ...on,
    text: `Hello @[${userId}] ${hostileName}`,
  });
  await createComment(owner, { ...on, text: "An answer", parentCommentId: comment.id });
  await updateBase(owner, base.baseId, { description: hostileName, color: "blue", icon: "box" });
  return base.baseId;
}

/** A stored file, written into the cell as an upload would. */
async function attach(scope: Scope, table: Table, recordId: string): Promise<void> {
  const field = table.fieldsByName.get("Files");
  const file = await storeAttachment(scope, {
    bytes: new TextEncoder().encode("The content."),
    filename: `../${hostileName}.txt`,
  });
  await scope.db.run(
    sql`update ${ident(table.baseId, table.id)} set ${ident(field?.id ?? "")} = ${JSON.stringify([file])}::jsonb
      where id = ${recordId}`,
  );
}
