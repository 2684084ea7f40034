import { installScript } from "@basalt/formulas";
import { createHash } from "node:crypto";
import type { RepeatableScript } from "#kernel";

/** What every database has beside its tables: the functions that formulas are compiled to. */
export function databaseScripts(): readonly RepeatableScript[] {
  const text = `${installScript().text}\n${OPEN_TO_BASES}`;
  return [{ name: "formula", text, checksum: createHash("sha256").update(text).digest("hex") }];
}

/** Statements over a base's tables run as the base's own role. */
const OPEN_TO_BASES = "grant usage on schema formula to public;";
