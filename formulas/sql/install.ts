import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The statements that make schema `formula`, and what tells whether a database has this version of them. */
export interface InstallScript {
  /** To be run as one simple query, inside a transaction. Running it again changes nothing. */
  readonly text: string;
  /** SHA-256 of the text, in hexadecimal. */
  readonly checksum: string;
}

/** Files in the order in which they refer to each other. */
const families = [
  "number",
  "text",
  "convert",
  "date",
  "workday",
  "locales",
  "zones",
  "format",
  "parse",
  "parsed-date",
  "regex",
  "array",
];

/** The whole library of SQL functions that compiled formulas call. */
export function installScript(): InstallScript {
  const folder = new URL("./functions/", import.meta.url);
  const text = [
    "create schema if not exists formula;",
    ...families.map((family) => readFileSync(new URL(`${family}.sql`, folder), "utf8")),
  ].join("\n");
  return { text, checksum: createHash("sha256").update(text).digest("hex") };
}
