import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openApi } from "./openapi.ts";
import type { Operation } from "./operation.ts";

const options = { title: "T", version: "1", serverUrl: "http://x.test" };
const made = z.object({ id: z.string() });

const operation = (more: Partial<Operation> = {}): Operation => ({
  id: "things.create",
  method: "post",
  path: "/api/v1/things/{id}",
  summary: "Makes a thing",
  auth: "bearer",
  answers: { 200: made, 204: null },
  ...more,
});

const described = (one: Operation): Record<string, unknown> => {
  const { paths } = openApi([one], options) as {
    paths: Record<string, Record<string, Record<string, unknown>>>;
  };
  const found = paths[one.path]?.[one.method];
  if (found === undefined) {
    throw new Error("not described");
  }
  return found;
};

describe("an operation", () => {
  test("has its parameters, body, answers, errors and need for a token", () => {
    const query = z.object({ limit: z.coerce.number().int().max(5).optional(), after: z.string() });
    const body = z.strictObject({ name: z.string().max(3), at: z.date().optional() });
    expect(described(operation({ query, body, scope: "data:write" }))).toMatchObject({
      operationId: "things.create",
      tags: ["things"],
      description: "Personal access tokens need the scope `data:write`.",
      security: [{ bearer: [] }],
      parameters: [
        { name: "id", in: "path", required: true },
        { name: "limit", in: "query", required: false },
        { name: "after", in: "query", required: true },
        { name: "Idempotency-Key", in: "header", required: false },
      ],
      requestBody: {
        content: {
          "application/json": {
            schema: { properties: { name: { maxLength: 3 } }, additionalProperties: false },
          },
        },
      },
      responses: {
        200: { content: { "application/json": { schema: { required: ["id"] } } } },
        default: { content: { "application/problem+json": {} } },
      },
    });
  });

  test("that anybody may call says so", () => {
    expect(described(operation({ auth: "none" }))).toMatchObject({
      security: [],
      parameters: [{ name: "id" }],
    });
  });

  test("under /v0 fails in Airtable's way", () => {
    expect(described(operation({ path: "/v0/x" }))).toMatchObject({
      responses: {
        default: {
          content: {
            "application/json": { schema: { $ref: "#/components/schemas/AirtableError" } },
          },
        },
      },
    });
  });
});

test("nothing is declared twice", () => {
  expect(() => openApi([operation(), operation({ path: "/other" })], options)).toThrow(
    /declared twice: things.create/,
  );
  expect(() => openApi([operation(), operation({ id: "things.other" })], options)).toThrow(
    /declared twice: things.other/,
  );
});

test("the whole is plain JSON and every reference leads somewhere", () => {
  const api = openApi([operation()], options);
  const text = JSON.stringify(api);
  for (const [, name = ""] of text.matchAll(/"\$ref":"#\/components\/([^"]+)"/g)) {
    const [kind = "", key = ""] = name.split("/");
    expect(api).toHaveProperty(["components", kind, key]);
  }
  expect(JSON.parse(text)).toMatchObject({ openapi: "3.1.0", info: { title: "T" } });
});
