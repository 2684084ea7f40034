import type { z } from "zod";
import { airtableErrorBody, type Operation } from "./operation.ts";

/** An operation of Airtable's API, which answers 200 or one of its errors. */
export type AirtableOperation = Omit<Operation, "auth" | "answers"> & {
  readonly answer: z.ZodType;
};

/** Adds what all of them have in common. */
export function airtable({ answer, ...part }: AirtableOperation): Operation {
  const tooLarge = part.body === undefined ? {} : { 413: airtableErrorBody };
  return { auth: "bearer", ...part, answers: { 200: answer, ...errors, ...tooLarge } };
}

const errors = {
  401: airtableErrorBody,
  403: airtableErrorBody,
  404: airtableErrorBody,
  422: airtableErrorBody,
} as const;
