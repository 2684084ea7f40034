import type { FieldTypeName } from "@basalt/contract";
import { constant, sql } from "#kernel";
import { expect, test } from "vitest";
import { testWorld } from "../../kernel/testing/world.ts";
import { conversion, type ConversionContext } from "./convert.ts";
import type { StoredOptions } from "./field-type.ts";
import { typeOf } from "./registry.ts";
import { green, red, sampleField, showing, writing } from "./sample-fields.ts";

const world = testWorld();
const context: ConversionContext = { ...writing, linkText: showing.linkText };
const onlyGreen = { choices: [{ id: green, name: "Green", color: "greenLight2" }] };
const berlin = {
  timeZone: "Europe/Berlin",
  dateFormat: { name: "iso", format: "YYYY-MM-DD" },
  timeFormat: { name: "24hour", format: "HH:mm" },
};

interface Case {
  readonly from: FieldTypeName;
  readonly to: FieldTypeName;
  /** Text of the old column -> text of the new one, and whether something is lost. */
  readonly rows: readonly (readonly [string | null, string | null, boolean?])[];
  readonly fromOptions?: StoredOptions;
  readonly toOptions?: StoredOptions;
}

const cases: readonly Case[] = [
  {
    from: "singleLineText",
    to: "multilineText",
    rows: [
      ["a", "a"],
      [null, null],
    ],
  },
  {
    from: "multilineText",
    to: "singleLineText",
    rows: [
      ["a\r\nb\nc\n", "a b c"],
      ["\n", null],
    ],
  },
  { from: "richText", to: "multilineText", rows: [["- a\n", "- a\n"]] },
  {
    from: "number",
    to: "currency",
    rows: [
      ["1.5", "1.5"],
      ["NaN", "NaN"],
    ],
  },
  { from: "duration", to: "number", rows: [["90", "90"]] },
  {
    from: "number",
    to: "rating",
    rows: [
      ["2.5", "3"],
      ["0.4", null, true],
      ["6", null, true],
      ["NaN", null, true],
      [null, null],
    ],
  },
  { from: "rating", to: "percent", rows: [["3", "3"]] },
  {
    from: "rating",
    to: "rating",
    rows: [
      ["3", "3"],
      ["5", null, true],
    ],
    toOptions: { icon: "star", max: 3, color: "redBright" },
  },
  {
    from: "number",
    to: "checkbox",
    rows: [
      ["2", "t"],
      ["0", null],
      [null, null],
    ],
  },
  {
    from: "checkbox",
    to: "number",
    rows: [
      ["t", "1"],
      [null, null],
    ],
  },
  { from: "checkbox", to: "rating", rows: [["t", "1"]] },
  {
    from: "date",
    to: "dateTime",
    rows: [
      ["2024-07-01", "2024-06-30 22:00:00+00"],
      [null, null],
    ],
    toOptions: berlin,
  },
  {
    from: "dateTime",
    to: "date",
    rows: [["2024-06-30 22:00:00+00", "2024-07-01"]],
    fromOptions: berlin,
  },
  {
    from: "dateTime",
    to: "dateTime",
    rows: [["2024-06-30 22:00:00+00", "2024-06-30 22:00:00+00"]],
  },
  {
    from: "singleSelect",
    to: "multipleSelects",
    rows: [
      [red, `{${red}}`],
      [null, null],
    ],
  },
  {
    from: "singleSelect",
    to: "singleSelect",
    rows: [
      [red, null, true],
      [green, green],
    ],
    toOptions: onlyGreen,
  },
  {
    from: "multipleSelects",
    to: "singleSelect",
    rows: [
      [`{${red}}`, red],
      [`{${green},${red}}`, green, true],
      [null, null],
    ],
  },
  {
    from: "multipleSelects",
    to: "multipleSelects",
    rows: [[`{${red},${green}}`, `{${green}}`, true]],
    toOptions: onlyGreen,
  },
  {
    from: "singleCollaborator",
    to: "multipleCollaborators",
    rows: [
      ["usrA", "{usrA}"],
      [null, null],
    ],
  },
  {
    from: "multipleCollaborators",
    to: "singleCollaborator",
    rows: [
      ["{usrA,usrB}", "usrA", true],
      ["{usrA}", "usrA"],
    ],
  },
];

test.each(cases)(
  "$from becomes $to in one expression",
  async ({ from, to, rows, fromOptions, toOptions }) => {
    const source = sampleField(from, fromOptions);
    const target = sampleField(to, toOptions);
    const way = conversion(source, target, context);
    if (way?.kind !== "column") {
      throw new Error(`${from} does not become ${to} by an expression`);
    }
    const column = typeOf(source).column(source);
    const into = typeOf(target).column(target);
    const cell = sql`(${constant("cell")}::${constant(column.own ? column.sqlType : "")})`;
    const { value, lost } = way.convert(cell);
    for (const [old, expected, expectedLost = false] of rows) {
      const answer = await world().db.text(
        sql`select (${value})::${constant(into.own ? into.sqlType : "")}, ${lost} from (values (${old}::text)) as v(cell)`,
      );
      expect(answer, `${from} ${old}`).toEqual([[expected, expectedLost ? "t" : "f"]]);
    }
  },
);
