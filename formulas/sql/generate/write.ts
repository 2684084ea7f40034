import { writeFileSync } from "node:fs";
import { localeData } from "./locales.ts";
import { zoneData } from "./zones.ts";

/** Run this file to make `functions/locales.sql` and `functions/zones.sql` anew, after an update of moment.js or of time zones. */

const codes =
  "en af ar ar-ma ar-sa ar-tn az be bg bn bo br bs ca cs cv cy da de de-at el en-au en-ca en-gb en-ie en-nz eo es et eu fa fi fo fr fr-ca " +
  "fr-ch fy gl he hi hr hu hy-am id is it ja jv ka km ko lb lt lv me mk ml mr ms my nb ne nl nn pl pt pt-br ro ru si sk sl sq sr " +
  "sr-cyrl sv ta th tl-ph tr tzl tzm tzm-latn uk uz vi zh-cn zh-tw";

const locales = codes.split(" ").map((code) => `"${code}":${JSON.stringify(localeData(code))}`);
write("locales", [
  "-- Made by generate/write.ts from the locales of moment.js; not to be edited.",
  "",
  "-- Names and forms of a locale; those of English when there is no such locale.",
  "create or replace function formula.locale(code text) returns jsonb",
  "language plpgsql immutable strict parallel safe as $$",
  "declare",
  "  locales jsonb := jsonb $json${",
  locales.join(",\n"),
  "}$json$;",
  "begin",
  "  return coalesce(locales -> replace(lower(code collate \"C\"), '_', '-'), locales -> 'en');",
  "end $$;",
]);

const zones = Object.entries(zoneData()).map(([name, data]) => `"${name}":${JSON.stringify({ as: name, ...data })}`);
write("zones", [
  "-- Made by generate/write.ts from the IANA time zone database and the abbreviations of ICU; not to be edited.",
  "",
  "-- What a name of a time zone, in any case, stands for; NULL when it is none.",
  "create or replace function formula.zone(name text) returns jsonb",
  "language plpgsql immutable strict parallel safe as $$",
  "declare",
  "  zones jsonb := jsonb $json${",
  zones.join(",\n"),
  "}$json$;",
  "begin",
  "  return zones -> lower(name collate \"C\");",
  "end $$;",
]);

function write(family: string, lines: readonly string[]): void {
  writeFileSync(new URL(`../functions/${family}.sql`, import.meta.url), `${lines.join("\n")}\n`);
}
