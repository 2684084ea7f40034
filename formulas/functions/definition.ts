import sql, { join, raw, type Sql } from "sql-template-tag";
import { dateOrBlank, toBoolean, toDate, toNumber, toText } from "../types/convert.ts";
import { numberKind, precisionOf, type Kind, type NumberKind } from "../types/kinds.ts";
import { blank, call, constant, type Operation, type Typed } from "../types/typed.ts";
import type { Inner } from "../values/inner.ts";
import type { Example } from "./example.ts";

export type Family = "logic" | "number" | "text" | "regex" | "date" | "array" | "record";

/** A function of the language: all that parser, types, both backends, tests and documentation know about it. */
export interface FormulaFunction {
  readonly name: string;
  readonly family: Family;
  /** How it is called, with optional arguments in brackets. */
  readonly usage: string;
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number];
  /** Converts the arguments and says what comes out. */
  readonly type: (given: readonly Typed[], call: FunctionCall) => Typed;
  readonly examples: readonly Example[];
}

/** The call that is being typed. */
export interface FunctionCall {
  readonly name: string;
  /** Reports that the call cannot work, whatever the record holds. */
  readonly refuse: (detail: string) => Typed;
  /** A number for the subject of a switch, not used before in this formula. */
  readonly newSlot: () => number;
}

/** What an argument is converted to; with `otherwise` it may be left out. */
export interface Parameter {
  readonly as: "text" | "number" | "boolean" | "date" | "date-or-blank";
  readonly otherwise?: Inner;
}

interface Plain extends Omit<Operation, "sql" | "name"> {
  readonly name: string;
  readonly family: Family;
  readonly usage: string;
  readonly takes: readonly Parameter[];
  readonly gives: Kind | ((given: readonly Typed[]) => Kind);
  /** Absent: never. The arguments are converted already. */
  readonly canFail?: (given: readonly Typed[]) => boolean;
  readonly canBeBlank?: boolean;
  /** Absent: the function of schema `formula` with the same name. */
  readonly sql?: Operation["sql"];
  /** PostgreSQL's own operators instead, which may repeat arguments, where what is known of the converted arguments allows it. */
  readonly inlined?: (given: readonly Typed[]) => Operation["sql"] | null;
  readonly examples: readonly Example[];
}

/** A function whose arguments are converted one by one and computed before it. */
export function plain(definition: Plain): FormulaFunction {
  const {
    name,
    family,
    usage,
    takes,
    gives,
    examples,
    canFail,
    canBeBlank,
    inlined,
    ...operation
  } = definition;
  const made: Operation = { sql: sqlCall(name.toLowerCase()), ...operation, name };
  return {
    name,
    family,
    usage,
    examples,
    arity: [takes.filter(({ otherwise }) => otherwise === undefined).length, takes.length],
    type: (given) => {
      const converted = takes.map((parameter, index) => argument(given[index], parameter));
      const direct = inlined?.(converted) ?? null;
      return call(direct === null ? made : { ...made, repeats: true, sql: direct }, converted, {
        kind: typeof gives === "function" ? gives(converted) : gives,
        canFail: canFail?.(converted) ?? false,
        canBeBlank: canBeBlank ?? false,
      });
    },
  };
}

/** Says of a function that it can fail whatever it is given. */
export const always = (): boolean => true;

/** A number as precise as the widest argument. */
export function widest(given: readonly Typed[]): NumberKind {
  return numberKind(Math.max(0, ...given.map(({ kind }) => precisionOf(kind))));
}

/** A call of a function of schema `formula`. */
export function sqlCall(name: string): (given: readonly Sql[]) => Sql {
  const called = raw(`formula.${name}(`);
  return (given) => (given.length === 0 ? sql`${called})` : sql`${called}${join(given)})`);
}

const conversions = {
  text: toText,
  number: toNumber,
  boolean: toBoolean,
  date: toDate,
  "date-or-blank": dateOrBlank,
};

const kinds = {
  text: { type: "text" },
  number: { type: "number", precision: 0, special: false },
  boolean: { type: "boolean" },
  date: { type: "date", dateOnly: false },
  "date-or-blank": { type: "date", dateOnly: false },
} as const satisfies Record<Parameter["as"], Kind>;

function argument(given: Typed | undefined, { as, otherwise }: Parameter): Typed {
  if (given !== undefined) {
    return conversions[as](given);
  }
  return otherwise === undefined || otherwise === null
    ? blank(kinds[as])
    : constant(otherwise, kinds[as]);
}
