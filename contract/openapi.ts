import { z } from "zod";
import { airtableErrorBody, type Operation, problemBody } from "./operation.ts";

export interface OpenApiOptions {
  readonly title: string;
  readonly version: string;
  /** `http(s)://host[:port]`. */
  readonly serverUrl: string;
}

/** Any JSON, as the description is one. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json | undefined };

type JsonObject = { readonly [name: string]: Json | undefined };

/**
 * The description of the API in OpenAPI 3.1, made from the schemas that the routes parse with. Two operations with one id or
 * one method and path are a bug and throw.
 */
export function openApi(
  operations: readonly Operation[],
  { title, version, serverUrl }: OpenApiOptions,
): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  const ids = new Set<string>();
  for (const operation of operations) {
    const { id, method, path } = operation;
    const methods = (paths[path] ??= {});
    if (methods[method] !== undefined || ids.has(id)) {
      throw new Error(`declared twice: ${id} (${method} ${path})`);
    }
    ids.add(id);
    methods[method] = described(operation);
  }
  return {
    openapi: "3.1.0",
    info: { title, version, description: about, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: serverUrl }],
    tags: [...new Set(operations.map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "A session token from sign-in, or a personal access token.",
        },
      },
      schemas: {
        Problem: schemaOf(problemBody, "output"),
        AirtableError: schemaOf(airtableErrorBody, "output"),
      },
      headers: {
        "x-request-id": {
          description: "Names the request in the log.",
          schema: { type: "string" },
        },
      },
    },
  };
}

const about =
  "Under `/v0` the API is Airtable's, with Airtable's errors; elsewhere errors are problem+json (RFC 9457). " +
  "Every answer carries `x-request-id`. Every write of a signed-in caller honours `Idempotency-Key` for 24 hours.";

function described(operation: Operation): JsonObject {
  const { id, summary, description, auth, scope, body, bodyType = "application/json" } = operation;
  const needs = scope === undefined ? [] : [`Personal access tokens need the scope \`${scope}\`.`];
  return {
    operationId: id,
    tags: [tagOf(operation)],
    summary,
    description:
      [...(description === undefined ? [] : [description]), ...needs].join("\n\n") || undefined,
    security: auth === "none" ? [] : [{ bearer: [] }],
    parameters: [
      ...pathParameters(operation),
      ...queryParameters(operation),
      ...keyParameter(operation),
    ],
    requestBody:
      body === undefined
        ? undefined
        : { required: true, content: { [bodyType]: { schema: schemaOf(body, "input") } } },
    responses: { ...answersOf(operation), default: failure(operation) },
  };
}

function tagOf({ id }: Operation): string {
  return id.slice(0, id.indexOf("."));
}

function pathParameters({ path }: Operation): JsonObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name: name ?? "",
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
}

function queryParameters({ query }: Operation): JsonObject[] {
  if (query === undefined) {
    return [];
  }
  const schema = schemaOf(query, "input");
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  return Object.entries(objectOf(schema["properties"])).map(([name, property]) => ({
    name,
    in: "query",
    required: required.includes(name),
    schema: property,
  }));
}

function keyParameter({ method, auth }: Operation): JsonObject[] {
  return method === "get" || auth === "none"
    ? []
    : [
        {
          name: "Idempotency-Key",
          in: "header",
          required: false,
          description:
            "Repeating the call with the same key within 24 hours gives the first answer again.",
          schema: { type: "string", minLength: 1, maxLength: 255 },
        },
      ];
}

function answersOf({ answers }: Operation): JsonObject {
  return Object.fromEntries(
    Object.entries(answers).map(([status, schema]) => [
      status,
      {
        description:
          Number(status) < 300 ? "Done." : Number(status) < 400 ? "Elsewhere." : "Not done.",
        headers: { "x-request-id": { $ref: "#/components/headers/x-request-id" } },
        content: schema === null ? undefined : contentOf(schema),
      },
    ]),
  );
}

/** The two error shapes stand at nearly every operation, so they are referred to. */
function contentOf(schema: z.ZodType): JsonObject {
  if (schema === problemBody) {
    return { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
  }
  if (schema === airtableErrorBody) {
    return { "application/json": { schema: { $ref: "#/components/schemas/AirtableError" } } };
  }
  return { "application/json": { schema: schemaOf(schema, "output") } };
}

function failure({ path }: Operation): JsonObject {
  return {
    description: "An error.",
    content: contentOf(path.startsWith("/v0/") ? airtableErrorBody : problemBody),
  };
}

/** What JSON Schema cannot say (transforms, dates) is left open. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): JsonObject {
  const made: unknown = z.toJSONSchema(schema, {
    target: "draft-2020-12",
    io,
    unrepresentable: "any",
    reused: "inline",
  });
  const { $schema: _dialect, "~standard": _standard, ...rest } = objectOf(made);
  return rest;
}

function objectOf(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}
