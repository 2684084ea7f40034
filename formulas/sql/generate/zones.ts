import { readFileSync } from "node:fs";

/** Where time zones of the machine are described; only read when the data is made anew. */
const zoneFolder = "/usr/share/zoneinfo";

/**
 * What a name of a time zone stands for: the name to ask PostgreSQL for (absent: the name itself), and the abbreviations that English
 * has for its offsets in minutes since some second of 1970 (all others are written like GMT+5:30).
 */
export interface ZoneData {
  readonly as?: string;
  readonly short?: readonly (readonly [
    sinceSeconds: number,
    names: Readonly<Record<string, string>>,
  ])[];
}

/** Names that ICU knows and the IANA database does not. */
const oldNames =
  "ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST".split(
    " ",
  );

/** Zones that PostgreSQL takes for abbreviations of a fixed offset, and the places that they are the times of. */
const places2024: Readonly<Record<string, string>> = {
  CET: "Europe/Brussels",
  MET: "Europe/Brussels",
  EET: "Europe/Athens",
  WET: "Europe/Lisbon",
};

/** Every zone by its name in small letters. */
export function zoneData(): Readonly<Record<string, ZoneData>> {
  const described = readFileSync(`${zoneFolder}/tzdata.zi`, "utf8").split("\n");
  const named = (letter: string, column: number) =>
    described
      .filter((line) => line.startsWith(`${letter} `))
      .map((line) => line.split(" ")[column] ?? "");
  const places = new Set(
    readFileSync(`${zoneFolder}/zone.tab`, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split("\t")[2] ?? ""),
  );
  const links = new Map(named("L", 2).map((name, index) => [name, named("L", 1)[index] ?? ""]));
  const names = [...new Set([...named("Z", 1), ...links.keys(), ...oldNames])]
    .filter(isKnown)
    .sort();
  return Object.fromEntries(
    names.map((name) => {
      // A link to another place would change the times before 1970; a second name of the same place does not.
      const target = places2024[name] ?? links.get(name);
      const as = oldNames.includes(name)
        ? canonical(name)
        : target !== undefined && !places.has(name)
          ? target
          : undefined;
      const short = abbreviations(name);
      return [
        name.toLowerCase(),
        { ...(as === undefined ? {} : { as }), ...(short === undefined ? {} : { short }) },
      ];
    }),
  );
}

function isKnown(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name }).format();
    return true;
  } catch {
    return false;
  }
}

function canonical(name: string): string {
  return new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions().timeZone;
}

/** Looks at every half month since 1970; where a name changes, the second is searched for. */
function abbreviations(zone: string): ZoneData["short"] {
  const named = abbreviationIn(zone);
  const eras: [number, Record<string, string>][] = [];
  let names = new Map<string, string>();
  let before = START_S;
  for (let at = START_S; at < END_S; at += 15 * 86_400) {
    const { offset, name } = named(at);
    if ((names.get(offset) ?? name) !== name) {
      names = new Map();
      let [low, high] = [before, at];
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2);
        const old = named(middle);
        const holds = old.offset !== offset || old.name !== name;
        [low, high] = holds ? [middle, high] : [low, middle];
      }
      eras.push([high, {}]);
    }
    if (eras.length === 0) {
      eras.push([START_S, {}]);
    }
    names.set(offset, name);
    const [, texts = {}] = eras.at(-1) ?? [];
    if (name !== plainName(Number(offset))) {
      texts[offset] = name;
    }
    before = at;
  }
  return eras.every(([, texts]) => Object.keys(texts).length === 0) ? undefined : eras;
}

const START_S = 0;
const END_S = Date.UTC(2045, 0) / 1000;

/** How English writes an offset that has no name of its own. */
function plainName(minutes: number): string {
  const size = Math.abs(minutes);
  const rest = size % 60 === 0 ? "" : `:${String(size % 60).padStart(2, "0")}`;
  return minutes === 0 ? "GMT" : `GMT${minutes < 0 ? "-" : "+"}${Math.floor(size / 60)}${rest}`;
}

function abbreviationIn(
  timeZone: string,
): (second: number) => { readonly offset: string; readonly name: string } {
  const short = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "short" });
  const long = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
  const part = (format: Intl.DateTimeFormat, second: number) =>
    format.formatToParts(second * 1000).find(({ type }) => type === "timeZoneName")?.value ?? "";
  return (second) => {
    const [, sign = "+", hours = "0", minutes = "0"] =
      /GMT([+-])(\d\d):(\d\d)/.exec(part(long, second)) ?? [];
    const offset = Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
    return { offset: String(offset + 0), name: part(short, second) };
  };
}
