import sql, { raw } from "sql-template-tag";
import { constantText, toDate, toText } from "../types/convert.ts";
import { inUtc, textInUtc } from "../types/instants.sql.ts";
import { dateTimeKind, textKind } from "../types/kinds.ts";
import {
  blank,
  call,
  textConstant,
  type Operation,
  type Typed,
  type TypedCall,
} from "../types/typed.ts";
import { spokenDateIn } from "../values/dates.ts";
import { ERROR } from "../values/inner.ts";
import {
  DEFAULT_FORMAT,
  distanceText,
  formatted,
  isZone,
  needsToday,
  parsedWith,
} from "../values/moments.ts";
import { plain, sqlCall, type FormulaFunction } from "./definition.ts";
import { date, example, failure, type Example } from "./example.ts";
import { templateOf } from "./date-templates.ts";

/** Each token of a format with what it gives for `DT`, as moment.js prints it. */
const tokens: readonly (readonly [string, string])[] = [
  ["M Mo MM MMM MMMM", "3 3rd 03 Mar March"],
  ["Q Qo", "1 1st"],
  ["D Do DD", "5 5th 05"],
  ["DDD DDDo DDDD", "65 65th 065"],
  ["d do dd ddd dddd", "2 2nd Tu Tue Tuesday"],
  ["e E", "2 2"],
  ["w wo ww", "10 10th 10"],
  ["W Wo WW", "10 10th 10"],
  ["YY YYYY", "24 2024"],
  ["gg gggg", "24 2024"],
  ["GG GGGG", "24 2024"],
  ["A a", "AM am"],
  ["H HH", "9 09"],
  ["h hh", "9 09"],
  ["k kk", "9 09"],
  ["m mm", "7 07"],
  ["s ss", "3 03"],
  ["S SS SSS", "0 04 045"],
  ["Z ZZ", "+00:00 +0000"],
  ["z zz", "UTC UTC"],
  ["X x", "1709629623 1709629623045"],
  ["LT", "9:07 AM"],
  ["LTS", "9:07:03 AM"],
  ["L l", "03/05/2024 3/5/2024"],
  ["LL", "March 5, 2024"],
  ["ll", "Mar 5, 2024"],
  ["LLL", "March 5, 2024 9:07 AM"],
  ["lll", "Mar 5, 2024 9:07 AM"],
  ["LLLL", "Tuesday, March 5, 2024 9:07 AM"],
  ["llll", "Tue, Mar 5, 2024 9:07 AM"],
  ["[text]", "text"],
];

const tokenExamples: readonly Example[] = tokens.map(([format, expected]) =>
  example(`DATETIME_FORMAT({DT}, "${format}")`, expected, "b"),
);

