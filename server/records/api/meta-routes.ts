import type { Hono } from "hono";
import type { HttpEnv } from "#kernel";
import { deleteOneBase, getBases, getTables, postBase } from "./bases.ts";
import type { Endpoint } from "./call.ts";
import {
  deleteCollaborator,
  deleteWorkspace,
  getBase,
  getShares,
  getWorkspace,
  patchCollaborator,
  postCollaborators,
  postMoveBase,
} from "./collaborators.ts";
import { deleteOneField, patchField, postField } from "./fields.ts";
import type { Route } from "./match-route.ts";
import { routesOf } from "./routes.ts";
import { deleteOneTable, patchTable, postTable } from "./tables.ts";
import { deleteOneView, getOneView, getViews } from "./views.ts";
import { whoami } from "./whoami.ts";

/** Everything below `/v0/meta`. */
export const metaRouteList: readonly Route<Endpoint>[] = [
  { pattern: "/v0/meta/whoami", methods: { GET: whoami } },
  { pattern: "/v0/meta/bases", methods: { GET: getBases, POST: postBase } },
  { pattern: "/v0/meta/bases/{baseId}", methods: { GET: getBase, DELETE: deleteOneBase } },
  { pattern: "/v0/meta/bases/{baseId}/tables", methods: { GET: getTables, POST: postTable } },
  {
    pattern: "/v0/meta/bases/{baseId}/tables/{tableIdOrName}",
    methods: { PATCH: patchTable, DELETE: deleteOneTable },
  },
  {
    pattern: "/v0/meta/bases/{baseId}/tables/{tableIdOrName}/fields",
    methods: { POST: postField },
  },
  {
    pattern: "/v0/meta/bases/{baseId}/tables/{tableIdOrName}/fields/{fieldId}",
    methods: { PATCH: patchField, DELETE: deleteOneField },
  },
  { pattern: "/v0/meta/bases/{baseId}/views", methods: { GET: getViews } },
  {
    pattern: "/v0/meta/bases/{baseId}/views/{viewId}",
    methods: { GET: getOneView, DELETE: deleteOneView },
  },
  { pattern: "/v0/meta/bases/{baseId}/shares", methods: { GET: getShares } },
  ...collaboratorRoutes("/v0/meta/bases/{baseId}"),
  {
    pattern: "/v0/meta/workspaces/{workspaceId}",
    methods: { GET: getWorkspace, DELETE: deleteWorkspace },
  },
  { pattern: "/v0/meta/workspaces/{workspaceId}/moveBase", methods: { POST: postMoveBase } },
  ...collaboratorRoutes("/v0/meta/workspaces/{workspaceId}"),
];

/** Mount with wrapped keys. */
export function metaRoutes(): Hono<HttpEnv> {
  return routesOf(metaRouteList, ["/v0/meta/*"]);
}

function collaboratorRoutes(place: string): Route<Endpoint>[] {
  return [
    { pattern: `${place}/collaborators`, methods: { POST: postCollaborators } },
    {
      pattern: `${place}/collaborators/{collaboratorId}`,
      methods: { PATCH: patchCollaborator, DELETE: deleteCollaborator },
    },
  ];
}
