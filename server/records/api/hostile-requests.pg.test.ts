import { airtableErrorBody, recordsOperations, type Operation } from "@basalt/contract";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { hostileBody, hostileHeaders, hostileQuery } from "./testing/hostile-requests.ts";
import { createRecord, openTestApi, type TestApi } from "./testing/test-api.ts";

const world = testWorld();
let api: TestApi;
let recordId: string;

beforeAll(async () => {
  api = await openTestApi(world());
  recordId = await createRecord(api, api.table.id, { Name: "A" });
});

/** Requests an operation. */
const RUNS = 25;

/** These would end the world of the other runs: they are asked of places that are not there. */
const destructive = new Set([
  "records.delete",
  "records.deleteBase",
  "records.deleteWorkspace",
  "records.deleteTable",
  "records.deleteField",
]);

function pathOf({ id, path }: Operation): string {
  const isAway = destructive.has(id);
  const values: Record<string, string> = {
    baseId: isAway ? "appAAAAAAAAAAAAAA" : api.baseId,
    workspaceId: isAway ? "wspAAAAAAAAAAAAAA" : api.workspaceId,
    tableIdOrName: api.table.id,
    recordId,
    fieldIdOrName: "Files",
    fieldId: api.field("Count").id,
    viewId: api.table.views[0]?.id ?? "",
    commentId: "comAAAAAAAAAAAAAA",
    collaboratorId: api.people.commenter.userId,
  };
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");
}

const cases = recordsOperations.map((operation): [string, Operation] => [operation.id, operation]);

test.each(cases)(
  "%s: no input makes it fail in a way that is not documented",
  { timeout: 60_000 },
  async (_id, operation) => {
    await fc.assert(
      fc.asyncProperty(
        hostileBody(operation.id, { api, recordId }),
        hostileQuery,
        hostileHeaders,
        async (json, parameters, sentHeaders) => {
          const search = parameters
            .map(([key, text_]) => `${key}=${encodeURIComponent(text_.toWellFormed())}`)
            .join("&");
          const answer = await api.call(`${pathOf(operation)}?${search}`, {
            method: operation.method.toUpperCase(),
            headers: sentHeaders,
            ...(operation.body === undefined ? {} : { body: JSON.stringify(json) }),
          });
          expect(answer.status, answer.text).toBeLessThan(500);
          if (answer.status === 304) {
            return;
          }
          const schema = operation.answers[answer.status];
          expect(schema, `${answer.status} ${answer.text}`).toBeDefined();
          expect(schema?.safeParse(answer.body).error, answer.text).toBeUndefined();
          if (answer.status >= 400 && operation.path.startsWith("/v0/")) {
            expect(airtableErrorBody.safeParse(answer.body).success, answer.text).toBe(true);
            expect(answer.body).not.toHaveProperty("errors");
          }
        },
      ),
      { numRuns: RUNS },
    );
  },
);

test("nothing was added to the prototype of all objects", () => {
  expect(Object.keys(Object.prototype)).toEqual([]);
});
