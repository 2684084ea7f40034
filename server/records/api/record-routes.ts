import type { Hono } from "hono";
import type { HttpEnv } from "#kernel";
import type { Endpoint } from "./call.ts";
import { computedRead, computedWrite } from "./computing.ts";
import { deleteOneComment, getComments, patchComment, postComment } from "./comments.ts";
import { postRecords } from "./create-records.ts";
import { deleteManyRecords, deleteOneRecord } from "./delete-records.ts";
import { readOneRecord } from "./get-record.ts";
import { hotRead } from "./hot-read.ts";
import { postListRecords, readRecords } from "./list-records.ts";
import type { Route } from "./match-route.ts";
import { routesOf } from "./routes.ts";
import { patchRecord, patchRecords, putRecord, putRecords } from "./update-records.ts";
import { uploadAttachment } from "./upload-attachment.ts";

/** Records: these keep the answers of keyed calls in their own transaction. */
export const recordRouteList: readonly Route<Endpoint>[] = [
  {
    pattern: "/v0/{baseId}/{tableIdOrName}",
    methods: {
      GET: hotRead("/v0/{baseId}/{tableIdOrName}", readRecords),
      POST: computedWrite(postRecords),
      PATCH: computedWrite(patchRecords),
      PUT: computedWrite(putRecords),
      DELETE: computedWrite(deleteManyRecords),
    },
  },
  {
    pattern: "/v0/{baseId}/{tableIdOrName}/listRecords",
    methods: { POST: computedRead(postListRecords) },
  },
  {
    pattern: "/v0/{baseId}/{tableIdOrName}/{recordId}",
    methods: {
      GET: hotRead("/v0/{baseId}/{tableIdOrName}/{recordId}", readOneRecord),
      PATCH: computedWrite(patchRecord),
      PUT: computedWrite(putRecord),
      DELETE: computedWrite(deleteOneRecord),
    },
  },
  {
    pattern: "/v0/{baseId}/{recordId}/{fieldIdOrName}/uploadAttachment",
    methods: { POST: computedWrite(uploadAttachment) },
  },
];

/** Comments on records. */
export const commentRouteList: readonly Route<Endpoint>[] = [
  {
    pattern: "/v0/{baseId}/{tableIdOrName}/{recordId}/comments",
    methods: { GET: getComments, POST: postComment },
  },
  {
    pattern: "/v0/{baseId}/{tableIdOrName}/{recordId}/comments/{commentId}",
    methods: { PATCH: patchComment, DELETE: deleteOneComment },
  },
];

/** Mount with `keys: "own"`. */
export function recordRoutes(): Hono<HttpEnv> {
  return routesOf(recordRouteList, [
    `${BASE}/:table`,
    `${BASE}/:table/:record`,
    `${BASE}/:record/:field/uploadAttachment`,
  ]);
}

/** Mount with wrapped keys. */
export function commentRoutes(): Hono<HttpEnv> {
  return routesOf(commentRouteList, [
    `${BASE}/:table/:record/comments`,
    `${BASE}/:table/:record/comments/:comment`,
  ]);
}

/** Anything that is not `/v0/meta` or `/v0/bases`; the list checks the rest of the id. */
const BASE = "/v0/:base{app[^/]*}";
