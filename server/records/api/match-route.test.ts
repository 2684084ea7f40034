import { recordsOperations } from "@basalt/contract";
import { describe, expect, test } from "vitest";
import { pathOf, routeMatcher, searchOf } from "./match-route.ts";
import { metaRouteList } from "./meta-routes.ts";
import { commentRouteList, recordRouteList } from "./record-routes.ts";

const routes = [...recordRouteList, ...commentRouteList, ...metaRouteList];
const match = routeMatcher(routes);
const BASE = "appAAAAAAAAAAAAAA";
const RECORD = "recAAAAAAAAAAAAAA";
const COMMENT = "comAAAAAAAAAAAAAA";
const DATA = "/v0/{baseId}/{tableIdOrName}";

describe("paths that are known", () => {
  test.each([
    [`/v0/${BASE}/Orders`, DATA, { baseId: BASE, tableIdOrName: "Orders" }],
    [`/v0/${BASE}/Orders/`, DATA, { tableIdOrName: "Orders" }],
    [`/v0/${BASE}/In%2FOut%20%E2%82%AC`, DATA, { tableIdOrName: "In/Out €" }],
    [`/v0/${BASE}/100%25`, DATA, { tableIdOrName: "100%" }],
    [`/v0/${BASE}/listRecords`, DATA, { tableIdOrName: "listRecords" }],
    [
      `/v0/${BASE}/listRecords/listRecords`,
      `${DATA}/listRecords`,
      { tableIdOrName: "listRecords" },
    ],
    [
      `/v0/${BASE}/comments/${RECORD}`,
      `${DATA}/{recordId}`,
      { tableIdOrName: "comments", recordId: RECORD },
    ],
    [`/v0/${BASE}/a/${RECORD}/comments`, `${DATA}/{recordId}/comments`, { recordId: RECORD }],
    [
      `/v0/${BASE}/a/${RECORD}/comments/${COMMENT}/`,
      `${DATA}/{recordId}/comments/{commentId}`,
      { commentId: COMMENT },
    ],
    [
      `/v0/${BASE}/${RECORD}/My%20files/uploadAttachment`,
      "/v0/{baseId}/{recordId}/{fieldIdOrName}/uploadAttachment",
      { recordId: RECORD, fieldIdOrName: "My files" },
    ],
    ["/v0/meta/whoami", "/v0/meta/whoami", {}],
    [
      `/v0/meta/bases/${BASE}/tables/A%2FB/fields`,
      "/v0/meta/bases/{baseId}/tables/{tableIdOrName}/fields",
      { tableIdOrName: "A/B" },
    ],
  ])("%s", (path, pattern, params) => {
    const found = match(path);
    expect(found?.route.pattern).toBe(pattern);
    expect(found?.params).toMatchObject(params);
  });
});

test.each([
  "/v0",
  "/v0/",
  `/v0/${BASE}`,
  `/v0/${BASE}/`,
  `/v0/${BASE}//`,
  `/v0//${BASE}/Orders`,
  `/v0/${BASE}//${RECORD}`,
  `/v0/${BASE}/Orders/rec1`,
  `/v0/${BASE}/Orders/${RECORD}x`,
  `/v0/${BASE}/Orders/recAAAAAAAAAAAAA-`,
  `/v0/${BASE}/Orders/${RECORD}/comment`,
  `/v0/${BASE}/Orders/${RECORD}/comments/com1`,
  `/v0/${BASE}/Orders/${RECORD}/${RECORD}/comments`,
  `/v0/app1/Orders`,
  `/v0/${BASE.toLowerCase()}AAA/Orders`,
  `/v0/tblAAAAAAAAAAAAAA/Orders`,
  `/V0/${BASE}/Orders`,
  `/v0/${BASE}/%E0%A4%A/${RECORD}`,
  `/v0/${BASE}%2FOrders`,
  `/v0/${BASE}/${RECORD}/a/uploadattachment`,
  "/v0/meta/whoami/x",
  "/v0/meta/bases/app1/tables",
  `/v0/meta/bases/${BASE}/tables/T/fields/Name`,
  `/v0/meta/bases/${BASE}/views/viw1`,
  `/v0/bases/${BASE}/webhooks`,
])("no such path: %s", (path) => {
  expect(match(path)).toBeUndefined();
});

test("what the contract lists is what is routed, no more and no less", () => {
  const routed = routes.flatMap(({ pattern, methods }) =>
    Object.keys(methods).map((method) => `${method} ${pattern}`),
  );
  const listed = recordsOperations
    .filter(({ path }) => path.startsWith("/v0/"))
    .map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(routed.sort()).toEqual(listed.sort());
});

test("path and query string of a URL", () => {
  expect(pathOf("http://a.test/v0/x%2Fy/?a=/b")).toBe("/v0/x%2Fy/");
  expect(searchOf("http://a.test/v0/x?")).toBe("");
  expect(searchOf("http://a.test/v0/x?a=b?c")).toBe("a=b?c");
});
