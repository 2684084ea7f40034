import {
  LIMITS_EXTENDED,
  LIMITS_HEADER,
  PAGE_SIZE_MAX,
  RECORDS_PER_CALL_EXTENDED_MAX,
  RECORDS_PER_CALL_MAX,
  type ActionName,
} from "@basalt/contract";
import { parseWith, Problem, readJson, type ReadJsonOptions, type Scope } from "#kernel";
import { allow } from "#workspaces";
import type { z } from "zod";
import type { BaseSchema, Table } from "../schema/base-schema.ts";
import { findTable } from "../schema/find.ts";
import { tableNotFound } from "../schema/refusals.ts";
import { schemaOf } from "../schema/schema-cache.ts";
import type { Params } from "./match-route.ts";
import type { Query } from "./query-string.ts";
import { invalidRequest } from "./refusals.ts";

/** One request that has found its route and has a user. */
export interface Call {
  readonly scope: Scope;
  readonly params: Params;
  readonly query: Query;
  readonly request: Request;
}

/** What a route does. */
export type Endpoint = (call: Call) => Promise<Response>;

/** A JSON object as it came in. */
export type Body = Readonly<Record<string, unknown>>;

/** How much one call may ask for. */
export interface CallLimits {
  readonly recordsMax: number;
  readonly pageSizeMax: number;
}

/** The base's schema, if the caller may do this there. Problems: those of `allow`, `records.base-not-found`. */
export async function openBase({ scope, params }: Call, action: ActionName): Promise<BaseSchema> {
  await allow(scope, action, { baseId: params.baseId });
  return schemaOf(scope, params.baseId);
}

/**
 * The table that the path names, if the caller may do this there. A table that is not there is told before a role
 * that is too weak, but never to somebody who may not see the base.
 * Problems: those of `allow`, `records.table-not-found`.
 */
export async function openTable(call: Call, action: ActionName): Promise<Table> {
  const { scope, params } = call;
  const tooWeak = await allow(scope, action, { baseId: params.baseId }).catch(heldBack);
  const table = findTable(await schemaOf(scope, params.baseId), params.tableIdOrName);
  if (table === undefined) {
    throw tableNotFound();
  }
  if (tooWeak !== undefined) {
    throw tooWeak;
  }
  return table;
}

/** True where the caller asks for the larger limits. */
export function isExtended({ request }: Pick<Call, "request">): boolean {
  return request.headers.get(LIMITS_HEADER) === LIMITS_EXTENDED;
}

/** The larger limits are for those who ask for them, so that strict clients see Airtable's. */
export function limitsOf({ request }: Pick<Call, "request">): CallLimits {
  return isExtended({ request })
    ? { recordsMax: RECORDS_PER_CALL_EXTENDED_MAX, pageSizeMax: RECORDS_PER_CALL_EXTENDED_MAX }
    : { recordsMax: RECORDS_PER_CALL_MAX, pageSizeMax: PAGE_SIZE_MAX };
}

/** The body as a JSON object. Problems: those of `readJson`, `records.invalid-request`. */
export async function readBody(
  { request }: Pick<Call, "request">,
  options?: ReadJsonOptions,
): Promise<Body> {
  const body = await readJson(request, options);
  if (!isObject(body)) {
    throw invalidRequest("body", "must be an object");
  }
  return body;
}

/** The body checked against its schema. Problems: those of `readBody`, `contract.invalid-body`. */
export async function parseBody<T>(
  call: Pick<Call, "request">,
  schema: z.ZodType<T>,
  options?: ReadJsonOptions,
): Promise<T> {
  return parseWith(schema, await readBody(call, options));
}

/** True for `{…}`, not for lists and null. */
export function isObject(value: unknown): value is Body {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A yes or no in a body; absent and null are no. Problem: `records.invalid-request`. */
export function flagIn(body: Body, name: string): boolean {
  const value = body[name];
  if (value === undefined || value === null || value === false || value === 0) {
    return false;
  }
  if (value === true || value === 1) {
    return true;
  }
  throw invalidRequest(name, "must be true or false");
}

function heldBack(error: unknown): Problem {
  if (error instanceof Problem && error.code === "workspaces.not-permitted") {
    return error;
  }
  throw error;
}
