import Airtable from "airtable";
import { beforeAll, describe, expect, test } from "vitest";
import { type AirtableBase, type Cells, cells, clientOf, failure } from "./airtable-js-client.ts";
import { call, expectOk } from "./api.ts";
import { type JourneyBase, makeJourneyBase, PROJECTS, sampleCells, TASKS } from "./journey-base.ts";
import { journeyServer } from "./journey-server.ts";

const running = journeyServer();
let made: JourneyBase;
let base: AirtableBase;

beforeAll(async () => {
  const { url, key, workspaceId } = running();
  made = await makeJourneyBase(url, key, workspaceId);
  base = clientOf({ url, key, baseId: made.id });
});

async function fill(names: readonly string[], more: Cells = {}): Promise<string[]> {
  const ids: string[] = [];
  for (let at = 0; at < names.length; at += 10) {
    const batch = names.slice(at, at + 10).map((Name) => ({ fields: cells({ Name, ...more }) }));
    ids.push(...(await base(TASKS).create(batch)).map(({ id }) => id));
  }
  return ids;
}

async function clear(): Promise<void> {
  const ids = (await base(TASKS).select({ fields: [] }).all()).map(({ id }) => id);
  for (let at = 0; at < ids.length; at += 10) {
    await base(TASKS).destroy(ids.slice(at, at + 10));
  }
}

describe("writing", () => {
  test("create gives one record with every kind of cell", async () => {
    const record = await base(TASKS).create(cells(sampleCells));
    expect(record.fields).toMatchObject(sampleCells);
    expect(record.get("Number")).toBeTypeOf("number");
    expect(record.id).toMatch(/^rec[A-Za-z0-9]{14}$/);
    expect(record.getId()).toBe(record.id);
  });

  test("create with a list answers a list in the same order, and by callback too", async () => {
    const list = [{ fields: cells({ Name: "b" }) }, { fields: cells({ Name: "a" }) }];
    const records = await base(TASKS).create(list);
    expect(records.map((record) => record.get("Name"))).toEqual(["b", "a"]);
    const called = await new Promise<unknown>((resolve, reject) => {
      base(TASKS).create(cells({ Name: "callback" }), (error, record) =>
        error ? reject(error) : resolve(record?.get("Name")),
      );
    });
    expect(called).toBe("callback");
  });

  test("typecast makes choices, linked records and values out of text", async () => {
    const written = { Name: "cast", Count: "1,234", State: "brand new", Project: ["By name"] };
    const record = await base(TASKS).create(cells(written), { typecast: true });
    expect(record.fields).toMatchObject({ Count: 1_234, State: "brand new" });
    const [project] = record.get("Project") as string[];
    expect((await base(PROJECTS).find(project ?? "")).get("Title")).toBe("By name");
  });

  test("update changes the named cells, replace clears the others", async () => {
    const { id } = await base(TASKS).create(cells({ Name: "old", Count: 1, Notes: "kept" }));
    const updated = await base(TASKS).update(id, cells({ Name: "new" }));
    expect(updated.fields).toMatchObject({ Name: "new", Count: 1, Notes: "kept" });
    const replaced = await base(TASKS).replace(id, cells({ Name: "alone" }));
    expect(replaced.get("Name")).toBe("alone");
    expect(replaced.fields).not.toHaveProperty("Count");
    expect(replaced.fields).not.toHaveProperty("Notes");
    expect(replaced.get("Number")).toBeTypeOf("number");
  });

  test("update and replace take lists and typecast", async () => {
    const [one = "", two = ""] = await fill(["one", "two"], { Count: 5 });
    const changed = await base(TASKS).update(
      [
        { id: one, fields: cells({ Count: "7" }) },
        { id: two, fields: cells({ Name: "second" }) },
      ],
      { typecast: true },
    );
    expect(changed.map(({ fields }) => [fields["Name"], fields["Count"]])).toEqual([
      ["one", 7],
      ["second", 5],
    ]);
    const put = await base(TASKS).replace([{ id: one, fields: cells({ Notes: "n" }) }]);
    expect(put[0]?.fields).toMatchObject({ Notes: "n" });
    expect(put[0]?.fields).not.toHaveProperty("Name");
    const typed = await base(TASKS).replace(one, cells({ Count: "8" }), { typecast: true });
    expect(typed.get("Count")).toBe(8);
  });

  test("destroy takes one id or a list", async () => {
    const [one = "", two = "", three = ""] = await fill(["1", "2", "3"]);
    expect((await base(TASKS).destroy(one)).id).toBe(one);
    const gone = await base(TASKS).destroy([two, three]);
    expect(gone.map(({ id }) => id)).toEqual([two, three]);
    expect(await failure(base(TASKS).find(two))).toMatchObject({ statusCode: 404 });
  });

  test("a record's own methods: set and save, fetch, patch, put, destroy", async () => {
    const { id: project } = await base(PROJECTS).create(cells({ Title: "Own" }));
    const record = await base(PROJECTS).find(project);
    record.set("Title", "Saved");
    await record.save();
    expect((await base(PROJECTS).find(project)).get("Title")).toBe("Saved");
    await base(PROJECTS).update(project, cells({ Title: "Elsewhere" }));
    expect((await record.fetch()).get("Title")).toBe("Elsewhere");
    expect((await record.patchUpdate(cells({ Title: "Patched" }))).get("Title")).toBe("Patched");
    expect((await record.updateFields(cells({ Title: "Updated" }))).get("Title")).toBe("Updated");
    expect((await record.putUpdate(cells({ Title: "Put" }))).get("Title")).toBe("Put");
    expect((await record.replaceFields(cells({ Title: "Replaced" }))).get("Title")).toBe(
      "Replaced",
    );
    expect((await record.destroy()).id).toBe(project);
    expect(await failure(record.fetch())).toMatchObject({ error: "NOT_FOUND", statusCode: 404 });
  });

  test("saving a record with a computed field is refused, as Airtable does", async () => {
    const record = await base(TASKS).create(cells({ Name: "computed" }));
    expect(await failure(record.save())).toMatchObject({
      error: "INVALID_VALUE_FOR_COLUMN",
      statusCode: 422,
    });
  });

  test("links show on both sides, and vanish with the record", async () => {
    const project = await base(PROJECTS).create(cells({ Title: "Linked" }));
    const task = await base(TASKS).create(cells({ Name: "t", Project: [project.id] }));
    const link = made.tasks.fields.find(({ name }) => name === "Project");
    const inverseId = link?.options?.["inverseLinkFieldId"];
    const inverse = made.projects.fields.find(({ id }) => id === inverseId);
    expect((await project.fetch()).get(inverse?.name ?? "")).toEqual([task.id]);
    await task.destroy();
    expect((await project.fetch()).fields).toEqual({ Title: "Linked" });
  });
});

