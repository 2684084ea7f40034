import { z } from "zod";
import { fieldTypeNames } from "./fields.ts";
import { problemBody, type Operation } from "./operation.ts";

const fieldPlace = z.object({
  tableId: z.string(),
  fieldId: z.string(),
  name: z.string(),
  through: z.array(z.string()),
});

/** How a computed field comes to its values. */
export const fieldExplanation = z.object({
  fieldId: z.string(),
  name: z.string(),
  type: z.string(),
  isValid: z.boolean(),
  reason: z.string().nullable(),
  result: z
    .object({ type: z.enum(fieldTypeNames), options: z.record(z.string(), z.unknown()).optional() })
    .nullable(),
  formula: z.string().nullable(),
  filterByFormula: z.string().nullable(),
  /** The parsed formula; positions count UTF-16 units of its text by ids. */
  tree: z.unknown(),
  reads: z.array(fieldPlace),
  readBy: z.array(fieldPlace),
  level: z.int(),
  volatile: z.boolean(),
  computedIn: z.enum(["database", "program"]),
  sql: z.string(),
  computing: z.boolean(),
  lastRecompute: z
    .object({ at: z.string(), txn: z.int(), rows: z.int(), tookMs: z.number() })
    .nullable(),
  failing: z.array(
    z.object({
      recordId: z.string(),
      reason: z.string().nullable(),
      inputs: z.record(z.string(), z.unknown()),
    }),
  ),
});

/** What is added about computed fields to Airtable's API. */
export const explainOperations: readonly Operation[] = [
  {
    id: "records.explainField",
    method: "get",
    path: "/api/v1/bases/{baseId}/tables/{tableId}/fields/{fieldId}/explain",
    summary: "How a computed field comes to its values",
    auth: "bearer",
    scope: "schema.bases:read",
    answers: { 200: fieldExplanation, 401: problemBody, 404: problemBody, 422: problemBody },
  },
];