export const dateTextFunctions: readonly FormulaFunction[] = [
  {
    name: "DATETIME_FORMAT",
    family: "date",
    usage: "DATETIME_FORMAT(date, [format])",
    arity: [1, 2],
    type: ([value = blank(), format]) => formatCall(value, format),
    examples: [
      example('DATETIME_FORMAT({DT}, "M/D/YYYY h:mm a")', "3/5/2024 9:07 am", "a"),
      example('DATETIME_FORMAT({D}, "dddd, MMMM Do")', "Tuesday, March 5th", "a"),
      example('DATETIME_FORMAT({D}, "[Q]Q-YYYY")', "Q1-2024", "b"),
      example('DATETIME_FORMAT({DT}, "X")', "1709629623", "a"),
      example("DATETIME_FORMAT({DT})", "2024-03-05T09:07:03+00:00", "c"),
      example('DATETIME_FORMAT({No Date}, "X")', failure, "c"),
      ...tokenExamples,
    ],
  },
  {
    name: "SET_TIMEZONE",
    family: "date",
    usage: "SET_TIMEZONE(date, zone)",
    arity: [2, 2],
    type: ([value = blank(), zone = blank()]) => settingCall(setTimezone, value, zone),
    examples: [
      example(
        'DATETIME_FORMAT(SET_TIMEZONE({DT}, "America/New_York"), "YYYY-MM-DD HH:mm")',
        "2024-03-05 04:07",
        "a",
      ),
      example(
        'DATETIME_FORMAT(SET_TIMEZONE({DT}, "Asia/Kolkata"), "HH:mm ZZ")',
        "14:37 +0530",
        "b",
      ),
      example(
        'DATETIME_FORMAT(SET_TIMEZONE({DT}, "Australia/Sydney"), "M/D h:mm a")',
        "3/5 8:07 pm",
        "b",
      ),
      example('DATETIME_FORMAT(SET_TIMEZONE({DT}, "Mars/Base"), "HH")', failure, "c"),
      example('HOUR(SET_TIMEZONE({DT}, "America/New_York"))', 9, "c"),
    ],
  },
  {
    name: "SET_LOCALE",
    family: "date",
    usage: "SET_LOCALE(date, locale)",
    arity: [2, 2],
    type: ([value = blank(), locale = blank()]) => settingCall(setLocale, value, locale),
    examples: [
      example(
        'DATETIME_FORMAT(SET_LOCALE({D}, "fr"), "dddd D MMMM YYYY")',
        "mardi 5 mars 2024",
        "b",
      ),
      example(
        'DATETIME_FORMAT(SET_LOCALE({D}, "de"), "dddd D MMMM YYYY")',
        "Dienstag 5 März 2024",
        "b",
      ),
      example(
        'DATETIME_FORMAT(SET_LOCALE({D}, "es"), "dddd D MMMM YYYY")',
        "martes 5 marzo 2024",
        "b",
      ),
      example('DATETIME_FORMAT(SET_LOCALE({D}, "xx"), "dddd")', "Tuesday", "c"),
      example(
        'DATETIME_FORMAT(SET_LOCALE(SET_TIMEZONE({DT}, "America/New_York"), "fr"), "dddd HH:mm")',
        "mardi 04:07",
        "a",
      ),
    ],
  },
  {
    name: "DATETIME_PARSE",
    family: "date",
    usage: "DATETIME_PARSE(text, [format], [locale])",
    arity: [1, 3],
    type: ([value = blank(), format, locale]) => parseCall(value, format, locale),
    examples: [
      example(
        'DATETIME_PARSE("4 Mar 2017 23:00", "D MMM YYYY HH:mm")',
        date("2017-03-04T23:00:00.000Z"),
        "a",
      ),
      example('DATETIME_PARSE("07/04/2023", "DD/MM/YYYY")', date("2023-04-07"), "b"),
      example('DATETIME_PARSE("07/04/2023")', date("2023-07-04"), "b"),
      example('DATETIME_PARSE("20240506", "YYYYMMDD")', date("2024-05-06"), "b"),
      example('DATETIME_PARSE("2023-12-01T12:34:56.000Z")', date("2023-12-01T12:34:56.000Z"), "a"),
      example(
        'DATETIME_PARSE("2021-06-01T08:15:00Z", "YYYY-MM-DD HH:mm:ss")',
        date("2021-06-01T08:15:00.000Z"),
        "a",
      ),
      example('DATETIME_PARSE("Mar 5, 2024")', date("2024-03-05"), "b"),
      example(
        'DATETIME_PARSE("Tue, 05 Mar 2024 10:07:03 +0100")',
        date("2024-03-05T09:07:03Z"),
        "b",
      ),
      example('DATETIME_PARSE("nonsense")', failure, "b"),
      example('DATETIME_PARSE("10:30", "HH:mm")', date("2024-03-07T10:30:00Z"), "b"),
      example('DATETIME_PARSE("5 mars 2024", "D MMMM YYYY", "fr")', date("2024-03-05"), "b"),
      example("{DT} = DATETIME_PARSE('2024-03-05T09:07:03.045Z')", 1, "a"),
      example("CREATED_TIME() > '2024-03-05T00:00:00.000Z'", 1, "c"),
      example('{D} = "2024-03-05"', 0, "b"),
    ],
  },
  distance("FROMNOW", [
    example('FROMNOW(DATEADD(NOW(), -20, "minutes"))', "20 minutes", "b"),
    example('FROMNOW(DATEADD(NOW(), 50, "minutes"))', "an hour", "b"),
    example('FROMNOW(DATEADD(NOW(), -25, "days"))', "25 days", "b"),
    example('FROMNOW(DATEADD(NOW(), -700, "days"))', "2 years", "b"),
  ]),
  distance("TONOW", [example('TONOW(DATEADD(NOW(), -20, "minutes"))', "20 minutes", "b")]),
];

function distance(name: string, examples: readonly Example[]): FormulaFunction {
  return plain({
    name,
    family: "date",
    usage: `${name}(date)`,
    takes: [{ as: "date" }],
    gives: textKind,
    reads: "clock",
    evaluate: ([value], run) => distanceText(value as number, run.now),
    sql: ([value], context) => sql`formula.fromnow(${value}, ${context.now})`,
    examples,
  });
}

