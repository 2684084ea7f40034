import sql, { raw, type Sql } from "sql-template-tag";
import { translateRegex } from "./translate-regex.ts";

/**
 * Calls of REGEX_MATCH, REGEX_EXTRACT and REGEX_REPLACE with a pattern that is known and that RE2 accepts. Null for a pattern that
 * PostgreSQL cannot compute.
 */
export function knownRegex(pattern: string): {
  match(text: Sql): Sql;
  extract(text: Sql): Sql;
  replace(text: Sql, replacement: Sql): Sql;
} | null {
  const translation = translateRegex(pattern);
  if (translation === null) {
    return null;
  }
  const { are, spans, steps, groups } = translation;
  const stepArray = raw(`'{${steps.join(",")}}'::int[]`);
  const groupCount = raw(String(groups));
  return {
    match: (text) => sql`(${text} collate "C" ~ ${are}::text)`,
    extract: (text) =>
      spans === null
        ? sql`formula.regex_extract_steps(${text}, ${are}::text, ${stepArray}, ${groupCount})`
        : sql`formula.regex_extract_plain(${text}, ${spans}::text)`,
    replace: (text, replacement) =>
      spans === null
        ? sql`formula.regex_replace_steps(${text}, ${stepArray}, ${replacement}, ${groupCount})`
        : sql`formula.regex_replace_plain(${text}, ${spans}::text, ${replacement}, ${groupCount})`,
  };
}
