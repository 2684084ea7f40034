import type { SummaryName } from "@basalt/contract";
import { formulaField } from "../computed/kinds.ts";
import { Problem } from "#kernel";
import type { Field } from "../schema/base-schema.ts";
import type { Summary } from "./group-records.sql.ts";

const ofAll: readonly SummaryName[] = [
  "empty",
  "filled",
  "unique",
  "percentEmpty",
  "percentFilled",
  "percentUnique",
];
const ofKind: Readonly<Record<string, readonly SummaryName[]>> = {
  number: ["sum", "avg", "median", "min", "max", "range"],
  date: ["min", "max", "range", "earliest", "latest"],
  boolean: ["checked", "unchecked", "percentChecked"],
};

/** A summary that can be worked out of a field. Problem: `records.bad-grouping`. */
export function summaryFits(field: Field, name: SummaryName): Summary {
  const formula = formulaField(field);
  if (formula === undefined) {
    throw badGrouping("summaries", `the field ${field.name} cannot be computed`);
  }
  const fitting = [...ofAll, ...(ofKind[formula.kind.type] ?? [])];
  if (!fitting.includes(name)) {
    throw badGrouping(
      "summaries",
      `a field of type ${field.type} has the summaries ${fitting.join(", ")}`,
    );
  }
  return { field, name, formula };
}

/** A grouping that cannot be made: which parameter, and the rule. Code `records.bad-grouping`. */
export function badGrouping(input: string, rule: string): Problem {
  return new Problem("invalid", "records.bad-grouping", {
    message: `${input}: ${rule}`,
    fields: { [input]: rule },
  });
}