/** A zone or a locale put on a date. Only DATETIME_FORMAT looks at it; to everything else it is the date. */
function settingCall(operation: Operation, value: Typed, setting: Typed): Typed {
  const given = toDate(value);
  const known = constantText(toText(setting));
  const canFail = operation === setTimezone && !(known !== null && isZone(known));
  return call({ ...operation, reads: "record" }, [given, toText(setting)], {
    kind: given.kind,
    canFail,
  });
}

const setTimezone: Operation = {
  name: "SET_TIMEZONE",
  evaluate: ([value = null, zone]) => (isZone(zone as string) ? value : ERROR),
  sql: ([value, zone]) => sql`case when formula.valid_zone(${zone}) then ${value} end`,
};

const setLocale: Operation = {
  name: "SET_LOCALE",
  evaluate: ([value = null]) => value,
  sql: ([value, locale]) => sql`case when ${locale} is not null then ${value} end`,
};

/** Takes the settings off the date: the innermost of a kind is outdone by the one around it. */
function formatCall(value: Typed, format: Typed | undefined): Typed {
  let inner = value;
  let zone: Typed | null = null;
  let locale: Typed | null = null;
  for (let layer = settingOf(inner); layer !== null; layer = settingOf(inner)) {
    const [dated = blank(), setting = blank()] = layer.arguments;
    if (layer.operation.name === setTimezone.name) {
      zone ??= setting;
    } else {
      locale ??= setting;
    }
    inner = dated;
  }
  const given = [
    toDate(inner),
    format === undefined ? textConstant(DEFAULT_FORMAT) : toText(format),
    zone ?? textConstant("UTC"),
    locale ?? textConstant("en"),
  ] as const;
  const known = constantText(given[2]);
  const template = constantText(given[3]) === "en" ? templateOf(constantText(given[1])) : null;
  return call(template === null ? formatting : formattingBy(template, known === "UTC"), given, {
    kind: textKind,
    canFail: !(known !== null && isZone(known)),
  });
}

/** A format for which PostgreSQL has a template. */
function formattingBy(template: string, utc: boolean): Operation {
  const plainSql: Operation["sql"] = ([value]) => textInUtc(value, template);
  const zonedSql: Operation["sql"] = ([value, , zone]) =>
    sql`to_char(${inUtc(value)} + make_interval(mins => formula.zone_offset(${value}, ${zone})), ${raw(`'${template}'`)})`;
  return utc ? { ...formatting, sql: plainSql } : { ...formatting, repeats: true, sql: zonedSql };
}

function settingOf(node: Typed): TypedCall | null {
  const found =
    node.op === "call" && [setTimezone.name, setLocale.name].includes(node.operation.name);
  return found ? node : null;
}

const formatting: Operation = {
  name: "DATETIME_FORMAT",
  evaluate: ([value, format, zone, locale]) => {
    if (!isZone(zone as string)) {
      return ERROR;
    }
    return formatted(value as number, format as string, {
      zone: zone === "UTC" ? null : (zone as string),
      locale: locale as string,
    }).toWellFormed();
  },
  sql: sqlCall("datetime_format"),
};

function parseCall(value: Typed, format: Typed | undefined, locale: Typed | undefined): Typed {
  const text = toText(value);
  if (format === undefined) {
    return call(parsing, [text], { kind: dateTimeKind, canFail: true });
  }
  const pattern = toText(format);
  const known = constantText(pattern);
  const operation: Operation =
    known !== null && !needsToday(known) ? { ...parsingWith, reads: "record" } : parsingWith;
  return call(
    operation,
    [text, pattern, locale === undefined ? textConstant("en") : toText(locale)],
    {
      kind: dateTimeKind,
      canFail: true,
    },
  );
}

const parsing: Operation = {
  name: "DATETIME_PARSE",
  evaluate: ([text]) => spokenDateIn(text as string) ?? ERROR,
  sql: sqlCall("datetime_parse"),
};

/** What the text does not say comes from today, so the clock takes part unless the format names a year. */
const parsingWith: Operation = {
  name: "DATETIME_PARSE",
  reads: "clock",
  evaluate: ([text, format, locale], run) =>
    parsedWith(text as string, format as string, { now: run.now, locale: locale as string }) ??
    ERROR,
  sql: ([text, format, locale], context) =>
    sql`formula.datetime_parse(${text}, ${format}, ${locale}, ${context.now})`,
};
