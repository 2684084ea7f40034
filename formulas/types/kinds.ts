/** What a value is, known before any record is seen. */
export type Kind =
  | NumberKind
  | BooleanKind
  | TextKind
  | DateKind
  | ArrayKind
  | BlankKind
  | MixedKind;

export interface NumberKind {
  readonly type: "number";
  /** Digits after the point that the widest input is shown with. */
  readonly precision: number;
  /** NaN and infinities can occur. Stored numbers that people enter are always finite. */
  readonly special: boolean;
  /** Zero, or from 1 to 10^16 with either sign: arithmetic with a few of them stays in the range of doubles. */
  readonly bounded?: true;
}
/** True or false. Leaves the language as 1 or 0. */
export interface BooleanKind {
  readonly type: "boolean";
}
export interface TextKind {
  readonly type: "text";
}
export interface DateKind {
  readonly type: "date";
  readonly dateOnly: boolean;
}
/** Several values of one kind. Where they come from decides how they are counted and joined. */
export interface ArrayKind {
  readonly type: "array";
  readonly of: ElementKind;
  /** `links` quote what holds a comma; `links` and `files` count as values; `values` is what a rollup works on. */
  readonly source: "plain" | "links" | "files" | "values";
}
export type ElementKind = NumberKind | TextKind | DateKind;
/** The kind of BLANK(): fits where any other kind is expected. */
export interface BlankKind {
  readonly type: "blank";
}
/** Branches of different kinds. Each branch is converted for the place that uses it; as a result it is text. */
export interface MixedKind {
  readonly type: "mixed";
}

export const booleanKind: BooleanKind = { type: "boolean" };
export const textKind: TextKind = { type: "text" };
export const blankKind: BlankKind = { type: "blank" };
export const mixedKind: MixedKind = { type: "mixed" };
export const dateTimeKind: DateKind = { type: "date", dateOnly: false };
/** A whole number of ordinary size, such as a count or a year. */
export const countKind: NumberKind = {
  type: "number",
  precision: 0,
  special: false,
  bounded: true,
};

/** A number with as many digits after the point, which can be NaN or infinite. */
export function numberKind(precision: number): NumberKind {
  return { type: "number", precision, special: true };
}

/** Several values of one kind, from anywhere. */
export function arrayKind(of: ElementKind, source: ArrayKind["source"] = "plain"): ArrayKind {
  return { type: "array", of, source };
}

/** Digits after the point that a kind brings to a number made from it. */
export function precisionOf(kind: Kind): number {
  if (kind.type === "number") {
    return kind.precision;
  }
  return kind.type === "array" && kind.of.type === "number" ? kind.of.precision : 0;
}

/** The kind that values of both kinds have without being converted, or `mixed`. */
export function commonKind(one: Kind, other: Kind): Kind {
  if (one.type === "blank" || other.type === "blank") {
    return one.type === "blank" ? other : one;
  }
  if (isNumeric(one) && isNumeric(other)) {
    return one.type === "boolean" && other.type === "boolean"
      ? booleanKind
      : commonNumber(one, other);
  }
  if (one.type === "date" && other.type === "date") {
    return { type: "date", dateOnly: one.dateOnly && other.dateOnly };
  }
  if (one.type === "array" && other.type === "array") {
    const of = commonElement(one.of, other.of);
    return of === null
      ? mixedKind
      : arrayKind(of, one.source === other.source ? one.source : "plain");
  }
  return one.type === "text" && other.type === "text" ? textKind : mixedKind;
}

/** The kind of the elements when arrays of two kinds become one; null when they have none in common. */
export function commonElement(one: ElementKind, other: ElementKind): ElementKind | null {
  const kind = commonKind(one, other);
  return kind.type === "number" || kind.type === "text" || kind.type === "date" ? kind : null;
}

/** True for numbers and for truth values, which are numbers to every operator. */
export function isNumeric(kind: Kind): kind is NumberKind | BooleanKind {
  return kind.type === "number" || kind.type === "boolean";
}

function commonNumber(one: Kind, other: Kind): NumberKind {
  return {
    type: "number",
    precision: Math.max(precisionOf(one), precisionOf(other)),
    special: canBeSpecial(one) || canBeSpecial(other),
    ...(isBounded(one) && isBounded(other) && { bounded: true }),
  };
}

/** True when values of the kind are zero or have an ordinary size. */
export function isBounded(kind: Kind): boolean {
  return kind.type === "boolean" || (kind.type === "number" && kind.bounded === true);
}

/** True when values of the kind can be NaN or infinite. */
export function canBeSpecial(kind: Kind): boolean {
  return kind.type === "number" && kind.special;
}
