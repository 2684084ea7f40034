import {
  arrayKind,
  booleanKind,
  countKind,
  dateTimeKind,
  numberKind,
  textKind,
  type Kind,
} from "../types/kinds.ts";

/** How sure the expected result is: stated or observed upstream (a), follows from known rules (b), our choice (c). */
export type Mark = "a" | "b" | "c";

/** A formula with the result that it must have in both backends. Serves as test and as documentation. */
export interface Example {
  readonly formula: string;
  readonly expected: ExampleValue;
  readonly mark: Mark;
  /** Values of fields; those that are not given are blank, but for `D` and `DT`. */
  readonly record: ExampleRecord;
}

export type ExampleRecord = Readonly<Record<string, ExampleValue>>;
/** Dates are written as `{ date: "2024-03-05" }` or with a time, errors as `{ error: "#ERROR!" }`. */
export type ExampleValue =
  | number
  | string
  | boolean
  | null
  | { readonly date: string }
  | { readonly error: "#ERROR!" }
  | readonly ExampleValue[];

/** `formula` → expected [mark]. */
export function example(
  formula: string,
  expected: ExampleValue,
  how: Mark | { readonly mark: Mark; readonly record: ExampleRecord },
): Example {
  return typeof how === "string"
    ? { formula, expected, mark: how, record: {} }
    : { formula, expected, ...how };
}

/** A date as an example writes it. */
export function date(text: string): { readonly date: string } {
  return { date: text };
}

/** The error as an example writes it. */
export const failure = { error: "#ERROR!" } as const;

/** What the fields that examples mention are. `values` is what a rollup works on; its kind follows from what it holds. */
export const exampleFields: Readonly<Record<string, Kind>> = {
  A: { ...countKind },
  B: { ...countKind },
  N: { ...numberKind(2), special: false },
  Score: { ...countKind },
  Rating: { ...countKind },
  Blank: { ...countKind },
  Name: textKind,
  Size: textKind,
  Plan: textKind,
  Status: textKind,
  Done: booleanKind,
  D: { type: "date", dateOnly: true },
  DT: dateTimeKind,
  When: dateTimeKind,
  "No Date": { type: "date", dateOnly: true },
  Multi: arrayKind(textKind),
  Link: arrayKind(textKind, "links"),
  People: arrayKind(textKind, "links"),
  Attachments: arrayKind(textKind, "files"),
  "Lookup of numbers": arrayKind({ ...numberKind(1), special: false }),
  "Lookup of dates": arrayKind(dateTimeKind),
};

/** What every example's record holds unless the example says otherwise. */
export const exampleDefaults: ExampleRecord = {
  D: date("2024-03-05"),
  DT: date("2024-03-05T09:07:03.045Z"),
};

/** The record that examples are computed for, and when. */
export const exampleRun = {
  now: Date.parse("2024-03-07T15:04:05.678Z"),
  recordId: "recAAAAAAAAAAAAAA",
  createdTime: Date.parse("2024-03-05T09:07:03.045Z"),
  lastModified: Date.parse("2024-03-06T10:00:00.000Z"),
} as const;

/** The kind of `values` for what an example puts there. */
export function kindOfValues(values: ExampleValue | undefined): Kind {
  const held = (Array.isArray(values) ? values.flat(3) : []).filter((one) => one !== null);
  if (held.every((one) => typeof one === "number" || typeof one === "boolean")) {
    return arrayKind({ ...numberKind(0), special: true }, "values");
  }
  return held.every((one) => typeof one === "object" && one !== null && "date" in one)
    ? arrayKind({ type: "date", dateOnly: true }, "values")
    : arrayKind(textKind, "values");
}