describe("reading", () => {
  test("all, firstPage and eachPage give every record once", async () => {
    await clear();
    const names = Array.from({ length: 25 }, (_, at) => `n${String(at).padStart(2, "0")}`);
    await fill(names);
    const query = { pageSize: 10, sort: [{ field: "Name", direction: "desc" as const }] };
    const all = await base(TASKS).select(query).all();
    expect(all.map((record) => record.get("Name"))).toEqual(names.toReversed());
    expect(await base(TASKS).select(query).firstPage()).toHaveLength(10);
    const pages: number[] = [];
    await base(TASKS)
      .select(query)
      .eachPage((records, next) => {
        pages.push(records.length);
        next();
      });
    expect(pages).toEqual([10, 10, 5]);
    expect(await base(TASKS).select({ maxRecords: 12, pageSize: 10 }).all()).toHaveLength(12);
  });

  test("fields, sort by two keys, view by name and by id", async () => {
    await clear();
    await fill(["a", "b"], { Count: 1 });
    await fill(["c"], { Count: 0 });
    const sort = [{ field: "Count" }, { field: "Name", direction: "desc" as const }];
    const view = "Grid view";
    const found = await base(TASKS)
      .select({ fields: ["Name"], sort, view })
      .all();
    expect(found.map(({ fields }) => fields)).toEqual([
      { Name: "c" },
      { Name: "b" },
      { Name: "a" },
    ]);
    const viewId = String(made.tasks.views[0]?.id);
    expect(await base(TASKS).select({ view: viewId }).all()).toHaveLength(3);
  });

  test("a formula", async () => {
    await clear();
    await fill(["it's", "other"], { Count: 1 });
    await fill(["third"]);
    const filterByFormula = "AND({Count} > 0, NOT({Name} = 'other'))";
    const [found, ...more] = await base(TASKS).select({ filterByFormula }).all();
    expect([found?.get("Name"), more]).toEqual(["it's", []]);
  });

  test("cells as text in a zone and a language", async () => {
    await clear();
    await base(TASKS).create(cells(sampleCells));
    const [record] = await base(TASKS)
      .select({ cellFormat: "string", timeZone: "Europe/Berlin", userLocale: "en-gb" })
      .all();
    expect(record?.fields).toMatchObject({
      Count: "0",
      Price: "€19.50",
      Share: "12.5%",
      Took: "1:30",
      Done: "checked",
      Tags: "blue, red",
      Day: "2026-02-28",
    });
  });

  test("field ids for names, by request and in the request", async () => {
    await clear();
    await fill(["by id"]);
    const { Name = "" } = made.fieldIds;
    const query = { returnFieldsByFieldId: true, fields: [Name] };
    const [record] = await base(TASKS).select(query).all();
    expect(record?.fields).toEqual({ [Name]: "by id" });
    expect(
      await base(made.tasks.id)
        .select({ fields: ["Name"] })
        .all(),
    ).toHaveLength(1);
  });

  test("the count of comments, when asked for", async () => {
    await clear();
    const [id = ""] = await fill(["commented"]);
    const { url, key } = running();
    const comments = `${url}/v0/${made.id}/${made.tasks.id}/${id}/comments`;
    await expectOk(call(comments, { body: { text: "one" }, token: key }));
    const [counted] = await base(TASKS)
      .select({ recordMetadata: ["commentCount"] })
      .all();
    expect(counted?.commentCount).toBe(1);
    const [plain] = await base(TASKS).select().all();
    expect(plain?.commentCount).toBeUndefined();
  });

  test("a query too long for a URL goes as POST, by itself and on demand", async () => {
    await clear();
    await fill(["long"]);
    const field = { field: "Name", direction: "asc" as const };
    const fields = Array.from({ length: 900 }, () => "Name");
    const found = await base(TASKS)
      .select({ fields, sort: [field], timeZone: "Europe/Berlin", userLocale: "de" })
      .all();
    expect(found.map(({ fields: shown }) => shown)).toEqual([{ Name: "long" }]);
    const posted = await base(TASKS)
      .select({ method: "post", cellFormat: "string", timeZone: "UTC", userLocale: "en" })
      .all();
    expect(posted[0]?.get("Name")).toBe("long");
  });

  test("the deprecated list and forEach still work", async () => {
    await clear();
    await fill(["x", "y", "z"]);
    const table = base(TASKS);
    const [records, offset] = await new Promise<[Airtable.Records<Airtable.FieldSet>, string]>(
      (resolve, reject) => {
        table.list(2, null, {}, (error: Error | null, found: never, next: string) =>
          error ? reject(error) : resolve([found, next]),
        );
      },
    );
    expect(records).toHaveLength(2);
    expect(offset).toMatch(/^itr/);
    const seen: unknown[] = [];
    await new Promise<void>((resolve, reject) => {
      const each = (record: Airtable.Record<Airtable.FieldSet>): void => {
        seen.push(record.get("Name"));
      };
      table.forEach({}, each, (error?: Error) => (error ? reject(error) : resolve()));
    });
    expect(seen).toEqual(["x", "y", "z"]);
  });

  test("makeRequest reaches any path of the base", async () => {
    const client = new Airtable({ apiKey: running().key, endpointUrl: running().url });
    const { statusCode, body } = await client.base(made.id).makeRequest({
      path: `/${encodeURIComponent(PROJECTS)}`,
      qs: { pageSize: 1 },
    });
    expect(statusCode).toBe(200);
    expect(body).toHaveProperty("records");
  });
});

describe("other ways to the same base", () => {
  test("configured once for the whole program, with headers of one's own", async () => {
    const { url, key } = running();
    Airtable.configure({ endpointUrl: url, apiKey: key });
    const found = Airtable.base(made.id);
    expect(found.getId()).toBe(made.id);
    expect(await found.table(PROJECTS).select({ maxRecords: 1 }).firstPage()).toBeInstanceOf(Array);
    const customHeaders = { "x-request-id": "journey-of-airtable-js" };
    const client = new Airtable({ endpointUrl: url, apiKey: key, customHeaders });
    const { headers } = await client.base(made.id).makeRequest({ path: `/${made.projects.id}` });
    expect(headers.get("x-request-id")).toBe("journey-of-airtable-js");
  });

  test("several calls at once keep their answers apart", async () => {
    const names = Array.from({ length: 40 }, (_, at) => `at once ${at}`);
    const records = await Promise.all(names.map((Name) => base(TASKS).create(cells({ Name }))));
    expect(records.map((record) => record.get("Name"))).toEqual(names);
    const found = await Promise.all(records.map(({ id }) => base(TASKS).find(id)));
    expect(found.map((record) => record.get("Name"))).toEqual(names);
  });
});
