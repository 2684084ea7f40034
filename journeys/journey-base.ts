import { call, expectOk, makeBase, type TableJson } from "./api.ts";

/** A base that the clients work on: every kind of field that can be written, two tables with a link between them. */
export interface JourneyBase {
  readonly id: string;
  readonly tasks: TableJson;
  readonly projects: TableJson;
  /** Field name of the tasks -> id. */
  readonly fieldIds: Readonly<Record<string, string>>;
}

/** A name that every part of a URL has to survive. */
export const TASKS = "Tâches/Tasks: 50% + more? #1 & Co.";
export const PROJECTS = "Projects";

const day = { dateFormat: { name: "iso" } };

/** As `POST /v0/meta/bases` takes them. */
export const journeyTables = [
  {
    name: TASKS,
    description: "What there is to do.",
    fields: [
      { name: "Name", type: "singleLineText", description: "In a few words." },
      { name: "Notes", type: "multilineText" },
      { name: "Text", type: "richText" },
      { name: "Count", type: "number", options: { precision: 0 } },
      { name: "Price", type: "currency", options: { precision: 2, symbol: "€" } },
      { name: "Share", type: "percent", options: { precision: 1 } },
      { name: "Took", type: "duration", options: { durationFormat: "h:mm" } },
      { name: "Stars", type: "rating", options: { icon: "star", max: 5, color: "yellowBright" } },
      { name: "Done", type: "checkbox", options: { icon: "check", color: "greenBright" } },
      {
        name: "State",
        type: "singleSelect",
        options: { choices: [{ name: "open" }, { name: "closed" }] },
      },
      {
        name: "Tags",
        type: "multipleSelects",
        options: { choices: [{ name: "red" }, { name: "blue" }] },
      },
      { name: "Day", type: "date", options: day },
      {
        name: "At",
        type: "dateTime",
        options: { ...day, timeZone: "utc", timeFormat: { name: "24hour" } },
      },
      { name: "Mail", type: "email" },
      { name: "Site", type: "url" },
      { name: "Phone", type: "phoneNumber" },
      { name: "Code", type: "barcode" },
      { name: "Who", type: "singleCollaborator" },
      { name: "Team", type: "multipleCollaborators" },
      { name: "Files", type: "multipleAttachments" },
      { name: "Number", type: "autoNumber" },
      { name: "Made", type: "createdTime" },
    ],
  },
  { name: PROJECTS, fields: [{ name: "Title", type: "singleLineText" }] },
];

/** Makes the base. */
export async function makeJourneyBase(
  url: string,
  token: string,
  workspaceId: string,
): Promise<JourneyBase> {
  const { id, tables } = await makeBase(url, token, {
    workspaceId,
    name: "Journey base",
    tables: journeyTables,
  });
  const [made, projects] = tables;
  if (made === undefined || projects === undefined) {
    throw new Error("the base was made without its tables");
  }
  const link = {
    name: "Project",
    type: "multipleRecordLinks",
    options: { linkedTableId: projects.id },
  };
  const root = `${url}/v0/meta/bases/${id}/tables`;
  await expectOk(call(`${root}/${made.id}/fields`, { body: link, token }));
  const schema = await expectOk<{ tables: TableJson[] }>(call(root, { token }));
  const again = (table: TableJson): TableJson =>
    schema.tables.find((other) => other.id === table.id) ?? table;
  const tasks = again(made);
  return {
    id,
    tasks,
    projects: again(projects),
    fieldIds: Object.fromEntries(tasks.fields.map((field) => [field.name, field.id])),
  };
}

/** One value for every field that can be written without a record, a person or a file. */
export const sampleCells = {
  Name: "Write “it” down 🙂",
  Notes: "first line\nsecond line",
  Count: 0,
  Price: 19.5,
  Share: 0.125,
  Took: 5_400,
  Stars: 4,
  Done: true,
  State: "open",
  Tags: ["blue", "red"],
  Day: "2026-02-28",
  At: "2026-02-28T13:45:00.000Z",
  Mail: "ada@example.com",
  Site: "https://example.com/a?b=c",
  Phone: "+49 30 123",
  Code: { text: "4006381333931" },
};
