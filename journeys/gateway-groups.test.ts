import { describe, expect, test } from "vitest";
import { call, makeBase } from "./api.ts";
import { journeyServer } from "./journey-server.ts";

const server = journeyServer();

describe("the five groups of the gateway file that comes with Basalt", () => {
  test("/airtable is Airtable's API and the addresses by which it was known before", async () => {
    const { url, key, workspaceId } = server();
    const tables = [{ name: "Posts / all", fields: [{ name: "Title", type: "singleLineText" }] }];
    const base = await makeBase(url, key, { workspaceId, name: "Groups", tables });
    const [table] = base.tables;
    const records = `/bases/${base.id}/tables/${table?.id}/records`;
    for (const group of ["/airtable", "/api/v1/airtable"]) {
      const bases = await call(`${url}${group}/bases`, { token: key });
      expect(JSON.stringify(bases.body)).toContain(base.id);
      const schema = await call(`${url}${group}/bases/${base.id}/schema`, { token: key });
      expect(schema.body).toMatchObject({ tables: [{ name: "Posts / all" }] });
      const made = await call(`${url}${group}${records}/batch`, {
        token: key,
        body: { records: [{ fields: { Title: "one" } }, { fields: { Title: "two" } }] },
      });
      expect(made.status).toBe(200);
      const listed = await call(
        `${url}${group}${records}?max_records=1&filter_by_formula=${encodeURIComponent("Title='two'")}`,
        { token: key },
      );
      expect(listed.body).toMatchObject({ records: [{ fields: { Title: "two" } }] });
      const [found] = listed.body["records"] as { id: string }[];
      const id = found?.id ?? "";
      const one = await call(`${url}${group}${records}/${id}`, { token: key });
      expect(one.body).toMatchObject({ id });
      const direct = await call(`${url}${group}/${base.id}/Posts%20%2F%20all/${id}`, {
        token: key,
      });
      expect(direct.body).toMatchObject({ id });
    }
  });

  test("/platform is accounts and workspaces", async () => {
    const { url, owner, workspaceId } = server();
    for (const group of ["/platform", "/api/v1/platform"]) {
      const me = await call(`${url}${group}/auth/profile`, { token: owner.session });
      expect(JSON.stringify(me.body)).toContain(owner.email);
      const workspaces = await call(`${url}${group}/workspaces`, { token: owner.session });
      expect(workspaces.text).toContain(workspaceId);
      const login = await call(`${url}${group}/auth/login`, {
        body: { email: owner.email, password: "wrong" },
      });
      expect(login.status).toBe(401);
      expect((await call(`${url}${group}/health`)).body).toMatchObject({ service: "basalt" });
    }
  });

  test.each(["/llm/chat", "/mcp/tools", "/automation/workflows", "/api/v1/llm/chat"])(
    "%s says in words that it is not there yet",
    async (path) => {
      const answer = await call(server().url + path, { body: {} });
      expect(answer.status).toBe(501);
      expect(answer.body).toMatchObject({ code: "gateway.route-refused", status: 501 });
    },
  );

  test("the same rights and errors as ever: no key, a foreign key, nothing there, no way round", async () => {
    const { url, key } = server();
    expect((await call(`${url}/airtable/bases`)).status).toBe(401);
    expect((await call(`${url}/airtable/bases`, { token: "pat0.0" })).status).toBe(401);
    expect((await call(`${url}/airtable/appXXXXXXXXXXXXXX/T`, { token: key })).status).toBe(403);
    expect((await call(`${url}/platform/nothing`, { token: key })).body).toMatchObject({
      code: "gateway.no-such-route",
    });
    for (const path of [
      "/airtable/x%2f..%2fy",
      "/airtable//x",
      "/Airtable/bases",
      "/airtable;x/bases",
    ]) {
      const { status } = await call(url + path, { token: key });
      expect([400, 404]).toContain(status);
    }
  });

  test("an administrator sees the gateway", async () => {
    const { url, owner, key } = server();
    const shown = await call(`${url}/api/v1/admin/gateway`, { token: owner.session });
    expect(shown.status).toBe(200);
    expect(shown.text).toContain('\n  "routes": [');
    expect((await call(`${url}/api/v1/admin/gateway`, { token: key })).status).toBe(403);
    const keys = await call(`${url}/.well-known/jwks.json`);
    expect(keys.body).toMatchObject({ keys: [{ crv: "Ed25519" }] });
  });
});
