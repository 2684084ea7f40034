import { isZoneOfRequest } from "@basalt/contract";
import type { RecordShape } from "../rows/record-json.ts";
import { flagOf, textOf, type Query } from "./query-string.ts";
import { invalidRequest } from "./refusals.ts";

/** How cells are asked to be written. */
export interface CellFormatInput {
  readonly cellFormat?: string | undefined;
  readonly timeZone?: string | undefined;
  readonly userLocale?: string | undefined;
}

/** Records as they are answered to a write. */
export function writtenShape(byFieldId: boolean): RecordShape {
  return { byFieldId, cellFormat: "json", commentCount: false, version: false };
}

/** The shape that the query string of a single record asks for. Problem: `records.invalid-request`. */
export function shapeOfQuery(query: Query): RecordShape {
  return {
    ...writtenShape(flagOf(query, "returnFieldsByFieldId") ?? false),
    cellFormat: cellFormatOf({
      cellFormat: textOf(query, "cellFormat"),
      timeZone: textOf(query, "timeZone"),
      userLocale: textOf(query, "userLocale"),
    }),
  };
}

/** Strings need to know for whom; with JSON the zone and the locale mean nothing. Problem: `records.invalid-request`. */
export function cellFormatOf({
  cellFormat = "json",
  timeZone,
  userLocale,
}: CellFormatInput): RecordShape["cellFormat"] {
  if (cellFormat === "json") {
    return "json";
  }
  if (cellFormat !== "string") {
    throw invalidRequest("cellFormat", "must be json or string");
  }
  if (timeZone === undefined || !isZoneOfRequest(timeZone)) {
    throw invalidRequest(
      "timeZone",
      "must be the name of an IANA time zone when cellFormat is string",
    );
  }
  const locale = userLocale?.replaceAll("_", "-");
  if (locale === undefined || !isLocale(locale)) {
    throw invalidRequest("userLocale", "must be a locale such as en-gb when cellFormat is string");
  }
  return { timeZone, userLocale: locale };
}

function isLocale(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}
