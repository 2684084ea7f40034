import { readFileSync } from "node:fs";

/** Where time zones of the machine are described; only read when the data is made anew. */
const zoneFolder = "/usr/share/zoneinfo";

/**
 * What a name of a time zone stands for: the name to ask PostgreSQL for (absent: the name itself), and the abbreviations that
 * English has for its offsets in minutes (all others are written like GMT+5:30).
 */
export interface ZoneData {
  readonly as?: string;
  readonly short?: Readonly<Record<string, string>>;
}

/** Names that ICU knows and the IANA database does not. */
const oldNames = "ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST".split(" ");

/** Every zone by its name in small letters. */
export function zoneData(): Readonly<Record<string, ZoneData>> {
  const described = readFileSync(`${zoneFolder}/tzdata.zi`, "utf8").split("\n");
  const named = (letter: string, column: number) =>
    described.filter((line) => line.startsWith(`${letter} `)).map((line) => line.split(" ")[column] ?? "");
  const places = new Set(
    readFileSync(`${zoneFolder}/zone.tab`, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split("\t")[2] ?? ""),
  );
  const links = new Map(named("L", 2).map((name, index) => [name, named("L", 1)[index] ?? ""]));
  const names = [...new Set([...named("Z", 1), ...links.keys(), ...oldNames])].filter(isKnown).sort();
  return Object.fromEntries(
    names.map((name) => {
      // A link to another place would change the times before 1970; a second name of the same place does not.
      const target = links.get(name);
      const as = oldNames.includes(name) ? canonical(name) : target !== undefined && !places.has(name) ? target : undefined;
      const short = abbreviations(name);
      return [name.toLowerCase(), { ...(as === undefined ? {} : { as }), ...(short === undefined ? {} : { short }) }];
    }),
  );
}

function isKnown(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en-US", { timeZone: name }) !== null;
  } catch {
    return false;
  }
}

function canonical(name: string): string {
  return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone;
}

/** Looks at every month since 1970. */
function abbreviations(zone: string): Readonly<Record<string, string>> | undefined {
  const short = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "short" });
  const offset = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  const named = (format: Intl.DateTimeFormat, date: Date) =>
    format.formatToParts(date).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const found = new Map<string, string>();
  for (let month = 0; month < 80 * 12; month += 1) {
    const date = new Date(Date.UTC(1970, month, 15));
    const name = named(short, date);
    if (!/^GMT[+-]/.test(name)) {
      const [, sign = "+", hours = "0", minutes = "0"] = /GMT([+-])(\d\d):(\d\d)/.exec(named(offset, date)) ?? [];
      found.set(String(Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes))), name);
    }
  }
  return found.size === 0 ? undefined : Object.fromEntries(found);
}
