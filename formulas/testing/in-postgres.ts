import type pg from "pg";
import type { FormulaOfField } from "../compile/compile.sql.ts";
import type { EvaluationContext, FormulaRecord } from "../evaluate.ts";
import type { FormulaField, TypedFormula } from "../types/type-of.ts";
import { ERROR, type Inner } from "../values/inner.ts";
import { inward, outward, type Value } from "../values/value.ts";
import { computedRows, computedTogether, keptRows } from "./in-postgres.sql.ts";

interface Computing {
  readonly fields: readonly FormulaField[];
  readonly records: readonly FormulaRecord[];
  readonly run: EvaluationContext;
}

/** A formula's values for some records as PostgreSQL computes them. */
export async function computeInPostgres(
  client: pg.Client,
  formula: TypedFormula,
  { fields, records, run }: Computing,
): Promise<readonly Value[]> {
  const { text, values } = computedRows(formula, fields, { rows: rowsOf(records, fields), run });
  const answer = await client.query<{ value: Inner; fails: boolean }>(text, [...values]);
  return answer.rows.map(({ value, fails }) => {
    if (fails && value !== null) {
      throw new Error("A value that fails is not NULL");
    }
    return outward(fails ? ERROR : value, formula.root.kind);
  });
}

/** The values of formulas that may refer to each other, a list for each record. */
export async function computeTogetherInPostgres(
  client: pg.Client,
  formulas: readonly FormulaOfField[],
  { fields, records, run }: Computing,
): Promise<readonly (readonly Value[])[]> {
  const rows = rowsOf(records, fields);
  const { text, values } = computedTogether(formulas, fields, { rows, run });
  const answer = await client.query<Record<string, Inner>>(text, [...values]);
  return answer.rows.map((row) =>
    formulas.map(({ formula }, index) =>
      outward(
        row[`fails${index}`] === true ? ERROR : (row[`value${index}`] ?? null),
        formula.root.kind,
      ),
    ),
  );
}

/** The places of the records that a condition keeps in PostgreSQL. */
export async function keptInPostgres(
  client: pg.Client,
  condition: TypedFormula,
  { fields, records, run }: Computing,
): Promise<readonly number[]> {
  const { text, values } = keptRows(condition, fields, { rows: rowsOf(records, fields), run });
  const answer = await client.query<{ place: number }>(text, [...values]);
  return answer.rows.map(({ place }) => place);
}

function rowsOf(records: readonly FormulaRecord[], fields: readonly FormulaField[]): string {
  return JSON.stringify(records.map((record, place) => rowOf(record, fields, place)));
}

/** A record as the JSON object that `json_to_recordset` reads. */
function rowOf(
  record: FormulaRecord,
  fields: readonly FormulaField[],
  place: number,
): Record<string, unknown> {
  const cells = fields.flatMap(({ id, kind }): [string, unknown][] => {
    const value = inward(record[id], kind);
    if (value === ERROR) {
      return [[`${id}_fails`, true]];
    }
    const element = kind.type === "array" ? kind.of : kind;
    const json = (one: Inner) =>
      typeof one === "number"
        ? element.type === "date"
          ? new Date(one).toISOString()
          : String(one)
        : one;
    return [[id, Array.isArray(value) ? value.map(json) : json(value)]];
  });
  return { place, ...Object.fromEntries(cells) };
}
