import { z } from "zod";
import type { Config } from "#kernel";

const origin = z
  .string()
  .max(300)
  .refine(
    (text) =>
      text === "*" ||
      (/^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text),
    "must be scheme, host and port as a browser sends them, as in https://app.example.org, or *",
  );

/** One rule of the section `cors` in the gateway file: which pages on other origins may call which paths. */
export const corsRule = z
  .strictObject({
    /** Beginnings of paths; all paths unless said. */
    paths: z
      .array(
        z
          .string()
          .regex(/^\/[^?#\s]*$/, "must be the beginning of a path")
          .max(500),
      )
      .min(1)
      .max(50)
      .default(["/"]),
    /** `*` alone for any. None: no page may. */
    origins: z.array(origin).max(200),
    /** Whether these pages may send cookies. */
    credentials: z.boolean().default(false),
    /** How long browsers keep the answer to a preflight, seconds. */
    maxAge: z.int().min(0).max(86_400).default(600),
  })
  .refine(({ origins }) => !origins.includes("*") || origins.length === 1, {
    error: "names * beside others",
    path: ["origins"],
  })
  .refine(({ origins, credentials }) => !credentials || !origins.includes("*"), {
    error: "must name the origins that may send cookies",
    path: ["origins"],
  });

/** The section `cors` of the gateway file. The first rule that is for a path decides; after them, the settings. */
export const corsSection = z.array(corsRule).max(50);

export type CorsRule = z.infer<typeof corsRule>;

/** What the settings say; by default, as Airtable does, any page may call what is under `/v0`, and none anything else. */
export function corsOfSettings({ cors }: Pick<Config, "cors">): CorsRule {
  const { origins, credentials, maxAgeS: maxAge } = cors;
  return origins === null
    ? { paths: ["/v0"], origins: ["*"], credentials: false, maxAge }
    : { paths: ["/"], origins: [...origins], credentials, maxAge };
}
