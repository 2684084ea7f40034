import { z } from "zod";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/**
 * One HTTP operation as the world sees it. Routes parse with these schemas and `/openapi.json` is made from them, so what is
 * documented is what is checked.
 */
export interface Operation {
  /** `identity.register`: module and verb; unique; the operationId of OpenAPI. */
  readonly id: string;
  readonly method: Method;
  /** With parameters in braces: `/api/v1/api-keys/{id}`. */
  readonly path: string;
  /** One line. */
  readonly summary: string;
  readonly description?: string;
  /** `none` for what anybody may call. */
  readonly auth: "none" | "bearer";
  /** Scope that a personal access token needs, where it needs one. */
  readonly scope?: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Content type of the body; `application/json` unless said. */
  readonly bodyType?: string;
  /** Status -> schema of the JSON body, or null where there is none (or it is not JSON). */
  readonly answers: Readonly<Record<number, z.ZodType | null>>;
}

/** problem+json (RFC 9457) with our members. */
export const problemBody = z.looseObject({
  type: z.string().describe("A URI that names the kind of problem; `about:blank` is never used."),
  title: z.string(),
  status: z.int(),
  code: z.string().describe("`module.what`; stable, for programs."),
  detail: z.string().optional(),
  fields: z.record(z.string(), z.string()).optional().describe("Which inputs were wrong, and why."),
  requestId: z.string().optional(),
});

/** Airtable's error, both shapes. */
export const airtableErrorBody = z.object({
  error: z.union([z.string(), z.object({ type: z.string(), message: z.string().optional() })]),
});
