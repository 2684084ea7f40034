import { describe, expect, test } from "vitest";
import { parseFile } from "../file/parse-file.ts";
import { RouteTable } from "./route-table.ts";
import { targetPath } from "./target-path.ts";

function table(routes: string): RouteTable {
  const { file, mistakes } = parseFile(
    `upstreams: { old: { url: "http://127.0.0.1:1" } }\nroutes:\n${routes}`,
  );
  if (file === undefined) {
    throw new Error(JSON.stringify(mistakes));
  }
  return new RouteTable(file);
}

function way(
  routes: RouteTable,
  target: string,
  { method = "GET", host = "basalt.test" } = {},
): string {
  const found = routes.find(method, target, host);
  if (found === undefined || typeof found === "string") {
    return found ?? "none";
  }
  const [first] = found.route.targets;
  return `${found.route.name} ${first === undefined ? "refused" : targetPath(first, found)}`;
}

const groups = table(`
  - { name: base-records, path: "/airtable/bases/{base}/tables/{table}/records", own: "/v0/{base}/{table}", renameQuery: { max_records: maxRecords } }
  - { name: bases, path: /airtable/bases, exact: true, own: /v0/meta/bases }
  - { name: airtable, path: [/airtable, /api/airtable], own: /v0 }
  - { name: llm, path: /llm, refuse: { status: 501, message: Not yet. } }
`);

describe("aliases", () => {
  test.each([
    ["/airtable/appX/tblY?a=1", "airtable /v0/appX/tblY?a=1"],
    ["/api/airtable/appX", "airtable /v0/appX"],
    ["/airtable", "airtable /v0"],
    ["/airtable/", "airtable /v0/"],
    ["/airtable/bases", "bases /v0/meta/bases"],
    ["/airtable/bases/appX", "airtable /v0/bases/appX"],
    [
      "/airtable/bases/appX/tables/My%20Table/records/recZ?max_records=5&x=max_records",
      "base-records /v0/appX/My%20Table/recZ?maxRecords=5&x=max_records",
    ],
    ["/airtable/bases/appX/tables/A%2fB/records", "base-records /v0/appX/A%2FB"],
    ["/llm/chat", "llm refused"],
    ["/airtables", "none"],
    ["/v0/appX", "none"],
    ["/", "none"],
    ["/airtable/%2e%2e/api/v1/users", "ambiguous"],
    ["/airtable/../api/v1/users", "ambiguous"],
    ["/airtable//v1", "ambiguous"],
  ])("%s", (target, expected) => {
    expect(way(groups, target)).toBe(expected);
  });
});

const guarded = table(`
  - { name: admin, path: /admin, upstream: old, auth: required }
  - { name: all, path: /, upstream: old }
  - { name: get-only, path: /things, methods: [GET], upstream: old }
  - { name: site, path: /, host: ["*.old.test", www.test], to: [{ upstream: old, path: /site }] }
`);

describe("no spelling of a path slips past the longer route", () => {
  test.each([
    ["/admin/users", "admin /admin/users"],
    ["/%61dmin/users", "admin /admin/users"],
    ["/%61%64%6D%69%6E", "admin /admin"],
    ["/ADMIN/users", "case"],
    ["/Admin", "case"],
    ["//admin/users", "ambiguous"],
    ["/./admin/users", "ambiguous"],
    ["/x/../admin", "ambiguous"],
    ["/x/%2e%2e/admin", "ambiguous"],
    ["/x/..%2fadmin", "ambiguous"],
    ["/admin%2fusers", "ambiguous"],
    ["/admin;x=1/users", "ambiguous"],
    ["/;x/admin", "ambiguous"],
    ["/%5cadmin", "ambiguous"],
    ["/\\admin", "ambiguous"],
    ["/%2561dmin", "ambiguous"],
    ["/%252e%252e/admin", "ambiguous"],
    ["/admin%00", "ambiguous"],
    ["/admin%0d%0ax:y", "ambiguous"],
    ["/admin%zz", "ambiguous"],
    ["/other/thing", "all /other/thing"],
    ["/other?x=/admin", "all /other?x=/admin"],
    ["/things/1", "get-only /things/1"],
  ])("%s", (target, expected) => {
    expect(way(guarded, target)).toBe(expected);
  });

  test("methods", () => {
    expect(way(guarded, "/things/1", { method: "HEAD" })).toBe("get-only /things/1");
    expect(way(guarded, "/things/1", { method: "POST" })).toBe("all /things/1");
  });

  test.each([
    ["www.test", "site /site/x"],
    ["WWW.test:8080", "site /site/x"],
    ["www.test.", "site /site/x"],
    ["a.old.test", "site /site/x"],
    ["old.test", "all /x"],
    ["evilold.test", "all /x"],
  ])("host %s", (host, expected) => {
    expect(way(guarded, "/x", { host })).toBe(expected);
  });

  test("health, metrics and the gateway's own administration stay ours", () => {
    for (const target of [
      "/health",
      "/ready?x",
      "/metrics",
      "/api/v1/admin/gateway",
      "/api/v1/admin/gateway/routes/x",
    ]) {
      expect(way(guarded, target)).toBe("none");
    }
    expect(way(guarded, "/api/v1/admin/gatewayx")).toBe("all /api/v1/admin/gatewayx");
  });
});
