import { describe, expect, test } from "vitest";
import { Problem, problemStatus, type ProblemKind } from "../problem.ts";
import { renderProblem, surfaceOf } from "./render-problem.ts";

const kinds = Object.keys(problemStatus) as ProblemKind[];
const requestInvalid = "Invalid request: parameter validation failed. Check your request data.";

const retriable = {
  type: "RETRIABLE_ERROR",
  message:
    "Server encountered an error while processing your request, and it is safe to retry the request",
};

/** What Airtable's surface makes of a problem that names no error of Airtable's. */
const airtable: Readonly<Record<ProblemKind, readonly [number, unknown]>> = {
  malformed: [422, { type: "INVALID_REQUEST_UNKNOWN", message: `${requestInvalid} Why.` }],
  unauthenticated: [401, { type: "AUTHENTICATION_REQUIRED", message: "Authentication required" }],
  forbidden: [
    403,
    { type: "INVALID_PERMISSIONS", message: "You are not permitted to perform this operation" },
  ],
  "not-found": [404, "NOT_FOUND"],
  "method-not-allowed": [405, { type: "METHOD_NOT_ALLOWED", message: "Why." }],
  conflict: [409, { type: "CONFLICT", message: "Why." }],
  gone: [410, { type: "GONE", message: "Why." }],
  "precondition-failed": [412, { type: "PRECONDITION_FAILED", message: "Why." }],
  "too-large": [413, { type: "REQUEST_TOO_LARGE", message: "Request body is too large" }],
  "uri-too-long": [414, { type: "URI_TOO_LONG", message: "Why." }],
  "unsupported-media-type": [
    422,
    { type: "INVALID_REQUEST_BODY", message: "Could not parse request body" },
  ],
  invalid: [422, { type: "INVALID_REQUEST_UNKNOWN", message: `${requestInvalid} Why.` }],
  "too-many-requests": [
    429,
    { type: "RATE_LIMIT_REACHED", message: "Rate limit exceeded. Please try again later" },
  ],
  "headers-too-large": [431, { type: "HEADERS_TOO_LARGE", message: "Why." }],
  "bad-gateway": [502, retriable],
  "gateway-timeout": [504, retriable],
  "not-implemented": [501, { type: "NOT_IMPLEMENTED", message: "Why." }],
  unavailable: [503, retriable],
  "storage-full": [507, { type: "STORAGE_FULL", message: "Why." }],
};

describe.each(kinds)("%s", (kind) => {
  const problem = new Problem(kind, "test.why", { message: "Why.", retryAfterS: 0.4 });

  test("in Airtable's language", async () => {
    const answer = renderProblem(problem, "airtable", "req1");
    const [status, error] = airtable[kind];
    expect(answer.status).toBe(status);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await answer.json()).toEqual({ error });
  });

  test("as problem+json", async () => {
    const answer = renderProblem(problem, "problem", "req1");
    expect(answer.status).toBe(problemStatus[kind]);
    expect(await answer.json()).toEqual({
      type: "/docs/problems/test.why",
      status: problemStatus[kind],
      title: expect.any(String),
      code: "test.why",
      detail: "Why.",
      requestId: "req1",
    });
  });
});

test("a problem may name Airtable's error, its status and more members", async () => {
  const problem = new Problem("invalid", "records.row", {
    message: "Ours.",
    fields: { a: "b" },
    extra: { current: { id: "rec1" } },
    airtable: { type: "ROW_DOES_NOT_EXIST", message: "Theirs", status: 404 },
  });
  const theirs = renderProblem(problem, "airtable", "req1");
  expect(theirs.status).toBe(404);
  expect(await theirs.json()).toEqual({
    error: { type: "ROW_DOES_NOT_EXIST", message: "Theirs" },
    current: { id: "rec1" },
  });
  const ours = renderProblem(problem, "problem", "req1");
  expect(ours.status).toBe(422);
  expect(await ours.json()).toMatchObject({
    detail: "Ours.",
    fields: { a: "b" },
    current: { id: "rec1" },
  });
});

test("an error without a message leaves it out, a bare one is a string", async () => {
  const quiet = new Problem("invalid", "a.b", {
    message: "x",
    airtable: { type: "FAILED_STATE_CHECK" },
  });
  expect(await renderProblem(quiet, "airtable", "r").json()).toEqual({
    error: { type: "FAILED_STATE_CHECK" },
  });
  const bare = new Problem("not-found", "a.b", {
    message: "x",
    airtable: { type: "NOT_FOUND", bare: true },
  });
  expect(await renderProblem(bare, "airtable", "r").json()).toEqual({ error: "NOT_FOUND" });
});

test("the database away is 503 wherever it shows", async () => {
  const away = Object.assign(new Error("connect ECONNREFUSED 10.1.2.3:5432"), {
    code: "ECONNREFUSED",
  });
  const answer = renderProblem(away, "airtable", "r");
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toBe("1");
  expect(await answer.text()).not.toContain("10.1.2.3");
});

test.each([new TypeError("secret"), "secret", undefined, { secret: 1 }])(
  "%s is a bare 500",
  async (thrown) => {
    for (const surface of ["airtable", "problem"] as const) {
      const answer = renderProblem(thrown, surface, "r");
      expect(answer.status).toBe(500);
      expect(await answer.text()).not.toContain("secret");
    }
  },
);

test.each([
  ["/v0", "airtable"],
  ["/v0/meta/bases", "airtable"],
  ["/v01/x", "problem"],
  ["/api/v1/v0/", "problem"],
  ["/", "problem"],
])("%s speaks %s", (path, surface) => {
  expect(surfaceOf(path)).toBe(surface);
});
