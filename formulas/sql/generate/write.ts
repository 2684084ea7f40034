import { writeFileSync } from "node:fs";
import { localeCodes, localeData } from "./locales.ts";
import { zoneData } from "./zones.ts";

/** Run this file to make `functions/locales.sql` and `functions/zones.sql` anew, after an update of moment.js or of time zones. */

const json = (code: string) => JSON.stringify(localeData(code));
const [english = "en", ...others] = localeCodes;

write("locales", [
  ...opening("formula.locale_english()", "the locales of moment.js"),
  `  return jsonb $json$${json(english)}$json$;`,
  "end $$;",
  "",
  "-- Names and forms of a locale; those of English when there is no such locale.",
  ...heading("formula.locale(code text)"),
  "  return coalesce(jsonb $json${",
  others.map((code) => `"${code}":${json(code)}`).join(",\n"),
  "}$json$ -> replace(lower(code collate \"C\"), '_', '-'), formula.locale_english());",
  "end $$;",
]);

write("zones", [
  ...opening("formula.zone(name text)", "the IANA time zone database and the abbreviations of ICU"),
  "  -- What a name of a time zone, in any case, stands for; NULL when it is none.",
  "  return jsonb $json${",
  Object.entries(zoneData())
    .map(([name, data]) => `"${name}":${JSON.stringify(data)}`)
    .join(",\n"),
  '}$json$ -> lower(name collate "C");',
  "end $$;",
]);

function opening(signature: string, source: string): readonly string[] {
  return [
    `-- Made by generate/write.ts from ${source}; not to be edited.`,
    "",
    ...heading(signature),
  ];
}

/** The data is part of an expression and not of a variable, which would be filled anew by each call. */
function heading(signature: string): readonly string[] {
  return [
    `create or replace function ${signature} returns jsonb`,
    "language plpgsql immutable strict parallel safe as $$",
    "begin",
  ];
}

function write(family: string, lines: readonly string[]): void {
  writeFileSync(new URL(`../functions/${family}.sql`, import.meta.url), `${lines.join("\n")}\n`);
}
