import { Hono } from "hono";
import { beforeAll, describe, expect, test } from "vitest";
import { ident, renderProblem, sql, type HttpEnv, type Scope } from "#kernel";
import { testWorld } from "../../kernel/testing/world.ts";
import { listRecords } from "../rows/list-records.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import { newOwner } from "../testing/new-base.ts";
import { createFromTemplate } from "./create-from-template.ts";
import { templateRoutes } from "./routes.ts";
import { listTemplates, templateIds, templateSource } from "./templates.ts";

const world = testWorld();
const shape = {
  byFieldId: false,
  cellFormat: "json",
  commentCount: false,
  version: false,
} as const;

let scope: Scope;
let workspaceId: string;

beforeAll(async () => {
  ({ scope, workspaceId } = await newOwner(world()));
});

async function call(as: Scope, path: string, body?: unknown): Promise<Response> {
  const app = new Hono<HttpEnv>();
  app.use("*", async (c, next) => {
    c.set("scope", as);
    await next();
  });
  app.onError((error) => renderProblem(error, "problem", "req"));
  app.route("/", templateRoutes());
  const init =
    body === undefined
      ? {}
      : {
          method: "POST",
          body: JSON.stringify(body),
          headers: { "content-type": "application/json" },
        };
  return app.request(new Request(`http://basalt.test${path}`, init));
}

describe.each(templateIds)("the template %s", (template) => {
  test("becomes a base with every row and link of its source", async () => {
    const made = await createFromTemplate(scope, { workspaceId, template });
    const source = await templateSource(template);
    const { tables } = await schemaOf(scope, made.id);
    expect(tables.map(({ name }) => name)).toEqual(source.tables.map(({ name }) => name));
    expect(made.invalidFields).toEqual([]);
    for (const [place, { rows = [], columns = [] }] of source.tables.entries()) {
      const table = tables[place];
      if (table === undefined) {
        throw new Error("a table is missing");
      }
      const page = await listRecords(scope, {
        table,
        pageSize: 100,
        shape: { ...shape, cellFormat: { timeZone: "utc", userLocale: "en" } },
      });
      const texts = page.records.map((record) => JSON.parse(record).fields);
      expect(texts.map((fields) => fields[columns[0] ?? ""])).toEqual(rows.map(([text]) => text));
      for (const [at, row] of rows.entries()) {
        for (const [column, value] of row.entries()) {
          const shown = texts[at][columns[column] ?? ""];
          expect(shown === undefined).toBe(value === null || value === false);
        }
      }
    }
  });

  test("has ten to thirty rows a table, a colour for each choice and a view for each table", async () => {
    for (const { name, rows = [], views = [] } of (await templateSource(template)).tables) {
      const [least, most] = template === "blank" ? [0, 0] : [10, 30];
      expect(rows.length, name).toBeGreaterThanOrEqual(least);
      expect(rows.length, name).toBeLessThanOrEqual(most);
      expect(views.length, name).toBeGreaterThan(0);
    }
  });

  test("has new ids each time", async () => {
    const ids = await Promise.all(
      [1, 2].map(async () => {
        const { id } = await createFromTemplate(scope, { workspaceId, template });
        const { tables } = await schemaOf(scope, id);
        return tables.flatMap((table) => [table.id, ...table.fields.map((field) => field.id)]);
      }),
    );
    expect(new Set(ids.flat()).size).toBe(ids.flat().length);
  });
});

test("records belong to whoever made the base", async () => {
  const { id } = await createFromTemplate(scope, { workspaceId, template: "crm", name: "Mine" });
  const { tables } = await schemaOf(scope, id);
  const rows = await world().db.all<{ by: string }>(
    sql`select distinct created_by as by from ${ident(id, tables[0]?.id ?? "")}`,
  );
  const userId = scope.actor.kind === "user" ? scope.actor.userId : "";
  expect(rows.map(({ by }) => by)).toEqual([userId]);
});

describe("over HTTP", () => {
  test("templates are listed and made", async () => {
    const listed = await call(scope, "/api/v1/templates");
    expect(await listed.json()).toEqual({ templates: await listTemplates() });
    const answer = await call(scope, `/api/v1/workspaces/${workspaceId}/bases`, {
      template: "events",
      name: "Our events",
    });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toMatchObject({ name: "Our events", workspaceId, tables: 4 });
  });

  test.each([
    ["an unknown template", { template: "nothing" }, 422, "records.unknown-template"],
    ["one of the prototype", { template: "constructor" }, 422, "records.unknown-template"],
    ["no template", {}, 422, "contract.invalid-body"],
    ["something else besides", { template: "crm", rows: 1 }, 422, "contract.invalid-body"],
    ["an empty name", { template: "crm", name: "" }, 422, "contract.invalid-body"],
  ])("%s is refused", async (_what, body, status, code) => {
    const answer = await call(scope, `/api/v1/workspaces/${workspaceId}/bases`, body);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ code });
  });

  test("a stranger is told that the workspace is not there, nobody to sign in", async () => {
    const stranger = await newOwner(world(), "Eve");
    const path = `/api/v1/workspaces/${workspaceId}/bases`;
    expect((await call(stranger.scope, path, { template: "crm" })).status).toBe(404);
    const nobody = world().scopeFor({ kind: "anonymous" });
    expect((await call(nobody, path, { template: "crm" })).status).toBe(401);
    expect((await call(nobody, "/api/v1/templates")).status).toBe(401);
  });
});
